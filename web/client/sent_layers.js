import { encodingsOf } from "./encodings.js";

/**
 * @typedef {import("./protocol.js").Source} Source
 * @typedef {import("./encodings.js").Size} Size
 */

/** Which layers of a source are sent: those that its picture's size allows and somebody watches. */
export class SentLayers {
  #source;
  /** @type {RTCRtpEncodingParameters[]} */
  #encodings;
  /** @type {string[] | null} rids, null while nobody has said */
  #watched = null;
  /** @type {Promise<void>} one change at a time: each begins with what the last one has set */
  #tail = Promise.resolve();

  /** @param {Source} source @param {Size | null} size of its picture, null while unknown */
  constructor(source, size) {
    this.#source = source;
    this.#encodings = encodingsOf(source, size);
  }

  /**
   * Whoever watches a layer above the highest there is watches that one.
   * @returns {RTCRtpEncodingParameters[]} to negotiate
   */
  get encodings() {
    const all = this.#encodings;
    const top = all.filter(({ active = true }) => active).length - 1;
    const watched = this.#watched ?? all.map(({ rid }) => rid);
    const sent = watched.map((rid) =>
      Math.min(
        all.findIndex((one) => one.rid === rid),
        top,
      ),
    );
    return all.map((encoding, index) => ({
      ...encoding,
      active: encoding.rid === undefined || sent.includes(index),
    }));
  }

  /** The picture is of this size now. @param {Size} size @returns {boolean} that changes something */
  resize(size) {
    const encodings = encodingsOf(this.#source, size);
    if (JSON.stringify(encodings) === JSON.stringify(this.#encodings)) return false;
    this.#encodings = encodings;
    return true;
  }

  /** @param {string[]} rids */
  watch(rids) {
    this.#watched = rids;
  }

  /**
   * @param {RTCRtpSender} sender is brought in line
   * @returns {Promise<void>} rejects with what `setParameters` rejects with
   */
  apply(sender) {
    const run = this.#tail.then(() => this.#set(sender));
    this.#tail = run.catch(() => undefined);
    return run;
  }

  /** @param {RTCRtpSender} sender */
  async #set(sender) {
    const parameters = sender.getParameters();
    const wanted = new Map(this.encodings.map((encoding) => [encoding.rid, encoding]));
    for (const encoding of parameters.encodings) Object.assign(encoding, wanted.get(encoding.rid));
    await sender.setParameters(parameters);
  }
}
