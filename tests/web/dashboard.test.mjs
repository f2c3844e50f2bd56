import assert from "node:assert/strict";
import test from "node:test";
import { choices, INQUIRIES, otherPerson, PLANS } from "../../web/ui/dashboard/care_kinds.js";
import { auditWords, namesOf } from "../../web/ui/dashboard/history_words.js";
import { tokenOfLink } from "../../web/ui/dashboard/link_token.js";
import { isRunning, overState, overWords, spanText } from "../../web/ui/dashboard/session_words.js";
import { translator } from "../../web/ui/i18n.js";

const t = translator("en");
const session = (more) => ({
  is_active: false,
  state: "ended",
  end_reason: "host",
  created_at: "2030-05-06T14:00:00Z",
  ended_at: "2030-05-06T14:50:00Z",
  expires_at: "2030-05-06T15:00:00Z",
  ...more,
});

for (const [more, state, words] of [
  [{}, "Ended", "Ended by the host"],
  [{ end_reason: "operator" }, "Ended", "Ended by the operator"],
  [{ end_reason: "empty" }, "Ended", "Closed when nobody was left"],
  [{ end_reason: "expired", state: "expired" }, "Expired", "Its time was over"],
  [{ end_reason: null, ended_at: null, state: "expired" }, "Expired", "Its time was over"],
]) {
  test(`a past session is ${state}: ${words}`, () => {
    assert.equal(overState(t, session(more)), state);
    assert.equal(overWords(t, session(more)), words);
  });
}

test("a session runs until its time is over, also before the server says so", () => {
  const open = session({ is_active: true, state: "active" });
  const end = Date.parse(open.expires_at);
  assert.equal(isRunning(open, end - 1), true);
  assert.equal(isRunning(open, end), false);
  assert.equal(isRunning(session({}), end - 1), false);
});

test("when a session was names its day once, and bears a clock that went backwards", () => {
  assert.equal(spanText("en", session({})).match(/2030/g).length, 1);
  assert.ok(spanText("en", session({ ended_at: "2030-05-06T13:00:00Z" })).includes("2030"));
});

const names = namesOf({ therapist_id: "t", host_name: "Rafael" }, [
  { id: "1", user_id: null, participant_name: "Ana" },
  { id: "2", user_id: "p", participant_name: "Pedro" },
]);
const event = (name, more = {}) => ({
  event: name,
  actor_id: "t",
  participant_id: null,
  detail: "",
  ...more,
});
for (const [one, words] of [
  [event("session_created"), "Rafael started the session"],
  [event("session_extended", { detail: "30" }), "Rafael extended the session by 30 minutes"],
  [event("session_ended", { detail: "host" }), "Rafael ended the session"],
  [
    event("session_ended", { detail: "empty", actor_id: null }),
    "The session closed, as nobody was left",
  ],
  [event("participant_admitted", { participant_id: "1" }), "Rafael admitted Ana"],
  [
    event("participant_removed", { participant_id: "1", detail: "waiting" }),
    "Rafael did not let Ana in",
  ],
  [event("participant_left", { actor_id: "p", participant_id: "2" }), "Pedro left"],
  [event("participant_left", { actor_id: null, participant_id: "gone" }), "Someone left"],
  [event("something_new"), "something_new"],
]) {
  test(`history: ${words}`, () => assert.equal(auditWords(t, one, names), words));
}

const TOKEN = "4gxsz6n0ITpSq95Gtvets9xrmbMA4EsE";
for (const [text, token] of [
  [`https://video.example.org/s/${TOKEN}`, TOKEN],
  [`Olá! https://video.example.org/s/${TOKEN}/ até já`, TOKEN],
  [`/s/${TOKEN}#key`, TOKEN],
  [` ${TOKEN}\n`, TOKEN],
  ["https://video.example.org/", null],
  ["hello", null],
  ["", null],
  [`/s/${"x".repeat(65)}`, null],
]) {
  test(`pasted: ${JSON.stringify(text).slice(0, 60)}`, () => {
    assert.equal(tokenOfLink(text), token);
  });
}

const people = { therapist: { id: "t" }, patient: { id: "p" } };
for (const [kind, status, me, expected] of [
  [INQUIRIES, "open", "t", ["open", "answered", "closed"]],
  [INQUIRIES, "open", "p", ["open", "closed"]],
  [INQUIRIES, "answered", "p", ["open", "answered", "closed"]],
  [PLANS, "draft", "t", ["draft", "active", "completed", "cancelled"]],
  [PLANS, "draft", "p", []],
]) {
  test(`${me} may make ${kind.name} that are ${status}: ${expected}`, () => {
    assert.deepEqual(choices(kind, { ...people, status }, me), expected);
  });
}

test("each of the two sees the other", () => {
  assert.equal(otherPerson(people, "t"), people.patient);
  assert.equal(otherPerson(people, "p"), people.therapist);
});
