import { encodingsOf } from "./encodings.js";

/**
 * @typedef {import("./protocol.js").Source} Source
 * @typedef {import("./encodings.js").Size} Size
 */

/**
 * Which layers of a source are sent, and how: those that its picture's size allows and somebody
 * watches, as suits the codec.
 */
export class SentLayers {
  #source;
  #size;
  #codec = "";
  /** @type {import("./encodings.js").Encoding[]} */
  #encodings;
  /** @type {string[] | null} rids, null while nobody has said */
  #watched = null;
  /** @type {Promise<void>} one change at a time: each begins with what the last one has set */
  #tail = Promise.resolve();

  /** @param {Source} source @param {Size | null} size of its picture, null while unknown */
  constructor(source, size) {
    this.#source = source;
    this.#size = size;
    this.#encodings = encodingsOf(source, size);
  }

  /**
   * Whoever watches a layer above the highest there is watches that one.
   * @returns {import("./encodings.js").Encoding[]} to negotiate
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
    this.#size = size;
    return this.#renew();
  }

  /** What was negotiated. @param {string} codec as in `video/VP9` @returns {boolean} as `resize` */
  suit(codec) {
    this.#codec = codec;
    return this.#renew();
  }

  #renew() {
    const encodings = encodingsOf(this.#source, this.#size, this.#codec);
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
    for (const encoding of /** @type {import("./encodings.js").Encoding[]} */ (
      parameters.encodings
    )) {
      delete encoding.scalabilityMode;
      Object.assign(encoding, wanted.get(encoding.rid));
    }
    await sender.setParameters(parameters);
  }
}
