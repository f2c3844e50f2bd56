import { SELF } from "./media_session.js";
import { shownLevel } from "./quality.js";
import { StatusReporter } from "./status_reporter.js";

/** @typedef {import("./quality.js").Level} Level */

/** Makes of what is measured here, and of what the others say, one level for each connection. */
export class QualityBoard {
  #room;
  #show;
  status;
  /** @type {import("./status_reporter.js").OwnLine | null} null until it has been measured */
  own = null;

  /**
   * @param {object} options
   * @param {import("./room_state.js").RoomState} options.room
   * @param {(connectionId: string, level: Level) => void} options.show
   * @param {(status: import("./protocol.js").ConnectionStatus) => Promise<unknown>} options.tell
   */
  constructor({ room, show, tell }) {
    this.#room = room;
    this.#show = show;
    this.status = new StatusReporter(tell);
  }

  /** @param {string} id `SELF` or a connection's @param {Level} level of what was measured here */
  measured(id, level) {
    if (id === SELF) {
      this.own = this.status.sent(level);
      this.#show(this.#room.connectionId, this.own.level);
      return;
    }
    this.status.received(id, level);
    this.#show(id, shownLevel(this.#room.peers.get(id)?.status?.quality, level) ?? level);
  }
}
