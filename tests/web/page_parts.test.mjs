import assert from "node:assert/strict";
import test from "node:test";
import { RodaError } from "../../web/client/errors.js";
import { deviceError } from "../../web/client/media.js";
import { Timeline } from "../../web/client/timeline.js";
import { gridShape } from "../../web/ui/call/grid.js";
import { shortcutOf } from "../../web/ui/call/shortcuts.js";
import { joinDuration, timelineText } from "../../web/ui/call/timeline_view.js";
import { momentText } from "../../web/ui/moments.js";
import { errorWords } from "../../web/ui/error_words.js";
import { translator } from "../../web/ui/i18n.js";
import { loudness } from "../../web/ui/level_meter.js";
import { MemoryStorage, Preferences, storageOrMemory } from "../../web/ui/preferences.js";

for (const [count, width, height, columns, rows] of [
  [1, 1280, 720, 1, 1],
  [2, 1280, 720, 2, 1],
  [2, 390, 700, 1, 2],
  [4, 1280, 720, 2, 2],
  [5, 1280, 720, 3, 2],
  [9, 1280, 720, 3, 3],
  [6, 390, 700, 2, 3],
  [16, 1280, 720, 4, 4],
]) {
  test(`${count} tiles in ${width}×${height} are ${columns}×${rows}`, () => {
    const shape = gridShape(count, width, height, 12);
    assert.deepEqual([shape.columns, shape.rows], [columns, rows]);
    assert.ok(shape.width * columns + 12 * (columns - 1) <= width);
    assert.ok(shape.height * rows + 12 * (rows - 1) <= height);
    const aspect = shape.width / shape.height;
    assert.ok(aspect > 0.74 && aspect < 1.79, `${aspect}`);
  });
}

test("tiles in no room at all have no size, and no exception", () => {
  assert.deepEqual(gridShape(3, 0, 0, 12), { columns: 1, rows: 3, width: 0, height: 0 });
});

const key = (more) => ({
  key: "m",
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  repeat: false,
  ...more,
});
for (const [name, event, typing, action] of [
  ["M", key(), false, "microphone"],
  ["shift V", key({ key: "V" }), false, "camera"],
  ["while typing", key(), true, null],
  ["a browser's own", key({ ctrlKey: true }), false, null],
  ["held down", key({ repeat: true }), false, null],
  ["another key", key({ key: "x" }), false, null],
]) {
  test(`shortcut: ${name}`, () => assert.equal(shortcutOf(event, typing), action));
}

for (const [name, message, code] of [
  ["NotAllowedError", "Permission denied", "device_denied"],
  ["NotAllowedError", "Permission denied by system", "device_blocked_by_system"],
  ["NotFoundError", "", "device_missing"],
  ["OverconstrainedError", "", "device_missing"],
  ["NotReadableError", "", "device_busy"],
  ["SecurityError", "", "device_insecure"],
  ["SomethingNew", "", "device_failed"],
]) {
  test(`device: ${name} ${message} is ${code}, and worded in each language`, () => {
    const error = deviceError(new DOMException(message, name));
    assert.equal(error.code, code);
    for (const language of /** @type {const} */ (["en", "pt-BR", "es"])) {
      const words = errorWords(error, translator(language));
      assert.notEqual(words.message, translator(language)("error.failed"));
      assert.ok(words.remedy);
    }
  });
}

test("the server's words go before the page's", () => {
  const error = new RodaError("server_unreachable", { message: "A", remedy: "B" });
  assert.deepEqual(errorWords(error, translator("en")), { message: "A", remedy: "B" });
  assert.equal(errorWords(new TypeError("x"), translator("en")).message, "Something went wrong.");
});

for (const [samples, expected] of [
  [[0, 0, 0], 0],
  [[1, -1, 1, -1], 1],
  [[0.1, -0.1], 0.667],
  [[0.0001], 0],
  [[], 0],
]) {
  test(`loudness of ${samples} is ${expected}`, () => {
    assert.ok(Math.abs(loudness(samples) - expected) < 0.001);
  });
}

test("preferences are kept, and forgotten when emptied", () => {
  const preferences = new Preferences(new MemoryStorage());
  assert.equal(preferences.get("name"), "");
  preferences.set("name", "Ana");
  assert.equal(preferences.get("name"), "Ana");
  preferences.set("name", "");
  assert.equal(preferences.get("name"), "");
});

test("a browser that forbids storage is given memory", () => {
  const storage = storageOrMemory(() => {
    throw new DOMException("no", "SecurityError");
  });
  storage.setItem("a", "1");
  assert.equal(storage.getItem("a"), "1");
});

const steps = (...list) =>
  list.map(([step, at_ms, more = {}]) => ({
    step,
    at_ms,
    source: "client",
    outcome: "ok",
    detail: "",
    ...more,
  }));
for (const [name, entries, duration] of [
  [
    "to the first picture",
    steps(
      ["join_clicked", 100],
      ["subscribe_offered", 300],
      ["publish_connected", 350],
      ["first_remote_frame", 700],
    ),
    600,
  ],
  ["alone: until it is sent", steps(["join_clicked", 100], ["publish_connected", 350]), 250],
  [
    "others came later",
    steps(
      ["join_clicked", 100],
      ["publish_connected", 350],
      ["subscribe_offered", 9000],
      ["first_remote_frame", 9500],
    ),
    250,
  ],
  [
    "from the admission on",
    steps(
      ["join_clicked", 0],
      ["admitted", 60_000],
      ["subscribe_offered", 60_100],
      ["publish_connected", 60_200],
      ["first_remote_frame", 60_400],
    ),
    400,
  ],
  ["not through yet", steps(["join_clicked", 100], ["subscribe_offered", 300]), null],
  [
    "the server's steps do not count",
    steps(["join_clicked", 100], ["publish_connected", 300, { source: "server" }]),
    null,
  ],
]) {
  test(`join duration: ${name}`, () => assert.equal(joinDuration(entries), duration));
}

test("the timeline for support has one step a line, from the click on", () => {
  const entries = steps(
    ["page_opened", 900],
    ["join_clicked", 1000],
    ["registered", 1050.6, { outcome: "failed", detail: "x" }],
  );
  assert.equal(
    timelineText(entries),
    "-100 ms\tclient\tpage_opened\tok\n0 ms\tclient\tjoin_clicked\tok\n51 ms\tclient\tregistered\tfailed\tx",
  );
});

test("a timeline sorts, forgets doubles, and tells each own step once", () => {
  const told = [];
  const timeline = new Timeline((entry) => told.push(entry.step));
  timeline.add("joined", 200);
  const server = { step: "registered", at_ms: 100, source: "server", outcome: "ok", detail: "" };
  timeline.receive(server);
  timeline.receive(server);
  assert.deepEqual(
    timeline.entries.map((entry) => entry.step),
    ["registered", "joined"],
  );
  assert.deepEqual(told, ["joined", "registered"]);
  assert.deepEqual(
    timeline.takeUntold().map((entry) => entry.step),
    ["joined"],
  );
  assert.deepEqual(timeline.takeUntold(), []);
});

test("times of today need no date, others have it", () => {
  const now = new Date(2030, 4, 6, 12);
  assert.equal(momentText("pt-BR", new Date(2030, 4, 6, 15, 30).toISOString(), now), "15:30");
  const later = momentText("pt-BR", new Date(2030, 4, 7, 15, 30).toISOString(), now);
  assert.match(later, /7 de mai.* 15:30/);
});
