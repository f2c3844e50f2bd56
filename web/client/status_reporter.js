import { lineVerdict } from "./line_verdict.js";
import { ownLevel } from "./quality.js";

/**
 * @typedef {import("./protocol.js").ConnectionStatus} ConnectionStatus
 * @typedef {import("./quality.js").Level} Level
 * @typedef {{ level: Level, verdict: import("./line_verdict.js").Verdict | null }} OwnLine
 */

/** Keeps the others told of this connection's quality and devices: whenever these change. */
export class StatusReporter {
  #tell;
  /** @type {ConnectionStatus} */
  #status = { quality: null, camera: null, microphone: null, relayed: null };
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

  /** @param {boolean | null} relayed */
  setRelayed(relayed) {
    this.#status = { ...this.#status, relayed };
    this.flush();
  }

  /** @param {Level} level @returns {OwnLine} the whole connection's */
  sent(level) {
    const received = [...this.#received.values()];
    const quality = ownLevel(level, received);
    const best = received.length > 0 ? /** @type {Level} */ (Math.max(...received)) : null;
    this.#received.clear();
    this.#status = { ...this.#status, quality };
    this.flush();
    return { level: quality, verdict: lineVerdict(level, best) };
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
