import { Entrance } from "./entrance.js";
import { RodaError } from "./errors.js";
import { MediaKeeper } from "./media_keeper.js";
import { SELF } from "./media_session.js";
import { Outgoing } from "./outgoing.js";
import { QualityBoard } from "./quality_board.js";
import { RoomState } from "./room_state.js";
import { Reconnector } from "./reconnector.js";
import { Seat } from "./seat.js";
import { Signaling } from "./signaling.js";
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
/** Codes upon which a resume registers anew. */
const TOKEN_REFUSED = new Set(["connect_token_expired", "connect_token_invalid"]);
/** Notifications that this client makes events of itself. */
const OWN_EVENTS = new Set(["closed", "timeline", "subscribe_offer"]);

/**
 * One participant's connection to a session: registers, signals, publishes, subscribes, and
 * comes back after a lost network. Knows nothing of pages. Events are documented in client.d.ts.
 */
export class RodaClient extends EventTarget {
  #seat;
  #log;
  /** @type {State} */
  #state = "idle";
  #signaling;
  #entrance;
  #reconnector = new Reconnector(
    () => this.#entrance.enter(this.room.connectionId),
    (error) => this.#end(error),
  );
  #wishes = new Wishes((tracks) => this.#signaling.request("set_wishes", { tracks }));
  room = new RoomState();
  #quality = new QualityBoard({
    room: this.room,
    show: (connectionId, level) => this.#emit("quality", { connectionId, level }),
    tell: async (status) => {
      if (this.#state === "in_call") await this.#signaling.request("report_status", { status });
      else throw new RodaError("not_joined");
    },
  });
  /** @type {MediaKeeper} */
  #media = new MediaKeeper({
    request: (...request) => this.#signaling.request(...request),
    onStep: (...step) => this.timeline.addFirst(Date.now(), ...step),
    onState: (transport, state) => this.#emit("transport", { transport, state }),
    onTrack: (track, media) => this.#emit("track", remoteTrack(track, media)),
    onTrackEnded: (track) => this.#emit("trackended", endedTrack(track)),
    onQuality: (id, level) => this.#quality.measured(id, level),
    onWay: (relayed) => this.#quality.status.setRelayed(relayed),
    expectsMedia: (id) => (id === SELF ? this.#outgoing.anyLive : this.room.isSending(id)),
    isInCall: () => this.#state === "in_call",
    expectsAny: () => [...this.room.peers.keys()].some((id) => this.room.isSending(id)),
    onFresh: () => this.#wishes.forget(),
    onLine: (state) => this.#emit("line", { state }),
    onNetwork: () => this.#reconnector.hurry(),
  });
  /** @type {Outgoing} */
  #outgoing = new Outgoing({
    media: () => this.#media.current,
    isInCall: () => this.#state === "in_call",
    onChange: (change) => this.#emit("local", change),
    log: (line) => this.#log(line),
  });
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
    this.#seat = new Seat({ api, sessionToken, base });
    this.#log = (/** @type {string} */ line) => log(`[VideoSession] ${line}`);
    this.#signaling = this.#newSignaling();
    this.#entrance = new Entrance({
      seat: this.#seat,
      signaling: this.#signaling,
      media: this.#media,
      outgoing: this.#outgoing,
      room: this.room,
      onStep: (...step) => this.addStep(...step),
      onEntered: (state) => this.#entered(state),
      onFault: (error) => this.#emit("fault", { error }),
      log: this.#log,
    });
  }

  /** @returns {State} */
  get state() {
    return this.#state;
  }

  /** @returns {import("./line_keeper.js").LineState} whether sound and picture get through */
  get line() {
    return this.#media.line.state;
  }

  /** @returns {import("./status_reporter.js").OwnLine | null} as told by `quality`, of oneself */
  get ownLine() {
    return this.#quality.own;
  }

  /** @returns {ReadonlyMap<Source, Readonly<LocalTrack>>} */
  get local() {
    return this.#outgoing.all;
  }

  /**
   * What the others are told of camera and microphone.
   * @param {Pick<import("./protocol.js").ConnectionStatus, "camera" | "microphone">} devices
   */
  setDevices(devices) {
    this.#quality.status.setDevices(devices);
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
    return this.#media.current?.subscriber?.audioLevels() ?? new Map();
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
    this.#seat.name = name;
    this.#setState("joining");
    this.addStep("join_clicked");
    try {
      await this.#entrance.enter(null);
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
  setTrack(source, track, muted = false) {
    return this.#outgoing.setTrack(source, track, muted);
  }

  /**
   * Share a screen, with its sound where there is one; with null, stop sharing.
   * @param {{ video: MediaStreamTrack, audio: MediaStreamTrack | null } | null} screen
   */
  setScreen(screen) {
    return this.#outgoing.setScreen(screen);
  }

  /** Silence or blank a source without ending it. @param {Source} source @param {boolean} muted */
  setMuted(source, muted) {
    return this.#outgoing.setMuted(source, muted);
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
    this.#emit("closed", { error: null, reason: null });
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
      await this.#entrance.enter(null);
    } catch (error) {
      this.#end(RodaError.from(error));
    }
  }

  /** @param {import("./protocol.js").JoinResult["state"]} state */
  #entered(state) {
    this.#setState(state);
    this.#emit("room", { type: "join" });
    this.#tellTimeline();
    if (state === "in_call") this.#quality.status.renew();
  }

  #sentBack() {
    this.#entrance.sentBack();
    this.room.peers.clear();
    this.#setState("waiting");
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
      subscribe_offer: (m) => this.#media.current?.subscriber?.handleOffer(m),
      timeline: (m) => this.timeline.receive(m.entry),
      admitted: (m) => this.#entrance.admitted(m),
      sent_back: () => this.#sentBack(),
      closed: (m) => this.#closedByServer(m),
      track_muted: (m) => m.by_host && m.muted && this.#outgoing.mutedByHost(m.track_id),
      layers_wanted: (m) => this.#outgoing.setLayers(m),
      codec_wanted: (m) => this.#outgoing.wantCodec(m),
    };
    reactions[message.type]?.(message);
    if (!OWN_EVENTS.has(message.type)) this.#emit(message.type, message);
    this.#emit("room", { type: message.type });
  }

  /** @param {Extract<import("./protocol.js").Notification, { type: "closed" }>} message */
  #closedByServer({ error: body, reason }) {
    if (this.#state === "reconnecting" && TOKEN_REFUSED.has(body.code)) {
      this.#seat.forget();
      return;
    }
    if (PASSING.has(body.code)) return;
    this.#end(RodaError.fromBody(body, { fallback: "connection_closed" }), reason);
  }

  #lost() {
    if (this.#state !== "in_call" && this.#state !== "waiting") return;
    this.#setState("reconnecting");
    this.addStep("signaling_connected", "failed", "the connection was lost");
    this.#reconnector.start();
  }

  /** @param {RodaError} error @param {string | null} [reason] why the session has ended */
  #end(error, reason = null) {
    this.addStep("closed", "failed", error.code);
    this.#drop();
    this.#setState("closed");
    this.#emit("closed", { error, reason });
  }

  #drop() {
    this.#reconnector.stop();
    this.#wishes.stop();
    this.#signaling.close();
    this.#media.close();
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
