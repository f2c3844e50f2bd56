/**
 * What this client wants to send, whether or not it is connected just now.
 *
 * @typedef {import("./protocol.js").Source} Source
 * @typedef {{ track: MediaStreamTrack | null, muted: boolean }} LocalTrack
 */
export class LocalTracks {
  /** @type {Map<Source, LocalTrack>} */
  #tracks = new Map();

  /** @returns {ReadonlyMap<Source, Readonly<LocalTrack>>} */
  get all() {
    return this.#tracks;
  }

  /** @returns {boolean} something is there to be heard or seen */
  get anyLive() {
    return [...this.#tracks.values()].some(({ track, muted }) => track !== null && !muted);
  }

  /** @param {Source} source @param {MediaStreamTrack | null} track @param {boolean} muted */
  set(source, track, muted) {
    this.#tracks.set(source, { track, muted });
  }

  /** @param {{ video: MediaStreamTrack, audio: MediaStreamTrack | null } | null} screen */
  setScreen(screen) {
    const tracks = { screen: screen?.video, screen_audio: screen?.audio };
    for (const source of /** @type {const} */ (["screen", "screen_audio"])) {
      const track = tracks[source];
      if (track) this.set(source, track, false);
      else this.#tracks.delete(source);
    }
  }

  /**
   * Silence or blank a source without ending it.
   * @param {Source} source @param {boolean} muted
   * @returns {boolean} false when there is no such source
   */
  mute(source, muted) {
    const local = this.#tracks.get(source);
    if (!local) return false;
    local.muted = muted;
    if (local.track) local.track.enabled = !muted;
    return true;
  }
}
