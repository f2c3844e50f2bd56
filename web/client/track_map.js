/**
 * Which remote track arrives on which media section, kept through renegotiations in which the
 * server may give a section (a mid) to another track.
 *
 * @typedef {import("./protocol.js").ForwardedTrack} ForwardedTrack
 */

export class TrackMap {
  /** @type {Map<string, ForwardedTrack>} by mid */
  #byMid = new Map();

  /**
   * Take the `tracks` of a subscribe offer.
   * @param {ForwardedTrack[]} tracks
   * @returns {{ ended: ForwardedTrack[], started: ForwardedTrack[] }} in the offer's order; a
   *   section reused for another track is in both
   */
  update(tracks) {
    const next = new Map(tracks.map((track) => [track.mid, track]));
    const same = (/** @type {ForwardedTrack} */ a, /** @type {ForwardedTrack | undefined} */ b) =>
      b !== undefined && a.track_id === b.track_id && a.connection_id === b.connection_id;
    const ended = [...this.#byMid.values()].filter((track) => !same(track, next.get(track.mid)));
    const started = tracks.filter((track) => !same(track, this.#byMid.get(track.mid)));
    this.#byMid = next;
    return { ended, started };
  }

  /** @param {string} mid @returns {ForwardedTrack | undefined} */
  get(mid) {
    return this.#byMid.get(mid);
  }

  /** @returns {ForwardedTrack[]} */
  all() {
    return [...this.#byMid.values()];
  }
}

/** What the `trackended` event tells. @param {ForwardedTrack} track */
export function endedTrack(track) {
  return { connectionId: track.connection_id, trackId: track.track_id, source: track.source };
}

/**
 * What the `track` event tells.
 * @param {ForwardedTrack} track @param {MediaStreamTrack} media
 */
export function remoteTrack(track, media) {
  return {
    connectionId: track.connection_id,
    trackId: track.track_id,
    source: track.source,
    muted: track.muted,
    track: media,
    stream: new MediaStream([media]),
  };
}
