import { RodaError } from "./errors.js";
import { TrackMap } from "./track_map.js";

/**
 * @typedef {import("./protocol.js").ForwardedTrack} ForwardedTrack
 * @typedef {import("./protocol.js").SubscribeOffer} SubscribeOffer
 */

/**
 * The peer connection this client receives on. The server offers; answers go one at a time, and
 * of the offers that came meanwhile only the newest is answered.
 */
export class Subscriber {
  #connection;
  #options;
  #map = new TrackMap();
  /** @type {SubscribeOffer | null} */
  #newest = null;
  #answering = false;
  #closed = false;
  /** @type {RTCIceCandidate[]} */
  #candidates = [];
  #trickles = false;

  /**
   * @param {object} options
   * @param {RTCIceServer[]} options.iceServers
   * @param {import("./signaling.js").Signaling["request"]} options.request
   * @param {(step: string, outcome: "ok" | "failed", detail: string) => void} options.onStep
   * @param {(state: RTCPeerConnectionState) => void} options.onState
   * @param {(track: ForwardedTrack, media: MediaStreamTrack) => void} options.onTrack
   * @param {(track: ForwardedTrack) => void} options.onTrackEnded
   */
  constructor(options) {
    this.#options = options;
    this.#connection = new RTCPeerConnection({
      bundlePolicy: "max-bundle",
      iceServers: options.iceServers,
    });
    this.#connection.onconnectionstatechange = () => {
      const { connectionState } = this.#connection;
      if (connectionState === "connected") options.onStep("subscribe_connected", "ok", "");
      if (connectionState === "failed") {
        options.onStep("subscribe_connected", "failed", "ICE or DTLS failed");
      }
      options.onState(connectionState);
    };
    this.#connection.onicecandidate = ({ candidate }) => {
      if (candidate) this.#candidates.push(candidate);
      this.#flushCandidates();
    };
  }

  /** Others from now on. @param {RTCIceServer[]} iceServers */
  configure(iceServers) {
    this.#connection.setConfiguration({ bundlePolicy: "max-bundle", iceServers });
  }

  /** @returns {RTCPeerConnection} for statistics */
  get connection() {
    return this.#connection;
  }

  /** @param {string} mid @returns {ForwardedTrack | undefined} */
  trackOn(mid) {
    return this.#map.get(mid);
  }

  /** @returns {Map<string, number>} loudness of the last audio heard, 0–1, by connection id */
  audioLevels() {
    const levels = new Map();
    for (const { mid, receiver } of this.#connection.getTransceivers()) {
      const track = mid === null ? undefined : this.#map.get(mid);
      if (track?.source !== "microphone") continue;
      const [source] = receiver.getSynchronizationSources();
      levels.set(track.connection_id, source?.audioLevel ?? 0);
    }
    return levels;
  }

  /**
   * Where the browser can (`RTCRtpReceiver.jitterBufferTarget`).
   * @param {Map<string, number | null>} targets milliseconds to hold back, by mid
   */
  holdBack(targets) {
    for (const { mid, receiver } of this.#connection.getTransceivers()) {
      const target = mid === null ? undefined : targets.get(mid);
      if (target === undefined || !("jitterBufferTarget" in receiver)) continue;
      if (receiver.jitterBufferTarget !== target) receiver.jitterBufferTarget = target;
    }
  }

  /** @param {SubscribeOffer} offer @returns {Promise<void>} */
  async handleOffer(offer) {
    this.#options.onStep("subscribe_offered", "ok", "");
    this.#newest = offer;
    if (this.#answering) return;
    this.#answering = true;
    try {
      while (this.#newest && !this.#closed) {
        const current = this.#newest;
        this.#newest = null;
        await this.#answer(current);
      }
    } finally {
      this.#answering = false;
    }
  }

  close() {
    this.#closed = true;
    for (const track of this.#map.update([]).ended) this.#options.onTrackEnded(track);
    this.#connection.close();
  }

  /** @param {SubscribeOffer} offer */
  async #answer(offer) {
    const connection = this.#connection;
    try {
      await connection.setRemoteDescription({ type: "offer", sdp: offer.sdp });
      this.#announce(offer.tracks);
      await connection.setLocalDescription(await connection.createAnswer());
      this.#trickles = !offer.sdp.includes("a=ice-lite");
      this.#flushCandidates();
      await this.#options.request("subscribe_answer", {
        offer_id: offer.offer_id,
        sdp: connection.localDescription?.sdp ?? "",
      });
      this.#options.onStep("subscribe_answered", "ok", "");
    } catch (error) {
      if (this.#closed) return;
      const code = error instanceof RodaError ? error.code : String(error);
      if (code === "offer_superseded") return;
      this.#options.onStep("subscribe_answered", "failed", code);
    }
  }

  /**
   * By mid and not by the `track` event, which stays silent when a section that never stopped
   * receiving is given to another track.
   * @param {ForwardedTrack[]} tracks
   */
  #announce(tracks) {
    const { ended, started } = this.#map.update(tracks);
    for (const track of ended) this.#options.onTrackEnded(track);
    const byMid = new Map(this.#connection.getTransceivers().map((t) => [t.mid, t]));
    for (const track of started) {
      const transceiver = byMid.get(track.mid);
      if (transceiver) this.#options.onTrack(track, transceiver.receiver.track);
    }
  }

  #flushCandidates() {
    if (!this.#trickles) return;
    for (const candidate of this.#candidates.splice(0)) {
      this.#options
        .request("ice_candidate", {
          transport: "subscribe",
          candidate: candidate.candidate,
          mid: candidate.sdpMid,
        })
        .catch((error) =>
          this.#options.onStep("subscribe_candidate", "failed", String(error.code)),
        );
    }
  }
}
