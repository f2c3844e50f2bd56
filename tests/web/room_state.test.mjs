import assert from "node:assert/strict";
import test from "node:test";
import { RoomState } from "../../web/client/room_state.js";

const person = (id, more = {}) => ({
  participant_id: id,
  name: id.toUpperCase(),
  role: "participant",
  state: "in_call",
  hand_raised: false,
  ...more,
});
const peer = (connection_id, participant, tracks = []) => ({ connection_id, participant, tracks });
const camera = { track_id: "t1", kind: "video", source: "camera", muted: false };

function room(peers = []) {
  const state = new RoomState();
  state.reset({
    state: "in_call",
    connection_id: "mine",
    participant: person("me", { role: "host" }),
    session: { session_name: "S", expires_at: "2030-01-01T00:00:00Z", locked: false },
    peers,
    waiting: [],
    chat: [],
    ice_servers: [],
  });
  return state;
}

test("people come, change their tracks and go", () => {
  const state = room();
  state.apply({ type: "peer_joined", peer: peer("c1", person("anna")) });
  state.apply({ type: "peer_tracks", connection_id: "c1", tracks: [camera] });
  assert.deepEqual(state.track("c1", "camera"), camera);
  state.apply({ type: "track_muted", connection_id: "c1", track_id: "t1", muted: true });
  assert.equal(state.track("c1", "camera").muted, true);
  state.apply({ type: "peer_left", connection_id: "c1", participant_id: "anna", reason: "left" });
  assert.equal(state.peers.size, 0);
});

test("an interrupted line shows at once to those who come, and as it changes", () => {
  const state = room([{ ...peer("c1", person("anna")), transports: { publish: "disconnected" } }]);
  const change = (transport, now) =>
    state.apply({ type: "transport_state", connection_id: "c1", transport, state: now });
  assert.equal(state.trouble("c1"), "reconnecting");
  change("publish", "failed");
  assert.equal(state.trouble("c1"), "lost");
  change("publish", "connected");
  assert.equal(state.trouble("c1"), "");
  change("subscribe", "disconnected");
  assert.equal(state.trouble("c1"), "reconnecting");
  change("subscribe", "connected");
  state.apply({ type: "participant_updated", participant: person("anna", { state: "away" }) });
  assert.equal(state.trouble("c1"), "reconnecting");
  assert.equal(state.trouble("nobody"), "");
});

test("a picture that cannot be decoded is told of until another track is there", () => {
  const state = room([peer("c1", person("anna"), [camera]), peer("c2", person("ben"))]);
  const told = { type: "track_undecodable", connection_id: "c1", codec: "H264", asked: true };
  state.apply({ ...told, track_id: "t1" });
  assert.equal(state.unseen("c1", "camera").codec, "H264");
  assert.equal(state.unseen("c2", "camera"), undefined);
  state.apply({ type: "peer_tracks", connection_id: "c2", tracks: [] });
  assert.equal(state.unseen("c1", "camera").asked, true);
  const switched = [{ ...camera, track_id: "t2" }];
  state.apply({ type: "peer_tracks", connection_id: "c1", tracks: switched });
  assert.equal(state.unseen("c1", "camera"), undefined);
  state.apply({ ...told, track_id: "t2" });
  state.apply({ type: "peer_left", connection_id: "c1", participant_id: "anna", reason: "left" });
  assert.equal(state.undecodable.size, 0);
});

test("one person in two windows is one person with two connections", () => {
  const state = room([peer("c1", person("anna")), peer("c2", person("anna"))]);
  state.apply({ type: "peer_joined", peer: peer("c3", person("me", { role: "host" })) });
  const people = state.people();
  assert.deepEqual(
    people.map(({ participant, peers, isMe }) => [participant.participant_id, peers.length, isMe]),
    [
      ["me", 1, true],
      ["anna", 2, false],
    ],
  );
});

test("a person's changes reach each of their connections, and oneself", () => {
  const state = room([peer("c1", person("anna")), peer("c2", person("anna"))]);
  const raised = person("anna", { hand_raised: true });
  state.apply({ type: "participant_updated", participant: raised });
  assert.ok([...state.peers.values()].every((one) => one.participant.hand_raised));
  state.apply({ type: "participant_updated", participant: person("me") });
  assert.equal(state.me.role, "participant");
});

test("messages about connections that are not there change nothing", () => {
  const state = room();
  state.apply({ type: "peer_tracks", connection_id: "x", tracks: [camera] });
  state.apply({ type: "track_muted", connection_id: "x", track_id: "t1", muted: true });
  state.apply({ type: "peer_left", connection_id: "x", participant_id: "x", reason: "lost" });
  state.apply({ type: "no_such_type" });
  assert.equal(state.peers.size, 0);
});

test("chat is in order, without doubles, and bounded", () => {
  const state = room();
  const say = (message_id) => state.apply({ type: "chat", message: { message_id, text: "x" } });
  say("1");
  say("1");
  assert.equal(state.chat.length, 1);
  for (let number = 2; number <= 700; number += 1) say(`${number}`);
  assert.equal(state.chat.length, 500);
  assert.equal(state.chat.at(-1).message_id, "700");
});

test("the session's changes and its new end are kept", () => {
  const state = room();
  state.apply({ type: "session_updated", session: { ...state.session, locked: true } });
  state.apply({ type: "expiry_warning", expires_at: "2030-01-01T00:05:00Z" });
  assert.equal(state.session.locked, true);
  assert.equal(state.session.expires_at, "2030-01-01T00:05:00Z");
});
