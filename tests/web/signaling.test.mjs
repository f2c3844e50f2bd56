import assert from "node:assert/strict";
import test from "node:test";
import { reconnectDelay, Reconnector } from "../../web/client/reconnector.js";
import { RodaError } from "../../web/client/errors.js";
import { Signaling, signalingAddress } from "../../web/client/signaling.js";
import { Clock } from "./clock.mjs";

/** The far end of a socket, in the test's hands. */
class Socket {
  static last;
  OPEN = 1;
  readyState = 0;
  sent = [];
  constructor(url) {
    this.url = url;
    Socket.last = this;
  }
  open() {
    this.readyState = 1;
    this.onopen();
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  say(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }
  close(code) {
    this.closedWith = code;
    this.lose(code);
  }
  lose(code) {
    this.readyState = 3;
    this.onclose({ code });
  }
}

function connected() {
  const seen = { notifications: [], faults: [], lost: [] };
  const signaling = new Signaling(
    {
      onOpen: () => undefined,
      onNotification: (message) => seen.notifications.push(message),
      onFault: (error) => seen.faults.push(error.code),
      onLost: (code) => seen.lost.push(code),
    },
    Socket,
  );
  signaling.connect("ws://x/ws");
  return { signaling, socket: Socket.last, seen };
}

test("requests made before the socket is open go out in order when it is", async () => {
  const { signaling, socket } = connected();
  const first = signaling.request("join", {});
  const second = signaling.request("chat", { text: "hi" });
  assert.deepEqual(socket.sent, []);
  socket.open();
  assert.deepEqual(
    socket.sent.map(({ type }) => type),
    ["join", "chat"],
  );
  socket.say({ type: "ok", id: socket.sent[1].id });
  socket.say({ type: "ok", id: socket.sent[0].id, state: "in_call" });
  assert.equal((await first).state, "in_call");
  await second;
});

test("a refusal carries the server's code, sentence and remedy", async () => {
  const { signaling, socket } = connected();
  socket.open();
  const asked = signaling.request("admit_all", {});
  const error = { code: "not_host", message: "Only the host", remedy: "Ask the host." };
  socket.say({ type: "error", id: socket.sent[0].id, error });
  await assert.rejects(asked, {
    code: "not_host",
    message: "Only the host",
    remedy: "Ask the host.",
  });
});

test("what answers no request is a notification or a fault", () => {
  const { socket, seen } = connected();
  socket.open();
  socket.say({ type: "peer_left", connection_id: "c" });
  socket.say({ type: "ok", id: 99 });
  socket.say({ type: "error", error: { code: "too_slow" } });
  assert.deepEqual([seen.notifications.length, seen.faults], [1, ["too_slow"]]);
});

test("a lost socket fails what is pending, and is told", async () => {
  const { signaling, socket, seen } = connected();
  socket.open();
  const asked = signaling.request("join", {});
  socket.lose(1006);
  await assert.rejects(asked, { code: "signaling_lost" });
  assert.deepEqual(seen.lost, [1006]);
  await assert.rejects(signaling.request("join", {}), { code: "signaling_lost" });
});

test("a socket closed on purpose is not lost, and says nothing more", async () => {
  const { signaling, socket, seen } = connected();
  socket.open();
  const asked = signaling.request("leave", {});
  signaling.close();
  await assert.rejects(asked, { code: "signaling_lost" });
  socket.say({ type: "peer_left", connection_id: "c" });
  assert.deepEqual([seen.lost, seen.notifications], [[], []]);
});

test("a request that is not answered in time closes the socket as lost", async (t) => {
  const clock = new Clock(t);
  const { signaling, socket, seen } = connected();
  socket.open();
  const asked = signaling.request("join", {});
  clock.pass(10_000);
  await assert.rejects(asked, { code: "request_timeout" });
  assert.deepEqual(seen.lost, [4900]);
});

test("a request may have a shorter limit, and the loss is told without awaiting the close", async (t) => {
  const clock = new Clock(t);
  const { signaling, socket, seen } = connected();
  socket.open();
  socket.lose = () => undefined; // a dead connection: no close event comes
  const asked = signaling.request("restart_ice", {}, 700);
  clock.pass(600);
  assert.deepEqual(seen.lost, []);
  clock.pass(100);
  await assert.rejects(asked, { code: "request_timeout" });
  assert.deepEqual([seen.lost, socket.closedWith], [[4900], 4900]);
});

test("a late time limit of an earlier socket does not touch the next", async (t) => {
  const clock = new Clock(t);
  const { signaling, socket, seen } = connected();
  socket.open();
  const asked = signaling.request("join", {});
  asked.catch(() => undefined);
  socket.lose(1006);
  signaling.connect("ws://x/ws");
  Socket.last.open();
  clock.pass(20_000);
  assert.deepEqual(seen.lost, [1006]);
});

const registration = { connect_token: "abc/+", signaling_url: "/ws", ice_servers: [] };
for (const [name, given, options, expected] of [
  [
    "relative to a secure page",
    registration,
    { base: "https://clinic.example/s/t", language: "es" },
    "wss://clinic.example/ws?token=abc%2F%2B&lang=es",
  ],
  [
    "given in full, with its token",
    { ...registration, signaling_url: "ws://127.0.0.1:9/ws?token=old" },
    { base: "http://a/", language: "en" },
    "ws://127.0.0.1:9/ws?token=abc%2F%2B&lang=en",
  ],
  [
    "taking up a connection again",
    registration,
    { base: "http://a/", language: "en", resume: "c_1" },
    "ws://a/ws?token=abc%2F%2B&lang=en&resume=c_1",
  ],
]) {
  test(`address: ${name}`, () => {
    assert.equal(signalingAddress(given, options), expected);
  });
}

for (const [failures, chance, delay] of [
  [0, 0.5, 500],
  [1, 0, 750],
  [2, 1, 2500],
  [14, 0.5, 2000],
  [20, 0.5, 8000],
]) {
  test(`attempt after ${failures} failures waits ${delay} ms`, () => {
    assert.equal(reconnectDelay(failures, chance), delay);
  });
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("reconnecting goes on through passing failures, and stops at one that stays", async (t) => {
  const clock = new Clock(t);
  const failures = ["server_unreachable", "signaling_lost", "session_ended"];
  const given = [];
  const reconnector = new Reconnector(
    async () => {
      throw new RodaError(failures.shift());
    },
    (error) => given.push(error.code),
  );
  reconnector.start();
  for (let step = 0; step < 3; step += 1) {
    clock.pass(10_000);
    await settled();
  }
  assert.deepEqual([failures, given], [[], ["session_ended"]]);
});

test("a change of network makes the next attempt at once", async (t) => {
  const clock = new Clock(t);
  let attempts = 0;
  const reconnector = new Reconnector(
    async () => {
      attempts += 1;
      throw new RodaError("server_unreachable");
    },
    () => assert.fail("gave up"),
  );
  reconnector.hurry();
  clock.pass(1000);
  assert.equal(attempts, 0);
  reconnector.start();
  clock.pass(0);
  await settled();
  reconnector.hurry();
  clock.pass(0);
  assert.equal(attempts, 2);
  reconnector.hurry(); // while the attempt is under way
  clock.pass(0);
  assert.equal(attempts, 2);
  await settled();
  reconnector.stop();
});

test("reconnecting ends with the first success, or when it is stopped", async (t) => {
  const clock = new Clock(t);
  let attempts = 0;
  const reconnector = new Reconnector(
    async () => void (attempts += 1),
    () => assert.fail("gave up"),
  );
  reconnector.start();
  clock.pass(60_000);
  await settled();
  clock.pass(60_000);
  assert.equal(attempts, 1);
  reconnector.start();
  reconnector.stop();
  clock.pass(60_000);
  assert.equal(attempts, 1);
});
