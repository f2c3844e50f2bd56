import assert from "node:assert/strict";
import test from "node:test";
import { lineVerdict } from "../../web/client/line_verdict.js";

for (const [sent, received, expected] of [
  [null, null, null],
  [4, null, { grade: "good", side: null }],
  [null, 3, { grade: "good", side: null }],
  [4, 3, { grade: "good", side: null }],
  [2, 4, { grade: "weak", side: "sending" }],
  [4, 2, { grade: "weak", side: "receiving" }],
  [1, 3, { grade: "bad", side: "sending" }],
  [2, 1, { grade: "bad", side: "both" }],
  [null, 1, { grade: "bad", side: "receiving" }],
  [0, 4, { grade: "silent", side: "sending" }],
  [0, 0, { grade: "silent", side: "both" }],
]) {
  test(`a line that sends at ${sent} and receives at ${received}`, () => {
    assert.deepEqual(lineVerdict(sent, received), expected);
  });
}
