import { ownLevel } from "./quality.js";

/**
 * @typedef {import("./protocol.js").ConnectionStatus} ConnectionStatus
 * @typedef {import("./quality.js").Level} Level
 */

/** Keeps the others told of this connection's quality and devices: whenever these change. */
export class StatusReporter {
  #tell;
  /** @type {ConnectionStatus} */
  #status = { quality: null, camera: null, microphone: null };
  #told = "";
  /** @type {Map<string, Level>} */
  #received = new Map();

  /** @param {(status: ConnectionStatus) => Promise<unknown>} tell */
  constructor(tell) {
    this.#tell = tell;
  }

  /** @param {Pick<ConnectionStatus, "camera" | "microphone">} devices */
  setDevices({ camera, microphone }) {
    this.#status = { ...this.#status, camera, microphone };
    this.flush();
  }

  /** @param {string} connectionId @param {Level} level of what comes from there */
  received(connectionId, level) {
    this.#received.set(connectionId, level);
  }

  /** @param {Level} level @returns {Level} the whole connection's */
  sent(level) {
    const quality = ownLevel(level, [...this.#received.values()]);
    this.#received.clear();
    this.#status = { ...this.#status, quality };
    this.flush();
    return quality;
  }

  /** The room is new to us: whatever was told before must be told again. */
  renew() {
    this.#told = "";
    this.flush();
  }

  flush() {
    const text = JSON.stringify(this.#status);
    if (text === this.#told) return;
    this.#told = text;
    this.#tell(this.#status).catch(() => {
      this.#told = "";
    });
  }
}
