import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Wishes } from "../../web/client/wishes.js";

const settle = async () => {
  mock.timers.tick(300);
  await Promise.resolve();
  await Promise.resolve();
};

test("only what has changed is told, once a window has come to rest", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const sent = [];
  const wishes = new Wishes(async (tracks) => sent.push(tracks));
  const small = { width: 200, height: 100, pinned: false };
  wishes.set(new Map([["a", small]]));
  wishes.set(
    new Map([
      ["a", { ...small, width: 210 }],
      ["b", small],
    ]),
  );
  await settle();
  assert.deepEqual(sent, [
    [
      { track_id: "a", width: 224, height: 128, pinned: false },
      { track_id: "b", width: 224, height: 128, pinned: false },
    ],
  ]);
  wishes.set(
    new Map([
      ["a", small],
      ["b", { ...small, pinned: true }],
    ]),
  );
  await settle();
  assert.deepEqual(sent[1], [{ track_id: "b", width: 224, height: 128, pinned: true }]);
  mock.timers.reset();
});

test("what could not be told, and what a new connection does not know, is told again", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  let refuse = true;
  const sent = [];
  const wishes = new Wishes(async (tracks) => {
    if (refuse) throw new Error("not joined");
    sent.push(tracks.length);
  });
  const wanted = new Map([["a", { width: 64, height: 64, pinned: false }]]);
  wishes.set(wanted);
  await settle();
  refuse = false;
  wishes.set(wanted);
  await settle();
  wishes.forget();
  wishes.set(wanted);
  await settle();
  assert.deepEqual(sent, [1, 1]);
  mock.timers.reset();
});
