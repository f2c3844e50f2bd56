import { CONTENT_HINTS } from "./encodings.js";
import { RodaError } from "./errors.js";
import { SentLayers } from "./sent_layers.js";

/**
 * @typedef {import("./protocol.js").Source} Source
 * @typedef {import("./signaling.js").Signaling["request"]} Request
 * @typedef {object} Slot one source's place on the publish transport, kept for reuse when it ends
 * @property {RTCRtpTransceiver} transceiver
 * @property {SentLayers} layers
 * @property {MediaStreamTrack | null} track null while the camera is off
 * @property {boolean} muted
 * @property {boolean} toldMuted the mute state the server knows
 * @property {string | null} trackId the server's id, null until the first answer
 */

/** The peer connection this client sends on. The client always offers; offers go one at a time. */
export class Publisher {
  #connection;
  #request;
  #onStep;
  /** @type {Map<Source, Slot>} */
  #slots = new Map();
  /** @type {Promise<void>} */
  #tail = Promise.resolve();
  #dirty = false;
  #closed = false;
  /** @type {RTCIceCandidate[]} */
  #candidates = [];
  #trickles = false;

  /**
   * @param {object} options
   * @param {Request} options.request
   * @param {(step: string, outcome: "ok" | "failed", detail: string) => void} options.onStep
   * @param {(state: RTCPeerConnectionState) => void} options.onState
   */
  constructor({ request, onStep, onState }) {
    this.#request = request;
    this.#onStep = onStep;
    this.#connection = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    this.#connection.onconnectionstatechange = () => {
      const { connectionState } = this.#connection;
      if (connectionState === "connected") onStep("publish_connected", "ok", "");
      if (connectionState === "failed") onStep("publish_connected", "failed", "ICE or DTLS failed");
      onState(connectionState);
    };
    this.#connection.onicecandidate = ({ candidate }) => {
      if (candidate) this.#candidates.push(candidate);
      this.#flushCandidates();
    };
  }

  /** Must come before the first `negotiate`; others later. @param {RTCIceServer[]} iceServers */
  configure(iceServers) {
    this.#connection.setConfiguration({ bundlePolicy: "max-bundle", iceServers });
  }

  /** @returns {RTCPeerConnection} for statistics */
  get connection() {
    return this.#connection;
  }

  /** @returns {Source[]} what is being sent, muted or not */
  sources() {
    const sent = [...this.#slots].filter(([, slot]) => slot.transceiver.direction === "sendonly");
    return sent.map(([source]) => source);
  }

  /** @param {string} trackId @returns {Source | null} */
  sourceOf(trackId) {
    for (const [source, slot] of this.#slots) if (slot.trackId === trackId) return source;
    return null;
  }

  /**
   * Send `track` as `source`. Resolves once it is on its way: at once where the source's section
   * is being sent on already, else after `negotiate`, which the caller calls.
   * @param {Source} source @param {MediaStreamTrack | null} track @param {boolean} muted
   * @returns {Promise<void>}
   */
  async put(source, track, muted) {
    const hint = CONTENT_HINTS[source];
    if (track && hint) track.contentHint = hint;
    const slot = this.#slots.get(source);
    if (slot) {
      slot.track = track;
      slot.muted = muted;
      await slot.transceiver.sender.replaceTrack(track);
      await resize(slot, sizeOf(track));
      if (slot.transceiver.direction !== "sendonly") {
        slot.transceiver.direction = "sendonly";
        this.#dirty = true;
      }
      await this.#tellMuted(slot);
      return;
    }
    const kind = source === "microphone" || source === "screen_audio" ? "audio" : "video";
    const layers = new SentLayers(source, sizeOf(track));
    const transceiver = this.#connection.addTransceiver(track ?? kind, {
      direction: "sendonly",
      sendEncodings: layers.encodings,
    });
    this.#slots.set(source, {
      transceiver,
      layers,
      track,
      muted,
      toldMuted: muted,
      trackId: null,
    });
    this.#dirty = true;
  }

  /** End a source; its section stays, inactive, for the next time. @param {Source} source */
  async remove(source) {
    const slot = this.#slots.get(source);
    if (!slot) return;
    Object.assign(slot, { track: null, trackId: null });
    slot.transceiver.direction = "inactive";
    this.#dirty = true;
    await slot.transceiver.sender.replaceTrack(null);
  }

  /** The server muted the source itself: it need not be told. @param {Source} source */
  mutedByServer(source) {
    const slot = this.#slots.get(source);
    if (slot) slot.muted = slot.toldMuted = true;
  }

  /**
   * Send only these simulcast layers; the others cost nothing until they are wanted again.
   * @param {string} trackId @param {string[]} rids
   */
  async setLayers(trackId, rids) {
    const source = this.sourceOf(trackId);
    const slot = source && this.#slots.get(source);
    if (!slot) return;
    slot.layers.watch(rids);
    await slot.layers.apply(slot.transceiver.sender);
  }

  /**
   * A camera that is turned, or chosen anew by the system, changes its size without a word.
   * @param {ReadonlyMap<string, import("./encodings.js").Size>} sizes of pictures, by track
   */
  async resize(sizes) {
    for (const slot of this.#slots.values()) {
      await resize(slot, sizes.get(slot.track?.id ?? "") ?? null);
    }
  }

  /**
   * Offer a track again with `codec` first: somebody cannot decode the one it has. The answer takes
   * it, and with it comes a new track id.
   * @param {string} trackId @param {string} codec @returns {Promise<void>}
   */
  async wantCodec(trackId, codec) {
    await this.#tail;
    const source = this.sourceOf(trackId);
    const transceiver = source && this.#slots.get(source)?.transceiver;
    if (!transceiver) return;
    preferCodec(transceiver, codec);
    this.#dirty = true;
    await this.negotiate();
  }

  /**
   * Offer what has changed since the last answer, after any exchange still running.
   * @returns {Promise<void>} rejects with `RodaError`; the changes stay to be offered again
   */
  negotiate() {
    const run = this.#tail.then(() =>
      this.#dirty && !this.#closed ? this.#exchange() : undefined,
    );
    this.#tail = run.catch(() => undefined);
    return run;
  }

  /** Let the browser make its certificate and codec lists; the offer itself is made later. */
  async prepare() {
    await this.#connection.createOffer();
  }

  /** New ICE credentials and candidates, after a change of network. @returns {Promise<void>} */
  restartIce() {
    this.#connection.restartIce();
    this.#dirty = true;
    return this.negotiate();
  }

  close() {
    this.#closed = true;
    this.#connection.close();
  }

  async #exchange() {
    const connection = this.#connection;
    this.#dirty = false;
    try {
      await connection.setLocalDescription(await connection.createOffer());
      this.#onStep("publish_offered", "ok", "");
      const answer = await this.#request("publish_offer", {
        sdp: connection.localDescription?.sdp ?? "",
        tracks: this.#describe(),
      });
      await connection.setRemoteDescription({ type: "answer", sdp: answer.sdp });
      this.#onStep("publish_answered", "ok", "");
      this.#trickles = !answer.sdp.includes("a=ice-lite");
      this.#flushCandidates();
      await this.#suitCodecs();
      await this.#takeIds(answer.tracks);
    } catch (error) {
      this.#dirty = true;
      if (this.#closed) return;
      if (connection.signalingState === "have-local-offer") {
        await connection.setLocalDescription({ type: "rollback" });
      }
      const code = error instanceof RodaError ? error.code : String(error);
      // Not a fault: the offer was sent on the chance that no waiting room stands before the call.
      if (code !== "not_joined") this.#onStep("publish_answered", "failed", code);
      throw error;
    }
  }

  /** Before the first picture leaves: the codec is known with the answer. */
  async #suitCodecs() {
    for (const { layers, transceiver } of this.#slots.values()) {
      const codec = transceiver.sender.getParameters().codecs?.[0]?.mimeType.split("/")[1];
      if (!codec || !layers.suit(codec)) continue;
      try {
        await layers.apply(transceiver.sender);
      } catch (error) {
        this.#onStep("publish_layers", "failed", String(error));
      }
    }
  }

  /** @returns {import("./protocol.js").TrackOffer[]} */
  #describe() {
    const offers = [];
    for (const [source, slot] of this.#slots) {
      const { mid, direction } = slot.transceiver;
      if (mid === null || direction !== "sendonly") continue;
      slot.toldMuted = slot.muted;
      offers.push({ mid, source, muted: slot.muted });
    }
    return offers;
  }

  /** @param {import("./protocol.js").ForwardedTrack[]} tracks */
  async #takeIds(tracks) {
    const ids = new Map(tracks.map((track) => [track.mid, track.track_id]));
    for (const slot of this.#slots.values()) {
      slot.trackId = ids.get(slot.transceiver.mid ?? "") ?? null;
      await this.#tellMuted(slot);
    }
  }

  /** @param {Slot} slot */
  async #tellMuted(slot) {
    if (slot.trackId === null || slot.muted === slot.toldMuted) return;
    const muted = slot.muted;
    slot.toldMuted = muted;
    try {
      await this.#request("set_muted", { track_id: slot.trackId, muted });
    } catch (error) {
      // To be told again with the next change, or once the connection is back.
      slot.toldMuted = !muted;
      throw error;
    }
  }

  #flushCandidates() {
    if (!this.#trickles) return;
    for (const candidate of this.#candidates.splice(0)) {
      this.#request("ice_candidate", {
        transport: "publish",
        candidate: candidate.candidate,
        mid: candidate.sdpMid,
      }).catch((error) => this.#onStep("publish_candidate", "failed", String(error.code)));
    }
  }
}

/** @param {RTCRtpTransceiver} transceiver @param {string} codec put before all others */
function preferCodec(transceiver, codec) {
  const known = RTCRtpReceiver.getCapabilities("video")?.codecs ?? [];
  const isWanted = (/** @type {{ mimeType: string }} */ { mimeType }) =>
    mimeType.toLowerCase() === `video/${codec.toLowerCase()}`;
  const rest = known.filter((one) => !isWanted(one));
  transceiver.setCodecPreferences?.([...known.filter(isWanted), ...rest]);
}

/** @param {Slot} slot @param {import("./encodings.js").Size | null} size */
async function resize({ layers, transceiver }, size) {
  if (size && layers.resize(size)) await layers.apply(transceiver.sender);
}

/** @param {MediaStreamTrack | null} track @returns {import("./encodings.js").Size | null} */
function sizeOf(track) {
  const { width, height } = track?.getSettings() ?? {};
  return width && height ? { width, height } : null;
}
