/**
 * Whether the network under a call still carries anything: seen within a second or two, where
 * browsers take five to say `disconnected`. Pure: statistics and times in milliseconds go in.
 *
 * @typedef {object} Flow packets of one transport since its start
 * @property {number} arrived of any kind: media, reports, answers to connectivity checks
 * @property {number} sent media only
 */

/** Samples one behind the other that brought something: then a pause means something. */
const STEADY_SAMPLES = 4;
/** Sent since the last arrival: the server reports on what it gets at least every second. */
const UNANSWERED_PACKETS = 5;

/** How long nothing may arrive, in milliseconds. */
const LIMITS = {
  both: 900, // on both transports, which rarely stand still at once for another reason
  publish: 1500, // on the publish transport alone, while sending
  unsteady: 3000, // the same, where little arrives at best
  subscribe: 2500, // on the subscribe transport alone: two of the server's reports are missing
  hinted: 700, // on one with steady arrivals, when something else tells of a change of network
};

/** What arrives on one transport. */
export class FlowWatch {
  #arrived = 0;
  #sentBefore = 0;
  #sent = 0;
  #run = 0;
  #stillSince = 0;
  #now = 0;

  /** @param {number} now @param {Flow} flow @param {boolean} expected something should arrive */
  take(now, { arrived, sent }, expected) {
    this.#now = now;
    this.#sent = sent;
    // Counters begin anew with another transport.
    const isMore = arrived !== this.#arrived;
    if (isMore) this.#run = now - this.#stillSince < LIMITS.both ? this.#run + 1 : 1;
    if (!expected) this.#run = 0;
    if (isMore || !expected) {
      this.#arrived = arrived;
      this.#sentBefore = sent;
      this.#stillSince = now;
    }
  }

  /** @returns {number} milliseconds since anything arrived */
  get stillMs() {
    return this.#now - this.#stillSince;
  }

  /** @returns {boolean} until it stood still, something arrived all the time */
  get isSteady() {
    return this.#run >= STEADY_SAMPLES;
  }

  /** @returns {boolean} what was sent should have been answered by now */
  get isUnanswered() {
    return this.#sent - this.#sentBefore >= UNANSWERED_PACKETS;
  }
}

/** Both transports of a connection. */
export class LineWatch {
  publish = new FlowWatch();
  subscribe = new FlowWatch();

  /**
   * @param {number} now
   * @param {{ publish: Flow, subscribe: Flow }} flows
   * @param {boolean} expectsMedia somebody else is sending
   */
  take(now, flows, expectsMedia) {
    this.publish.take(now, flows.publish, true);
    this.subscribe.take(now, flows.subscribe, expectsMedia);
  }

  /** @returns {boolean} nothing came on either transport since the last look */
  get isStill() {
    return this.publish.stillMs > 0 && this.subscribe.stillMs > 0;
  }

  /** @param {boolean} hinted something else told of a change of network */
  isBroken(hinted = false) {
    const { publish, subscribe } = this;
    const sent = publish.isUnanswered ? publish.stillMs : 0;
    const received = subscribe.isSteady ? subscribe.stillMs : 0;
    const steady = Math.max(publish.isSteady ? sent : 0, received);
    if (hinted && steady >= LIMITS.hinted) return true;
    if (Math.min(sent, received) >= LIMITS.both) return true;
    const limit = publish.isSteady ? LIMITS.publish : LIMITS.unsteady;
    return sent >= limit || received >= LIMITS.subscribe;
  }
}
