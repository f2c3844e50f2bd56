import { RodaError } from "./errors.js";
import { LocalTracks } from "./local_tracks.js";
import { MediaSession, SELF } from "./media_session.js";
import { RoomState } from "./room_state.js";
import { Reconnector } from "./reconnector.js";
import { shownLevel } from "./quality.js";
import { Signaling, signalingAddress } from "./signaling.js";
import { StatusReporter } from "./status_reporter.js";
import { Timeline } from "./timeline.js";
import { endedTrack, remoteTrack } from "./track_map.js";
import { Wishes } from "./wishes.js";

/**
 * @typedef {import("./protocol.js").Source} Source
 * @typedef {import("./protocol.js").RequestType} RequestType
 * @typedef {import("./local_tracks.js").LocalTrack} LocalTrack
 * @typedef {"idle" | "joining" | "waiting" | "in_call" | "reconnecting" | "closed"} State
 */

/** Codes of `closed` after which the same person may simply come again. */
const PASSING = new Set(["connection_lost", "too_slow", "server_draining", "internal"]);
/** Notifications that this client makes events of itself. */
const OWN_EVENTS = new Set(["closed", "timeline", "subscribe_offer"]);

/**
 * One participant's connection to a session: registers, signals, publishes, subscribes, and
 * comes back after a lost network. Knows nothing of pages. Events are documented in client.d.ts.
 */
export class RodaClient extends EventTarget {
  #api;
  #sessionToken;
  #name = "";
  #base;
  #log;
  /** @type {State} */
  #state = "idle";
  #local = new LocalTracks();
  /** @type {MediaSession | null} */
  #media = null;
  #signaling;
  /** @type {import("./protocol.js").IceServer[]} */
  #iceServers = [];
  #reconnector = new Reconnector(
    () => this.#connect(this.room.connectionId),
    (error) => this.#end(error),
  );
  #status = new StatusReporter(async (status) => {
    if (this.#state === "in_call") await this.#signaling.request("report_status", { status });
    else throw new RodaError("not_joined");
  });
  #wishes = new Wishes((tracks) => this.#signaling.request("set_wishes", { tracks }));
  room = new RoomState();
  timeline = new Timeline((entry) => {
    this.#emit("timeline", { entry });
    this.#tellTimeline();
  });

  /**
   * @param {object} options
   * @param {import("../api.js").RodaApi} options.api
   * @param {string} options.sessionToken
   * @param {string} [options.base] address the signaling URL is relative to
   * @param {(line: string) => void} [options.log]
   */
  constructor({ api, sessionToken, base = globalThis.location?.href, log = console.info }) {
    super();
    this.#api = api;
    this.#sessionToken = sessionToken;
    this.#base = base;
    this.#log = (/** @type {string} */ line) => log(`[VideoSession] ${line}`);
    this.#signaling = this.#newSignaling();
  }

  /** @returns {State} */
  get state() {
    return this.#state;
  }

  /** @returns {ReadonlyMap<Source, Readonly<LocalTrack>>} */
  get local() {
    return this.#local.all;
  }

  /**
   * What the others are told of camera and microphone.
   * @param {Pick<import("./protocol.js").ConnectionStatus, "camera" | "microphone">} devices
   */
  setDevices(devices) {
    this.#status.setDevices(devices);
  }

  /**
   * How the others' pictures are shown: by track id, all there are, in device pixels.
   * @param {ReadonlyMap<string, import("./wishes.js").Wish>} wishes
   */
  setWishes(wishes) {
    if (this.#state === "in_call") this.#wishes.set(wishes);
  }

  /** @returns {Map<string, number>} loudness, 0–1, of each remote connection's microphone */
  audioLevels() {
    return this.#media?.subscriber?.audioLevels() ?? new Map();
  }

  /** @param {string} step @param {"ok" | "failed"} [outcome] @param {string} [detail] */
  addStep(step, outcome = "ok", detail = "") {
    this.timeline.add(step, Date.now(), outcome, detail);
  }

  /**
   * Enter the session with what `setTrack` was given before. Resolves when in the call or in its
   * waiting room; `state` says which.
   * @param {{ name: string }} who empty for people who are logged in
   * @returns {Promise<void>} rejects with `RodaError`; the client can then `join` again
   */
  async join({ name }) {
    this.#name = name;
    this.#setState("joining");
    this.addStep("join_clicked");
    try {
      await this.#connect(null);
    } catch (error) {
      if (this.#state === "joining") {
        this.#drop();
        this.#setState("idle");
      }
      throw error;
    }
  }

  /**
   * Send, replace or (with null) stop sending a source's track. A null camera that is muted keeps
   * its place, so that turning it on again needs no negotiation.
   * @param {Source} source @param {MediaStreamTrack | null} track @param {boolean} [muted]
   */
  async setTrack(source, track, muted = false) {
    this.#local.set(source, track, muted);
    this.#emit("local", { source });
    await this.#publishLocal();
  }

  /**
   * Share a screen, with its sound where there is one; with null, stop sharing.
   * @param {{ video: MediaStreamTrack, audio: MediaStreamTrack | null } | null} screen
   */
  async setScreen(screen) {
    this.#local.setScreen(screen);
    this.#emit("local", { source: "screen" });
    await this.#publishLocal();
  }

  /** Silence or blank a source without ending it. @param {Source} source @param {boolean} muted */
  async setMuted(source, muted) {
    if (!this.#local.mute(source, muted)) return;
    this.#emit("local", { source });
    await this.#publishLocal();
  }

  /**
   * Any other request of the protocol: chat, raise_hand, admit, remove_participant, ….
   * @template {RequestType} T
   * @param {T} type @param {import("./protocol.js").Requests[T]} fields
   */
  request(type, fields) {
    return this.#signaling.request(type, fields);
  }

  /** Leave with this connection; the session goes on. */
  async leave() {
    const told = this.#signaling.request("leave", {});
    this.#setState("closed");
    try {
      await told;
    } catch (error) {
      // Gone already: leaving is what was wanted.
      this.#log(`Left without an answer: ${error instanceof RodaError ? error.code : error}`);
    }
    this.#drop();
    this.#emit("closed", { error: null });
  }

  /** Host: end the session for everyone. */
  endSession() {
    return this.#signaling.request("end_session", {});
  }

  /** Give up this connection's transports and join anew, when media has failed for good. */
  async rejoin() {
    this.#drop();
    this.#setState("joining");
    try {
      await this.#connect(null);
    } catch (error) {
      this.#end(RodaError.from(error));
    }
  }

  /** Bring what is sent in line with what is wanted, now or when the call is entered again. */
  async #publishLocal() {
    if (this.#state === "in_call") await this.#media?.publish(this.#local.all);
  }

  /** @param {string | null} resume the connection to take up again */
  async #connect(resume) {
    const media = resume && this.#media ? this.#media : this.#freshMedia();
    const prepared = resume ? Promise.resolve() : media.prepare(this.#local.all);
    // What fails here fails in the offer again, and is told there.
    prepared.catch(() => undefined);
    const registration = await this.#api.register(this.#sessionToken, this.#name);
    this.addStep("registered");
    this.#iceServers = registration.ice_servers;
    if (!resume) media.configure(this.#iceServers);
    this.addStep("ice_servers", "ok", `${registration.ice_servers.length}`);
    this.#log("TURN credentials initialized");
    const language = this.#api.language;
    this.#signaling.connect(signalingAddress(registration, { base: this.#base, language, resume }));
    const joined = this.#signaling.request("join", {});
    // Sent right behind `join`, not after its answer: one round trip less until media flows.
    const published = resume ? Promise.resolve() : media.publish(this.#local.all);
    const outcome = published.catch(notWhileWaiting);
    // Reported by #entered; where `join` itself is refused, that is the error to tell.
    outcome.catch(() => undefined);
    await this.#entered(await joined, outcome, resume);
  }

  /**
   * @param {import("./protocol.js").JoinResult} result
   * @param {Promise<void>} published
   * @param {string | null} resume
   */
  async #entered(result, published, resume) {
    this.room.reset(result);
    if (resume && result.connection_id !== resume) return this.#startOver(result);
    this.addStep("joined", "ok", result.state);
    this.#setState(result.state);
    this.#emit("room", { type: "join" });
    this.#tellTimeline();
    if (result.state !== "in_call") return;
    this.#status.renew();
    this.#log(`Found existing participants: ${result.peers.length}`);
    try {
      await published;
      // What was switched on or off meanwhile, or while the connection was lost.
      await this.#publishLocal();
      this.#log("joinSession completed successfully");
    } catch (error) {
      this.#emit("fault", { error });
    }
  }

  /** The seat was lost meanwhile: the same person, as a new connection. */
  async #startOver(/** @type {import("./protocol.js").JoinResult} */ result) {
    const media = this.#freshMedia();
    media.configure(this.#iceServers);
    const isIn = result.state === "in_call";
    await this.#entered(result, isIn ? media.publish(this.#local.all) : Promise.resolve(), null);
  }

  #freshMedia() {
    this.#media?.close();
    this.#wishes.forget();
    this.#media = new MediaSession({
      request: (type, fields) => this.#signaling.request(type, fields),
      onStep: (...step) => this.timeline.addFirst(Date.now(), ...step),
      onState: (transport, state) => this.#emit("transport", { transport, state }),
      onTrack: (track, media) => this.#emit("track", remoteTrack(track, media)),
      onTrackEnded: (track) => this.#emit("trackended", endedTrack(track)),
      onQuality: (id, level) => this.#measured(id, level),
      expectsMedia: (id) => (id === SELF ? this.#local.anyLive : this.room.isSending(id)),
    });
    return this.#media;
  }

  /** @param {string} id @param {import("./quality.js").Level} level of what was measured here */
  #measured(id, level) {
    if (id === SELF) {
      const { connectionId } = this.room;
      this.#emit("quality", { connectionId, level: this.#status.sent(level) });
      return;
    }
    this.#status.received(id, level);
    const shown = shownLevel(this.room.peers.get(id)?.status?.quality, level);
    this.#emit("quality", { connectionId: id, level: shown });
  }

  #newSignaling() {
    return new Signaling({
      onOpen: () => {
        this.addStep("signaling_connected");
        this.#log("Signaling connected");
      },
      onNotification: (message) => this.#notified(message),
      onFault: (error) => this.#emit("fault", { error }),
      onLost: () => this.#lost(),
    });
  }

  /** @param {import("./protocol.js").Notification} message */
  #notified(message) {
    this.room.apply(message);
    /** @type {Partial<Record<string, (m: any) => unknown>>} */
    const reactions = {
      subscribe_offer: (m) => this.#media?.subscriber?.handleOffer(m),
      timeline: (m) => this.timeline.receive(m.entry),
      admitted: (m) => this.#admitted(m),
      sent_back: () => this.#sentBack(),
      closed: (m) => this.#closedByServer(m.error),
      track_muted: (m) => this.#mutedByHost(m),
      layers_wanted: (m) => this.#setLayers(m),
    };
    reactions[message.type]?.(message);
    if (!OWN_EVENTS.has(message.type)) this.#emit(message.type, message);
    this.#emit("room", { type: message.type });
  }

  /** @param {import("./protocol.js").JoinResult} result */
  async #admitted(result) {
    this.addStep("admitted");
    const published = this.#media?.publish(this.#local.all) ?? Promise.resolve();
    await this.#entered({ ...result, state: "in_call" }, published, null);
  }

  #sentBack() {
    this.#freshMedia().configure(this.#iceServers);
    this.room.peers.clear();
    this.#setState("waiting");
  }

  /** @param {{ connection_id: string, track_id: string, muted: boolean, by_host: boolean }} m */
  #mutedByHost({ connection_id, track_id, muted, by_host }) {
    if (connection_id !== this.room.connectionId || !by_host || !muted) return;
    const source = this.#media?.publisher.sourceOf(track_id);
    if (!source || !this.#local.mute(source, true)) return;
    this.#media?.publisher.mutedByServer(source);
    this.#emit("local", { source, byHost: true });
  }

  /** @param {{ track_id: string, rids: string[] }} m */
  async #setLayers({ track_id, rids }) {
    try {
      await this.#media?.publisher.setLayers(track_id, rids);
    } catch (error) {
      this.#log(`Layers not changed: ${error}`);
    }
  }

  /** @param {import("./protocol.js").ErrorBody} body */
  #closedByServer(body) {
    if (PASSING.has(body.code)) return;
    this.#end(RodaError.fromBody(body, { fallback: "connection_closed" }));
  }

  #lost() {
    if (this.#state !== "in_call" && this.#state !== "waiting") return;
    this.#setState("reconnecting");
    this.addStep("signaling_connected", "failed", "the connection was lost");
    this.#reconnector.start();
  }

  /** @param {RodaError} error */
  #end(error) {
    this.addStep("closed", "failed", error.code);
    this.#drop();
    this.#setState("closed");
    this.#emit("closed", { error });
  }

  #drop() {
    this.#reconnector.stop();
    this.#wishes.stop();
    this.#signaling.close();
    this.#media?.close();
    this.#media = null;
  }

  #tellTimeline() {
    if (this.#state !== "in_call" && this.#state !== "waiting") return;
    for (const step of this.timeline.takeUntold()) {
      // A step that cannot be told is shown here all the same.
      this.#signaling.request("timeline", step).catch(() => undefined);
    }
  }

  /** @param {State} state */
  #setState(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#emit("state", { state });
  }

  /** @param {string} type @param {unknown} detail */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** @param {unknown} error the speculative offer's; it is made again upon `admitted` */
function notWhileWaiting(error) {
  if (!(error instanceof RodaError) || error.code !== "not_joined") throw error;
}
