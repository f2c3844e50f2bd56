import assert from "node:assert/strict";
import test from "node:test";
import { LineKeeper } from "../../web/client/line_keeper.js";
import { Clock } from "./clock.mjs";

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A keeper over a line in the test's hands. */
function kept(t) {
  const clock = new Clock(t);
  const line = { now: 0, alive: true, busy: true, restarts: [], states: [], arrived: 0, sent: 0 };
  const keeper = new LineKeeper({
    now: () => line.now,
    sample: async () => {
      if (line.busy) line.sent += 20;
      if (line.busy && line.alive) line.arrived += 20;
      const flow = { arrived: line.arrived, sent: line.sent };
      return { publish: flow, subscribe: flow };
    },
    expectsMedia: () => line.busy,
    restart: () => line.restarts.push(line.now),
    onState: (state) => line.states.push(state),
    onNetwork: () => undefined,
  });
  line.pass = async (ms) => {
    for (const end = line.now + ms; line.now < end;) {
      line.now += 100;
      clock.pass(100);
      await settled();
    }
  };
  t.after(() => keeper.stop());
  keeper.start();
  return { keeper, line };
}

test("a dead line is restarted within 1.5 s, then ever less often", async (t) => {
  const { line } = kept(t);
  await line.pass(5000);
  assert.deepEqual(line.restarts, []);
  line.alive = false;
  const died = line.now;
  await line.pass(60_000);
  assert.ok(line.restarts[0] - died <= 1500, `${line.restarts[0] - died} ms`);
  const gaps = line.restarts.slice(1).map((at, index) => at - line.restarts[index]);
  for (const [index, least] of [1000, 1000, 2000, 4000, 8000, 16_000, 16_000].entries()) {
    if (index < gaps.length) assert.ok(gaps[index] >= least, `${gaps}`);
  }
  assert.ok(line.restarts.length <= 8, `${line.restarts.length} restarts in a minute`);
  assert.deepEqual(line.states, ["restoring"]);
});

test("a line that lives again is left alone, and said to be well", async (t) => {
  const { line } = kept(t);
  await line.pass(5000);
  line.alive = false;
  await line.pass(2000);
  const restarts = line.restarts.length;
  line.alive = true;
  await line.pass(60_000);
  assert.equal(line.restarts.length, restarts);
  assert.deepEqual(line.states, ["restoring", "ok"]);
});

test("a line that keeps breaking is restarted less often, until it was well for long", async (t) => {
  const { line } = kept(t);
  const breakFor = async (ms) => {
    const before = line.restarts.length;
    line.alive = false;
    await line.pass(ms);
    line.alive = true;
    await line.pass(3000);
    return line.restarts.length - before;
  };
  await line.pass(5000);
  const first = await breakFor(4000);
  await breakFor(4000);
  const third = await breakFor(4000);
  assert.ok(first >= 2 && third <= 1, `${first}, ${third}`);
  await line.pass(40_000);
  assert.equal(await breakFor(4000), first);
});

test("a quiet call is never restarted, whatever the browser hints", async (t) => {
  const { keeper, line } = kept(t);
  line.busy = false;
  for (let hints = 0; hints < 20; hints += 1) {
    keeper.hint();
    await line.pass(5000);
  }
  assert.deepEqual([line.restarts, line.states], [[], []]);
});

test("a quiet call goes by the browser's word", async (t) => {
  const { keeper, line } = kept(t);
  line.busy = false;
  await line.pass(2000);
  keeper.transportChanged("publish", "disconnected");
  await line.pass(1000);
  assert.equal(line.restarts.length, 1);
  keeper.transportChanged("publish", "connected");
  await line.pass(30_000);
  assert.equal(line.restarts.length, 1);
  assert.deepEqual(line.states, ["restoring", "ok"]);
});

test("when signaling is back a dead line is restarted at once", async (t) => {
  const { keeper, line } = kept(t);
  await line.pass(5000);
  line.alive = false;
  await line.pass(14_000);
  const before = line.restarts.length;
  keeper.tryAnew();
  await line.pass(100);
  assert.equal(line.restarts.length, before + 1);
  await line.pass(1500);
  assert.equal(line.restarts.length, before + 2, "and soon again, as at first");
});

test("a stopped keeper does nothing more", async (t) => {
  const { keeper, line } = kept(t);
  await line.pass(5000);
  line.alive = false;
  keeper.stop();
  keeper.hint();
  await line.pass(10_000);
  assert.deepEqual([line.restarts, line.states], [[], []]);
});
