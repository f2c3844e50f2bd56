/**
 * The media of every remote connection as it comes and goes, whatever is on the screen.
 * Emits `change` with the connection's id.
 *
 * @typedef {import("../client/protocol.js").Source} Source
 * @typedef {Map<Source, { trackId: string, track: MediaStreamTrack }>} Tracks
 */
export class RemoteMedia extends EventTarget {
  /** @type {Map<string, Tracks>} by connection id */
  #connections = new Map();

  /** @param {EventTarget} client a RodaClient */
  constructor(client) {
    super();
    client.addEventListener("track", (event) => {
      const { connectionId, trackId, source, track } = /** @type {CustomEvent} */ (event).detail;
      const tracks = this.#connections.get(connectionId) ?? new Map();
      this.#connections.set(connectionId, tracks.set(source, { trackId, track }));
      this.#changed(connectionId);
    });
    client.addEventListener("trackended", (event) => {
      const { connectionId, trackId, source } = /** @type {CustomEvent} */ (event).detail;
      const tracks = this.#connections.get(connectionId);
      if (!tracks || tracks.get(source)?.trackId !== trackId) return;
      tracks.delete(source);
      if (tracks.size === 0) this.#connections.delete(connectionId);
      this.#changed(connectionId);
    });
  }

  /** @param {string} connectionId @param {Source} source @returns {MediaStreamTrack | null} */
  track(connectionId, source) {
    return this.#connections.get(connectionId)?.get(source)?.track ?? null;
  }

  /** @param {string} connectionId */
  #changed(connectionId) {
    this.dispatchEvent(new CustomEvent("change", { detail: { connectionId } }));
  }
}
