import { LineWatch } from "./line_watch.js";
import { onNetworkChange } from "./network_events.js";

/**
 * @typedef {import("./line_watch.js").Flow} Flow
 * @typedef {"ok" | "restoring"} LineState
 */

const SAMPLE_MS = 400;
const CLOSE_SAMPLE_MS = 200; // once nothing came on either transport
const HINT_MS = 3000; // how long a hint makes the watch quick
/**
 * Between one restart and the next. Soon again at first: the browser may not know its new address
 * yet when the old one is gone.
 */
const RETRIES_MS = [1000, 1000, 2000, 4000, 8000, 16_000];
/** So long without a fault, and the next one is met as quickly as the first. */
const CALM_MS = 30_000;

/**
 * Sees within about a second that nothing arrives any more, and has ICE restarted: at once, then
 * ever less often until it helps. Where nothing is sent or received, the browser's own word counts.
 */
export class LineKeeper {
  #options;
  #watch = new LineWatch();
  /** @type {LineState} */
  #state = "ok";
  /** @type {Set<string>} transports that the browser says are down */
  #down = new Set();
  #hintedUntil = 0;
  #retries = 0;
  #notBefore = 0;
  #okSince = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #running = false;
  #stopListening = () => {};

  /**
   * @param {object} options
   * @param {() => Promise<{ publish: Flow, subscribe: Flow } | null>} options.sample null while
   *   there is nothing to watch
   * @param {() => boolean} options.expectsMedia somebody else is sending
   * @param {() => unknown} options.restart both transports; called again until it has helped
   * @param {(state: LineState) => void} options.onState
   * @param {() => void} options.onNetwork the browser tells of another network
   * @param {() => number} [options.now] milliseconds
   */
  constructor(options) {
    this.#options = { now: () => performance.now(), ...options };
  }

  /** @returns {LineState} */
  get state() {
    return this.#state;
  }

  start() {
    if (this.#running) return;
    this.#running = true;
    this.#watch = new LineWatch();
    this.#down.clear();
    this.#stopListening = onNetworkChange(() => {
      this.tryAnew();
      this.#options.onNetwork();
    });
    this.#schedule();
  }

  stop() {
    this.#running = false;
    this.#stopListening();
    clearTimeout(this.#timer);
    this.#setState("ok");
  }

  /** @param {string} transport @param {RTCPeerConnectionState} state its new one */
  transportChanged(transport, state) {
    const isDown = state === "disconnected" || state === "failed";
    if (isDown) this.#down.add(transport);
    else this.#down.delete(transport);
    this.hint();
  }

  /** Something tells of a change of network: look closely for a while. */
  hint() {
    this.#hintedUntil = this.#options.now() + HINT_MS;
    if (!this.#running) return;
    clearTimeout(this.#timer);
    void this.#look();
  }

  /** The network is another, or signaling is back: what did not help before may help now. */
  tryAnew() {
    this.#notBefore = 0;
    this.#retries = 0;
    this.hint();
  }

  #schedule() {
    clearTimeout(this.#timer);
    const delay = this.#watch.isStill ? CLOSE_SAMPLE_MS : SAMPLE_MS;
    if (this.#running) this.#timer = setTimeout(() => void this.#look(), delay);
  }

  async #look() {
    const flows = await this.#options.sample();
    if (!this.#running) return;
    if (flows) this.#judge(flows, this.#options.now());
    this.#schedule();
  }

  /** @param {{ publish: Flow, subscribe: Flow }} flows @param {number} now */
  #judge(flows, now) {
    this.#watch.take(now, flows, this.#options.expectsMedia());
    const closely = now < this.#hintedUntil || this.#state === "restoring";
    if (!this.#watch.isBroken(closely) && this.#down.size === 0) {
      if (this.#state !== "ok") this.#okSince = now;
      if (now - this.#okSince > CALM_MS) this.#retries = 0;
      this.#setState("ok");
      return;
    }
    this.#setState("restoring");
    if (now < this.#notBefore) return;
    const last = RETRIES_MS.length - 1;
    this.#notBefore = now + /** @type {number} */ (RETRIES_MS[Math.min(this.#retries, last)]);
    this.#retries += 1;
    this.#options.restart();
  }

  /** @param {LineState} state */
  #setState(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.onState(state);
  }
}
