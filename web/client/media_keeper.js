import { LineKeeper } from "./line_keeper.js";
import { MediaSession } from "./media_session.js";

/** The media of the connection there is, made anew with each connection, and a watch on its line. */
export class MediaKeeper {
  /** @type {MediaSession | null} */
  #current = null;
  #events;
  line;

  /**
   * @param {import("./media_session.js").MediaEvents & {
   *   isInCall: () => boolean,
   *   expectsAny: () => boolean,
   *   onFresh: () => void,
   *   onLine: (state: import("./line_keeper.js").LineState) => void,
   *   onNetwork: () => void,
   * }} events those of the media and of the line; `expectsAny`: somebody else is sending;
   *   `onFresh`: the server knows nothing of the connection to come
   */
  constructor(events) {
    this.#events = events;
    this.line = new LineKeeper({
      sample: async () => this.#current?.flows() ?? null,
      expectsMedia: events.expectsAny,
      // Without signaling it could not be asked for: it is, once that is back.
      restart: () => events.isInCall() && this.#current?.restartIce(),
      onState: events.onLine,
      onNetwork: events.onNetwork,
    });
  }

  get current() {
    return this.#current;
  }

  /** @returns {MediaSession} in the place of the one there was */
  fresh() {
    this.close();
    this.#events.onFresh();
    this.#current = new MediaSession({
      ...this.#events,
      onState: (transport, state) => {
        this.line.transportChanged(transport, state);
        this.#events.onState(transport, state);
      },
    });
    return this.#current;
  }

  close() {
    this.line.stop();
    this.#current?.close();
    this.#current = null;
  }
}
