import assert from "node:assert/strict";
import test from "node:test";
import { TrackMap } from "../../web/client/track_map.js";

const track = (mid, track_id, connection_id = "c1", more = {}) => ({
  mid,
  track_id,
  connection_id,
  kind: "video",
  source: "camera",
  muted: false,
  ...more,
});
const ids = (tracks) => tracks.map(({ mid, track_id }) => `${mid}:${track_id}`);

for (const [name, before, after, ended, started] of [
  ["first tracks", [], [track("0", "a"), track("1", "b")], [], ["0:a", "1:b"]],
  ["the same again", [track("0", "a")], [track("0", "a")], [], []],
  ["one more", [track("0", "a")], [track("0", "a"), track("1", "b")], [], ["1:b"]],
  ["one less", [track("0", "a"), track("1", "b")], [track("1", "b")], ["0:a"], []],
  ["a section reused", [track("0", "a")], [track("0", "z")], ["0:a"], ["0:z"]],
  ["reused by another person", [track("0", "a", "c1")], [track("0", "a", "c2")], ["0:a"], ["0:a"]],
  ["moved to another section", [track("0", "a")], [track("3", "a")], ["0:a"], ["3:a"]],
  ["only muted", [track("0", "a")], [track("0", "a", "c1", { muted: true })], [], []],
]) {
  test(`tracks: ${name}`, () => {
    const map = new TrackMap();
    map.update(before);
    const change = map.update(after);
    assert.deepEqual([ids(change.ended), ids(change.started)], [ended, started]);
    assert.deepEqual(map.all(), after);
  });
}

test("tracks: a section says whose it is now", () => {
  const map = new TrackMap();
  map.update([track("0", "a", "c1")]);
  map.update([track("0", "b", "c2")]);
  assert.equal(map.get("0")?.connection_id, "c2");
  assert.equal(map.get("1"), undefined);
});
