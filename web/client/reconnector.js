import { RodaError } from "./errors.js";

/** Codes of a failed attempt that are worth another one. */
const RETRIED = new Set([
  "server_unreachable",
  "server_error",
  "server_draining",
  "internal",
  "too_many_requests",
  "connection_lost",
  "signaling_lost",
  "request_timeout",
]);
const LIMIT_MS = 120_000;
const FIRST_DELAY_MS = 500;
/** While the server keeps the seat, and afterwards. */
const LONGEST_DELAY_MS = { first: 2000, later: 8000 };
const FIRST_FAILURES = 15; // about 30 seconds of them

/** Tries to get a lost connection back, ever less often, until it works or cannot work. */
export class Reconnector {
  #attempt;
  #giveUp;
  #startedAt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {() => Promise<void>} attempt
   * @param {(error: RodaError) => void} giveUp told why the last attempt failed
   */
  constructor(attempt, giveUp) {
    this.#attempt = attempt;
    this.#giveUp = giveUp;
  }

  start() {
    this.stop();
    this.#startedAt = Date.now();
    this.#schedule(0);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The network may be back: make the attempt now that waits for its time. */
  hurry() {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#schedule(0);
  }

  /** @param {number} attempts made so far */
  #schedule(attempts) {
    const delay = attempts === 0 ? 0 : reconnectDelay(attempts - 1, Math.random());
    this.#timer = setTimeout(async () => {
      this.#timer = undefined;
      try {
        await this.#attempt();
      } catch (error) {
        const known = RodaError.from(error);
        const late = Date.now() - this.#startedAt > LIMIT_MS;
        if (RETRIED.has(known.code) && !late) this.#schedule(attempts + 1);
        else this.#giveUp(known);
      }
    }, delay);
  }
}

/**
 * How long to wait before the next attempt: doubling from 0.5 s to 2 s, after half a minute 8 s.
 * @param {number} failures counted from 0
 * @param {number} chance 0–1; spreads the clients of a restarted server by ± 25 %
 * @returns {number} milliseconds
 */
export function reconnectDelay(failures, chance) {
  const longest = LONGEST_DELAY_MS[failures < FIRST_FAILURES ? "first" : "later"];
  const base = Math.min(FIRST_DELAY_MS * 2 ** failures, longest);
  return Math.round(base * (0.75 + chance / 2));
}
