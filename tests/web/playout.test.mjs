import assert from "node:assert/strict";
import test from "node:test";
import { PlayoutDelay } from "../../web/client/playout.js";

/** A line whose counters grow: `(requests, dropped)` each report → the target. */
function line(rttS = 0.1) {
  const delay = new PlayoutDelay();
  const totals = { nackCount: 0, framesDropped: 0 };
  const report = (requests = 0, dropped = 0) => {
    totals.nackCount += requests;
    totals.framesDropped += dropped;
    const found = delay.update([
      { type: "candidate-pair", nominated: true, currentRoundTripTime: rttS },
      { type: "inbound-rtp", kind: "audio", mid: "0", nackCount: 1000 * totals.nackCount },
      { type: "inbound-rtp", kind: "video", mid: "1", ...totals },
    ]);
    assert.deepEqual([...found.keys()], ["1"]);
    return found.get("1");
  };
  report();
  return report;
}

test("playout: a line without gaps is the browser's own affair", () => {
  const report = line();
  assert.deepEqual([report(), report(0, 5), report(1)], [null, null, null]);
});

test("playout: a line that loses gets time for a retransmission and some more", () => {
  assert.equal(line(0.1)(4), 260);
  assert.equal(line(0)(4), 250);
  assert.equal(line(2)(4), 400);
});

test("playout: and yet more while frames come too late, up to a limit", () => {
  const report = line(0.1);
  const targets = [1, 2, 3, 4, 5, 6].map(() => report(5, 1));
  assert.deepEqual(targets, [260, 320, 380, 400, 400, 400]);
  assert.equal(report(5), 400);
});

test("playout: less and less once nothing is missing for a while", () => {
  const report = line(0.1);
  report(5);
  for (let time = 0; time < 4; time += 1) assert.equal(report(), 260);
  assert.deepEqual([report(), report(), report(), report()], [200, 140, 80, 20]);
  assert.equal(report(), null);
});

test("playout: a section that ends is forgotten", () => {
  const delay = new PlayoutDelay();
  const picture = { type: "inbound-rtp", kind: "video", mid: "1", framesDropped: 0 };
  delay.update([{ ...picture, nackCount: 0 }]);
  delay.update([]);
  assert.equal(delay.update([{ ...picture, nackCount: 500 }]).get("1"), null);
});
