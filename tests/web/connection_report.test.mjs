import assert from "node:assert/strict";
import test from "node:test";
import { connectionReport } from "../../web/client/connection_report.js";

const encoding = (more = {}) => ({
  rid: null,
  bitrate_bps: 500_000,
  width: 0,
  height: 0,
  layers: [],
  packets: 0,
  bytes: 0,
  packets_lost: 0,
  jitter_ms: 5,
  ...more,
});

const LAYERS = [
  encoding({ rid: "q", width: 320, height: 180 }),
  encoding({ rid: "h", width: 640, height: 360 }),
  encoding({ rid: "f", bitrate_bps: 0, width: 1280, height: 720 }),
];

/** What the server tells of one connection after it has sent and got so much. */
function connection({ id = "ana", up = {}, down = {}, more = {}, publish = {}, subscribe = {} }) {
  const microphone = { packets: 100, bytes: 10_000, packets_lost: 0, ...up };
  return {
    connection_id: id,
    participant_id: id,
    name: id,
    role: "participant",
    opened_at: "2030-01-01T10:00:00Z",
    door: "websocket",
    state: "in_room",
    transports: { publish: "connected", subscribe: "connected" },
    tracks: [],
    status: { quality: 4, camera: "ok", microphone: "ok", relayed: false },
    timeline: [],
    stats: {
      publish: {
        state: "connected",
        way: "udp",
        tracks: [
          {
            track_id: `${id}-mic`,
            kind: "audio",
            source: "microphone",
            codec: "opus",
            muted: false,
            encodings: [encoding(microphone)],
          },
          {
            track_id: `${id}-cam`,
            kind: "video",
            source: "camera",
            codec: "VP8",
            muted: false,
            encodings: LAYERS,
          },
        ],
        ...publish,
      },
      subscribe: {
        state: "connected",
        way: "udp",
        estimate_bps: 2_000_000,
        estimate_source: "feedback",
        round_trip_ms: 40,
        tracks: [
          {
            track_id: "bea-cam",
            connection_id: "bea",
            kind: "video",
            refused: false,
            started: true,
            layer: "q",
            stream_layer: null,
            packets: 100,
            bytes: 100_000,
            packets_lost: 0,
            jitter_ms: 5,
            ...down,
          },
        ],
        ...subscribe,
      },
    },
    ...more,
  };
}

const BEA = connection({ id: "bea" });
const look = (before, now) => connectionReport(before, now, 2000, [now, BEA]);
const START = connection({});
const UP = { packets: 200, bytes: 60_000 };
const DOWN = { packets: 200, bytes: 350_000 };

test("report: the first look knows the line, and no rates yet", () => {
  const report = look(undefined, START);
  assert.equal(report.state, "here");
  assert.equal(report.verdict, null);
  assert.deepEqual([report.way, report.roundTripMs], ["udp", 40]);
  assert.equal(report.sending.bitrateBps, null);
});

test("report: rates and losses since the look before", () => {
  const { sending, receiving } = look(
    START,
    connection({ up: { ...UP, packets_lost: 1 }, down: { ...DOWN, packets_lost: 4 } }),
  );
  assert.deepEqual([sending.bitrateBps, receiving.bitrateBps], [200_000, 1_000_000]);
  assert.equal(sending.lossShare, 1 / 101);
  assert.equal(receiving.lossShare, 0.04);
});

for (const [what, now, grade, side] of [
  ["nothing lost", { up: UP, down: DOWN }, "good", null],
  ["lost on the way here", { up: { ...UP, packets_lost: 6 }, down: DOWN }, "weak", "sending"],
  ["lost on the way there", { up: UP, down: { ...DOWN, packets_lost: 6 } }, "weak", "receiving"],
  ["much lost", { up: UP, down: { ...DOWN, packets_lost: 30 } }, "bad", "receiving"],
  [
    "both ways",
    { up: { ...UP, packets_lost: 30 }, down: { ...DOWN, packets_lost: 6 } },
    "bad",
    "both",
  ],
  ["nothing comes", { down: DOWN }, "silent", "sending"],
  ["far away", { up: UP, down: DOWN, subscribe: { round_trip_ms: 500 } }, "weak", "receiving"],
  ["thin", { up: UP, down: DOWN, subscribe: { estimate_bps: 200_000 } }, "weak", "receiving"],
  ["very thin", { up: UP, down: DOWN, subscribe: { estimate_bps: 50_000 } }, "bad", "receiving"],
  [
    "not measured",
    { up: UP, down: DOWN, subscribe: { estimate_bps: 5, estimate_source: "none" } },
    "good",
    null,
  ],
]) {
  test(`report: ${what}`, () => {
    const { subscribe, ...counters } = now;
    const whole = connection(counters);
    Object.assign(whole.stats.subscribe, subscribe);
    assert.deepEqual(look(START, whole).verdict, { grade, side });
  });
}

test("report: a thin line is no fault of who receives no picture", () => {
  const now = connection({ up: UP, down: DOWN, subscribe: { estimate_bps: 50_000 } });
  now.stats.subscribe.tracks[0] = { ...DOWN, kind: "audio", packets_lost: 0, jitter_ms: 5 };
  assert.equal(look(START, now).verdict.grade, "good");
});

test("report: a transport made anew begins to be measured anew", () => {
  const { sending } = look(connection({ up: UP }), connection({ up: { packets: 3 }, down: DOWN }));
  assert.deepEqual([sending.level, sending.bitrateBps], [null, null]);
});

for (const [more, state] of [
  [{ state: "closed" }, "gone"],
  [{ state: "waiting", stats: null, transports: {} }, "waiting"],
  [{ state: "lost" }, "interrupted"],
  [{ transports: { publish: "connected", subscribe: "failed" } }, "interrupted"],
  [{ transports: { publish: "disconnected" } }, "interrupted"],
  [{ transports: { publish: "connecting" } }, "arriving"],
  [{ state: "entering", transports: {} }, "arriving"],
]) {
  test(`report: ${JSON.stringify(more)} is ${state}`, () => {
    const report = look(START, connection({ up: UP, down: DOWN, more }));
    assert.deepEqual([report.state, report.verdict], [state, null]);
  });
}

for (const [relayed, ways, expected] of [
  [true, ["udp", "udp"], "relay"],
  [false, ["tcp", "tcp"], "tcp"],
  [null, [null, "udp"], "udp"],
  [null, [null, null], null],
]) {
  test(`report: relayed ${relayed}, seen by ${ways}`, () => {
    const now = connection({ publish: { way: ways[0] }, subscribe: { way: ways[1] } });
    now.status.relayed = relayed;
    assert.equal(look(START, now).way, expected);
  });
}

test("report: pictures that are sent, and what is got of the others'", () => {
  const { sending, receiving } = look(START, connection({ up: UP, down: DOWN }));
  assert.deepEqual(sending.pictures, [
    { source: "camera", codec: "VP8", sizes: ["640 × 360", "320 × 180"] },
  ]);
  assert.deepEqual(receiving.pictures, [{ from: "bea", size: "320 × 180", largest: "640 × 360" }]);
});

test("report: a layer inside a stream, and a picture that is held back", () => {
  const inside = [
    { spatial: 0, temporal: 2, width: 320, height: 180 },
    { spatial: 1, temporal: 2, width: 640, height: 360 },
  ];
  const bea = connection({ id: "bea" });
  bea.stats.publish.tracks[1].encodings = [encoding({ width: 640, height: 360, layers: inside })];
  const stream_layer = { spatial: 0, temporal: 2 };
  const now = connection({ up: UP, down: { ...DOWN, layer: null, stream_layer } });
  assert.deepEqual(connectionReport(START, now, 2000, [now, bea]).receiving.pictures, [
    { from: "bea", size: "320 × 180", largest: "640 × 360" },
  ]);
  const held = connection({ up: UP, down: { ...DOWN, started: false } });
  assert.equal(look(START, held).receiving.pictures[0].size, "");
});
