import { Publisher } from "./publisher.js";
import { QualityMeter, receivedSamples, sentSample } from "./stats.js";
import { Subscriber } from "./subscriber.js";

/**
 * @typedef {import("./protocol.js").ForwardedTrack} ForwardedTrack
 * @typedef {import("./protocol.js").TransportName} TransportName
 * @typedef {import("./local_tracks.js").LocalTrack} LocalTrack
 *
 * @typedef {object} MediaEvents
 * @property {import("./signaling.js").Signaling["request"]} request
 * @property {(step: string, outcome: "ok" | "failed", detail: string) => void} onStep
 * @property {(transport: TransportName, state: RTCPeerConnectionState) => void} onState
 * @property {(track: ForwardedTrack, media: MediaStreamTrack) => void} onTrack
 * @property {(track: ForwardedTrack) => void} onTrackEnded
 * @property {(connectionId: string, level: import("./quality.js").Level) => void} onQuality
 * @property {(connectionId: string) => boolean} expectsMedia
 */

const STATS_INTERVAL_MS = 2000;
const FIRST_FRAME_POLL_MS = 50;
const FIRST_FRAME_LIMIT_MS = 15_000;
/** The quality of what this client itself sends goes by this id. */
export const SELF = "";

/** Both transports of one connection, and how they do. Lives as long as the connection. */
export class MediaSession {
  #events;
  #meter = new QualityMeter();
  /** @type {"unwatched" | "watched" | "seen"} */
  #firstFrame = "unwatched";
  #closed = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #statsTimer;

  /** @param {MediaEvents} events */
  constructor(events) {
    this.#events = events;
    const { request, onStep } = events;
    this.publisher = new Publisher({
      request,
      onStep,
      onState: (state) => this.#publishState(state),
    });
    /** @type {Subscriber | null} */
    this.subscriber = null;
  }

  /**
   * Give both transports their ICE servers; comes before any negotiation.
   * @param {import("./protocol.js").IceServer[]} servers
   */
  configure(servers) {
    const { request, onStep, onState, onTrack, onTrackEnded } = this.#events;
    const iceServers = servers.map(({ urls, username, credential }) => ({
      urls,
      ...(username ? { username } : {}),
      ...(credential ? { credential } : {}),
    }));
    this.publisher.configure(iceServers);
    this.subscriber = new Subscriber({
      iceServers,
      request,
      onStep,
      onTrack: (track, media) => {
        if (track.kind === "video" && !track.muted) this.#watchFirstFrame();
        onTrack(track, media);
      },
      onTrackEnded: (track) => {
        this.#meter.forget(track.connection_id);
        onTrackEnded(track);
      },
      onState: (state) => onState("subscribe", state),
    });
    this.#scheduleStats();
  }

  /**
   * Send exactly this; what is so already is left alone.
   * @param {ReadonlyMap<import("./protocol.js").Source, LocalTrack>} local
   */
  async publish(local) {
    await this.#apply(local);
    await this.publisher.negotiate();
  }

  /**
   * Make ready to publish this, while the registration is still under way.
   * @param {ReadonlyMap<import("./protocol.js").Source, LocalTrack>} local
   */
  async prepare(local) {
    await this.#apply(local);
    await this.publisher.prepare();
  }

  /** @param {ReadonlyMap<import("./protocol.js").Source, LocalTrack>} local */
  async #apply(local) {
    for (const source of this.publisher.sources()) {
      if (!local.has(source)) await this.publisher.remove(source);
    }
    for (const [source, { track, muted }] of local) {
      await this.publisher.put(source, track, muted);
    }
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#statsTimer);
    this.publisher.close();
    this.subscriber?.close();
  }

  /** @param {RTCPeerConnectionState} state */
  #publishState(state) {
    this.#events.onState("publish", state);
    if (state !== "failed") return;
    const failed = (/** @type {unknown} */ error) =>
      this.#events.onStep("publish_restarted", "failed", String(error));
    this.publisher.restartIce().catch(failed);
  }

  #scheduleStats() {
    this.#statsTimer = setTimeout(() => {
      const failed = (/** @type {unknown} */ error) =>
        this.#events.onStep("statistics", "failed", String(error));
      this.#measureAll()
        .catch(failed)
        .finally(() => this.#closed || this.#scheduleStats());
    }, STATS_INTERVAL_MS);
  }

  async #measureAll() {
    for (const [id, sample] of await this.#received()) this.#measure(id, sample);
    this.#measure(SELF, sentSample(await entries(this.publisher.connection)));
  }

  /** Look often, and only from the first picture announced to the first one decoded. */
  #watchFirstFrame() {
    if (this.#firstFrame !== "unwatched") return;
    this.#firstFrame = "watched";
    const deadline = Date.now() + FIRST_FRAME_LIMIT_MS;
    const timer = setInterval(async () => {
      const seen = [...(await this.#received()).values()].some(({ frames }) => frames > 0);
      const late = Date.now() > deadline;
      if (this.#closed || seen || late) clearInterval(timer);
      if (this.#closed || this.#firstFrame !== "watched" || (!seen && !late)) return;
      this.#firstFrame = seen ? "seen" : "unwatched";
      const detail = seen ? "" : `no picture within ${FIRST_FRAME_LIMIT_MS / 1000} s`;
      this.#events.onStep("first_remote_frame", seen ? "ok" : "failed", detail);
    }, FIRST_FRAME_POLL_MS);
  }

  /** @returns {Promise<Map<string, import("./quality.js").Sample>>} by connection id */
  async #received() {
    const { subscriber } = this;
    if (!subscriber || this.#closed) return new Map();
    const report = await entries(subscriber.connection);
    return receivedSamples(report, (mid) => subscriber.trackOn(mid)?.connection_id);
  }

  /** @param {string} id @param {import("./quality.js").Sample} sample */
  #measure(id, sample) {
    const level = this.#meter.measure(id, sample, this.#events.expectsMedia(id));
    if (level !== null) this.#events.onQuality(id, level);
  }
}

/** @param {RTCPeerConnection} connection */
async function entries(connection) {
  /** @type {import("./stats.js").Stat[]} */
  const found = [];
  (await connection.getStats()).forEach((stat) => found.push(stat));
  return found;
}
