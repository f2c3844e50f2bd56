import { RodaError } from "./errors.js";
import { Publisher } from "./publisher.js";
import { PlayoutDelay } from "./playout.js";
import {
  isRelayed,
  QualityMeter,
  receivedSamples,
  sentSample,
  sourceSizes,
  transportFlow,
} from "./stats.js";
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
 * @property {(relayed: boolean | null) => void} onWay
 * @property {(connectionId: string) => boolean} expectsMedia
 */

const STATS_INTERVAL_MS = 2000;
/** Long enough for a bad line; longer, and the socket counts as lost with the network. */
const RESTART_LIMIT_MS = 700;
const FIRST_FRAME_POLL_MS = 50;
const FIRST_FRAME_LIMIT_MS = 15_000;
/** The quality of what this client itself sends goes by this id. */
export const SELF = "";

/** Both transports of one connection, and how they do. Lives as long as the connection. */
export class MediaSession {
  #events;
  #meter = new QualityMeter();
  #playout = new PlayoutDelay();
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
      onState: (state) => events.onState("publish", state),
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
    const iceServers = configured(servers);
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

  /**
   * Give both transports other ICE servers, for the next restart: credentials expire.
   * @param {import("./protocol.js").IceServer[]} servers
   */
  renew(servers) {
    this.publisher.configure(configured(servers));
    this.subscriber?.configure(configured(servers));
  }

  /** New ICE credentials and candidates on both transports, after a change of network. */
  async restartIce() {
    const { request, onStep } = this.#events;
    onStep("line", "failed", "nothing arrives: ICE is restarted");
    try {
      // Asked for first: should signaling be lost too, this is how it is seen soon.
      const asked = request("restart_ice", {}, RESTART_LIMIT_MS);
      await Promise.all([asked, this.publisher.restartIce()]);
    } catch (error) {
      onStep("ice_restarted", "failed", RodaError.from(error).code);
    }
  }

  /** @returns {Promise<Record<TransportName, import("./line_watch.js").Flow>>} */
  async flows() {
    const [publish, subscribe] = await Promise.all([
      entries(this.publisher.connection),
      this.subscriber ? entries(this.subscriber.connection) : [],
    ]);
    return { publish: transportFlow(publish), subscribe: transportFlow(subscribe) };
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#statsTimer);
    this.publisher.close();
    this.subscriber?.close();
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
    const report = this.subscriber ? await entries(this.subscriber.connection) : [];
    for (const [id, sample] of this.#samples(report)) this.#measure(id, sample);
    this.subscriber?.holdBack(this.#playout.update(report));
    const sent = await entries(this.publisher.connection);
    this.#events.onWay(isRelayed(sent));
    this.#measure(SELF, sentSample(sent));
    await this.publisher.resize(sourceSizes(sent));
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
    if (!this.subscriber || this.#closed) return new Map();
    return this.#samples(await entries(this.subscriber.connection));
  }

  /** @param {import("./stats.js").Stat[]} report of the receiving connection */
  #samples(report) {
    return receivedSamples(report, (mid) => this.subscriber?.trackOn(mid)?.connection_id);
  }

  /** @param {string} id @param {import("./quality.js").Sample} sample */
  #measure(id, sample) {
    const level = this.#meter.measure(id, sample, this.#events.expectsMedia(id));
    if (level !== null) this.#events.onQuality(id, level);
  }
}

/** @param {import("./protocol.js").IceServer[]} servers @returns {RTCIceServer[]} */
function configured(servers) {
  return servers.map(({ urls, username, credential }) => ({
    urls,
    ...(username ? { username } : {}),
    ...(credential ? { credential } : {}),
  }));
}

/** @param {RTCPeerConnection} connection */
async function entries(connection) {
  /** @type {import("./stats.js").Stat[]} */
  const found = [];
  (await connection.getStats()).forEach((stat) => found.push(stat));
  return found;
}
