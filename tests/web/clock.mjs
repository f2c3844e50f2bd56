/** Time in a test's hands: stands in for the global timers until the test is over. */
export class Clock {
  #now = 0;
  #nextId = 1;
  #due = new Map();

  /** @param {import("node:test").TestContext} t */
  constructor(t) {
    const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
    t.after(() => Object.assign(globalThis, real));
    globalThis.setTimeout = (act, delay = 0) => {
      this.#due.set(this.#nextId, { at: this.#now + delay, act });
      return this.#nextId++;
    };
    globalThis.clearTimeout = (id) => void this.#due.delete(id);
  }

  /** @param {number} ms go by; whatever falls due is done, in order */
  pass(ms) {
    this.#now += ms;
    const due = [...this.#due].filter(([, { at }]) => at <= this.#now);
    for (const [id, { act }] of due.sort(([, a], [, b]) => a.at - b.at)) {
      this.#due.delete(id);
      act();
    }
  }
}
