import assert from "node:assert/strict";
import test from "node:test";
import { LineWatch } from "../../web/client/line_watch.js";
import { transportFlow } from "../../web/client/stats.js";

const STEP_MS = 400;

/** A call in which packets flow, a sample each 400 ms. */
class Line {
  watch = new LineWatch();
  now = 0;
  flows = { publish: { arrived: 0, sent: 0 }, subscribe: { arrived: 0, sent: 0 } };

  /** @param {number} ms go by @param {object} what of it comes in, and goes out */
  pass(ms, { publish = true, subscribe = true, sends = true, expects = true, every = 1 } = {}) {
    for (let sample = 1; sample <= ms / STEP_MS; sample += 1) {
      this.now += STEP_MS;
      if (publish && sample % every === 0) this.flows.publish.arrived += 3;
      if (subscribe) this.flows.subscribe.arrived += 20;
      if (sends) this.flows.publish.sent += 20;
      const { publish: up, subscribe: down } = this.flows;
      this.watch.take(this.now, { publish: { ...up }, subscribe: { ...down } }, expects);
    }
    return this;
  }

  get isBroken() {
    return this.watch.isBroken();
  }
}

const DEAD = { publish: false, subscribe: false };
for (const [name, ms, what, broken] of [
  ["a pause on both transports", 800, DEAD, false],
  ["nothing on either for a second", 1200, DEAD, true],
  ["nothing back while sending", 1600, { publish: false }, true],
  ["nothing back for a moment", 1200, { publish: false }, false],
  ["nothing to receive for two seconds", 2000, { subscribe: false }, false],
  ["nothing to receive for three", 2800, { subscribe: false }, true],
  ["nobody else sends", 20_000, { subscribe: false, expects: false }, false],
  ["nothing is sent", 20_000, { publish: false, sends: false }, false],
  ["nothing is sent or expected", 20_000, { ...DEAD, sends: false, expects: false }, false],
]) {
  test(`line: ${name} is ${broken ? "" : "not "}broken`, () => {
    assert.equal(new Line().pass(4000).pass(ms, what).isBroken, broken);
  });
}

test("line: media that begins again after a silence is not late", () => {
  const line = new Line().pass(4000).pass(60_000, { subscribe: false, expects: false });
  assert.equal(line.pass(2000, { subscribe: false }).isBroken, false);
});

test("line: a server that only reports now and then is given more time", () => {
  const line = new Line().pass(8000, { every: 4 });
  assert.equal(line.pass(2000, { publish: false }).isBroken, false);
  assert.equal(line.pass(2000, { publish: false }).isBroken, true);
});

test("line: a hint makes it quick, where packets came all the time", () => {
  const steady = new Line().pass(4000).pass(800, DEAD);
  assert.deepEqual([steady.watch.isBroken(), steady.watch.isBroken(true)], [false, true]);
  const rare = new Line().pass(8000, { every: 4, subscribe: false, expects: false });
  assert.equal(rare.pass(1200, { ...DEAD, expects: false }).watch.isBroken(true), false);
});

test("line: one packet and it is whole again", () => {
  const line = new Line().pass(4000).pass(4000, DEAD);
  assert.equal(line.isBroken, true);
  assert.equal(line.pass(400).isBroken, false);
});

test("flow: reports, checks and media count as arrived, in both kinds of browser", () => {
  const report = [
    { type: "transport", packetsReceived: 5 },
    { type: "candidate-pair", responsesReceived: 2 },
    { type: "candidate-pair", packetsReceived: 7 },
    { type: "inbound-rtp", packetsReceived: 100 },
    { type: "outbound-rtp", packetsSent: 30 },
    { type: "codec" },
  ];
  assert.deepEqual(transportFlow(report), { arrived: 114, sent: 30 });
  assert.deepEqual(transportFlow([]), { arrived: 0, sent: 0 });
});
