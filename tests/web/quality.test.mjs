import assert from "node:assert/strict";
import test from "node:test";
import { emptySample, ownLevel, qualityLevel, shownLevel } from "../../web/client/quality.js";
import { StatusReporter } from "../../web/client/status_reporter.js";
import {
  isRelayed,
  QualityMeter,
  receivedSamples,
  sentSample,
  sourceSizes,
} from "../../web/client/stats.js";

const sample = (more = {}) => ({ ...emptySample(), ...more });

for (const [name, now, level] of [
  ["nothing lost, near", { packets: 100, rttMs: 20, jitterMs: 5 }, 4],
  ["exactly the limit", { packets: 99, lost: 1, rttMs: 200, jitterMs: 30 }, 4],
  ["two in a hundred lost", { packets: 98, lost: 2 }, 3],
  ["far away", { packets: 100, rttMs: 500 }, 2],
  ["uneven", { packets: 100, jitterMs: 100 }, 2],
  ["a fifth lost", { packets: 80, lost: 20 }, 1],
  ["a second's round trip", { packets: 100, rttMs: 1000 }, 1],
  ["nothing at all", {}, 0],
]) {
  test(`quality: ${name}`, () => {
    assert.equal(qualityLevel(sample(), sample(now), true), level);
  });
}

test("quality: silence is no fault while everything is muted", () => {
  const same = sample({ packets: 10 });
  assert.equal(qualityLevel(same, same, false), 4);
});

test("quality: only what happened since the last sample counts", () => {
  const before = sample({ packets: 100, lost: 50 });
  assert.equal(qualityLevel(before, sample({ packets: 200, lost: 50 }), true), 4);
});

test("quality: counters that start again count as nothing, not as negative", () => {
  assert.equal(qualityLevel(sample({ packets: 500, lost: 9 }), sample({ packets: 3 }), true), 0);
});

test("meter: the first sample says nothing yet, a forgotten one neither", () => {
  const meter = new QualityMeter();
  assert.equal(meter.measure("a", sample({ packets: 1 }), true), null);
  assert.equal(meter.measure("a", sample({ packets: 2 }), true), 4);
  meter.forget("a");
  assert.equal(meter.measure("a", sample({ packets: 3 }), true), null);
});

test("received: summed by connection, other sections left out", () => {
  const report = [
    { type: "candidate-pair", nominated: false, currentRoundTripTime: 9 },
    { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.05 },
    { type: "inbound-rtp", mid: "0", packetsReceived: 50, packetsLost: 1, jitter: 0.004 },
    { type: "inbound-rtp", mid: "1", packetsReceived: 90, packetsLost: -2, framesDecoded: 30 },
    { type: "inbound-rtp", mid: "9", packetsReceived: 7 },
    { type: "outbound-rtp", mid: "0", packetsSent: 1000 },
  ];
  const owner = { 0: "anna", 1: "anna" };
  const found = receivedSamples(report, (mid) => owner[mid]);
  assert.deepEqual(
    [...found],
    [["anna", { packets: 140, lost: 1, frames: 30, rttMs: 50, jitterMs: 4 }]],
  );
});

test("sent: what the receiver reports of it", () => {
  const report = [
    { type: "outbound-rtp", packetsSent: 10 },
    { type: "outbound-rtp", packetsSent: 20 },
    { type: "remote-inbound-rtp", packetsLost: 2, jitter: 0.01 },
  ];
  assert.deepEqual(sentSample(report), sample({ packets: 30, lost: 2, jitterMs: 10 }));
});

for (const [name, sent, received, level] of [
  ["alone", 3, [], 3],
  ["one of the others is bad", 4, [4, 1], 4],
  ["all that comes is bad", 4, [2, 1], 2],
  ["what is sent is worse", 1, [4], 1],
]) {
  test(`own level: ${name}`, () => assert.equal(ownLevel(sent, received), level));
}

for (const [reported, measured, shown] of [
  [3, 4, 3],
  [4, 0, 0],
  [null, 2, 2],
  [undefined, null, null],
  [2, null, 2],
]) {
  test(`shown level of ${reported} said and ${measured} measured`, () => {
    assert.equal(shownLevel(reported, measured), shown);
  });
}

test("status is told when it changes, and again to a new room", async () => {
  const told = [];
  const reporter = new StatusReporter(async (status) => void told.push(status));
  reporter.setDevices({ camera: "ok", microphone: "denied" });
  reporter.setDevices({ camera: "ok", microphone: "denied" });
  reporter.received("anna", 2);
  assert.deepEqual(reporter.sent(4), {
    level: 2,
    verdict: { grade: "weak", side: "receiving" },
  });
  assert.deepEqual(reporter.sent(4), { level: 4, verdict: { grade: "good", side: null } });
  reporter.renew();
  assert.deepEqual(
    told.map((status) => [status.quality, status.camera, status.microphone]),
    [
      [null, "ok", "denied"],
      [2, "ok", "denied"],
      [4, "ok", "denied"],
      [4, "ok", "denied"],
    ],
  );
});

test("status that could not be told is told with the next occasion", async () => {
  let fails = true;
  const told = [];
  const reporter = new StatusReporter(async (status) => {
    if (fails) throw new Error("not yet");
    told.push(status.quality);
  });
  reporter.sent(3);
  await new Promise(setImmediate);
  fails = false;
  reporter.sent(3);
  assert.deepEqual(told, [3]);
});

test("statistics: pictures' sizes by track, once there is a picture", () => {
  const report = [
    { type: "media-source", trackIdentifier: "a", width: 640, height: 480 },
    { type: "media-source", trackIdentifier: "b" },
    { type: "media-source", trackIdentifier: "c", audioLevel: 0.1 },
    { type: "outbound-rtp", trackIdentifier: "a", width: 320, height: 240 },
  ];
  assert.deepEqual([...sourceSizes(report)], [["a", { width: 640, height: 480 }]]);
});

for (const [candidateType, expected] of [
  ["relay", true],
  ["srflx", false],
  [undefined, null],
]) {
  test(`statistics: a way by ${candidateType ?? "nothing yet"} is relayed: ${expected}`, () => {
    const pair = { type: "candidate-pair", nominated: true, localCandidateId: "used" };
    const used = { type: "local-candidate", id: "used", candidateType };
    const other = { type: "local-candidate", id: "other", candidateType: "relay" };
    assert.equal(isRelayed([other, ...(candidateType ? [pair, used] : [])]), expected);
  });
}
