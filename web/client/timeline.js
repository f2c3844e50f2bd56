/**
 * The steps of a join with their times, the client's and the server's together.
 *
 * @typedef {import("./protocol.js").TimelineEntry} TimelineEntry
 */

const KEPT = 200;
const DETAIL_CHARS = 300;

export class Timeline {
  /** @type {TimelineEntry[]} */
  #entries = [];
  /** @type {TimelineEntry[]} */
  #untold = [];
  #onEntry;

  /** @param {(entry: TimelineEntry) => void} onEntry */
  constructor(onEntry) {
    this.#onEntry = onEntry;
  }

  /** @returns {readonly TimelineEntry[]} in order of time */
  get entries() {
    return this.#entries;
  }

  /**
   * A step seen here.
   * @param {string} step @param {number} atMs Unix time in milliseconds
   * @param {"ok" | "failed"} [outcome] @param {string} [detail]
   */
  add(step, atMs, outcome = "ok", detail = "") {
    const entry = { step, at_ms: atMs, source: /** @type {const} */ ("client"), outcome, detail };
    this.#untold.push(entry);
    this.receive(entry);
  }

  /**
   * A step that happens again and again in a long call, of which its beginning wants the first;
   * and every failure.
   * @param {number} atMs @param {string} step @param {"ok" | "failed"} outcome
   * @param {string} detail
   */
  addFirst(atMs, step, outcome, detail) {
    const isKnown = this.#entries.some(
      (entry) => entry.source === "client" && entry.step === step && entry.outcome === outcome,
    );
    if (!isKnown || outcome === "failed") this.add(step, atMs, outcome, detail);
  }

  /** A step seen by the server. @param {TimelineEntry} entry */
  receive(entry) {
    const known = (/** @type {TimelineEntry} */ other) =>
      other.source === entry.source && other.step === entry.step && other.at_ms === entry.at_ms;
    if (this.#entries.some(known)) return;
    this.#entries = [...this.#entries, entry].sort((a, b) => a.at_ms - b.at_ms).slice(-KEPT);
    this.#onEntry(entry);
  }

  /**
   * @returns {import("./protocol.js").Requests["timeline"][]} own steps the server has not been
   *   told; told from now on
   */
  takeUntold() {
    return this.#untold.splice(0).map(({ step, at_ms, outcome, detail }) => ({
      step,
      at_ms,
      outcome,
      detail: detail.slice(0, DETAIL_CHARS),
    }));
  }
}
