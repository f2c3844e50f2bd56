import { LocalTracks } from "./local_tracks.js";

/**
 * @typedef {import("./protocol.js").Source} Source
 * @typedef {import("./media_session.js").MediaSession} MediaSession
 */

/** What this client sends: kept in line with what is wanted, now or once it is in the call. */
export class Outgoing {
  #options;
  #local = new LocalTracks();

  /**
   * @param {object} options
   * @param {() => MediaSession | null} options.media of the connection there is
   * @param {() => boolean} options.isInCall
   * @param {(change: { source: Source, byHost?: boolean }) => void} options.onChange
   * @param {(line: string) => void} options.log
   */
  constructor(options) {
    this.#options = options;
  }

  /** What is wanted. */
  get all() {
    return this.#local.all;
  }

  get anyLive() {
    return this.#local.anyLive;
  }

  /** @param {Source} source @param {MediaStreamTrack | null} track @param {boolean} muted */
  async setTrack(source, track, muted) {
    this.#local.set(source, track, muted);
    await this.#changed(source);
  }

  /** @param {{ video: MediaStreamTrack, audio: MediaStreamTrack | null } | null} screen */
  async setScreen(screen) {
    this.#local.setScreen(screen);
    await this.#changed("screen");
  }

  /** @param {Source} source @param {boolean} muted */
  async setMuted(source, muted) {
    if (this.#local.mute(source, muted)) await this.#changed(source);
  }

  /** Bring what is sent in line with what is wanted. */
  async publish() {
    if (this.#options.isInCall()) await this.#options.media()?.publish(this.#local.all);
  }

  /** The server has muted one of the tracks already. @param {string} trackId */
  mutedByHost(trackId) {
    const publisher = this.#options.media()?.publisher;
    const source = publisher?.sourceOf(trackId);
    if (!source || !this.#local.mute(source, true)) return;
    publisher?.mutedByServer(source);
    this.#options.onChange({ source, byHost: true });
  }

  /** @param {{ track_id: string, rids: string[] }} m layers of it that are watched */
  async setLayers({ track_id, rids }) {
    try {
      await this.#options.media()?.publisher.setLayers(track_id, rids);
    } catch (error) {
      this.#options.log(`Layers not changed: ${error}`);
    }
  }

  /** @param {{ track_id: string, codec: string }} m a codec that everybody can decode */
  async wantCodec({ track_id, codec }) {
    try {
      await this.#options.media()?.publisher.wantCodec(track_id, codec);
    } catch (error) {
      this.#options.log(`Codec not changed: ${error}`);
    }
  }

  /** @param {Source} source */
  async #changed(source) {
    this.#options.onChange({ source });
    await this.publish();
  }
}
