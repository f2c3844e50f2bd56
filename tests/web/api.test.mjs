import assert from "node:assert/strict";
import test from "node:test";
import { RodaApi } from "../../web/api.js";

function answering(status, body, calls = []) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return async (url, options) => {
    calls.push([options.method, url, options.body, options.headers["Accept-Language"]]);
    return new Response(status === 204 ? null : text, { status });
  };
}

test("calls go to the API in the page's language", async () => {
  const calls = [];
  const api = new RodaApi({
    baseUrl: "https://a/",
    language: "es",
    fetch: answering(200, {}, calls),
  });
  await api.register("to/ken", "Ana");
  await api.extendSession("id", 30);
  assert.deepEqual(calls, [
    [
      "POST",
      "https://a/api/v1/sessions/by-token/to%2Fken/participants",
      '{"participant_name":"Ana"}',
      "es",
    ],
    ["POST", "https://a/api/v1/sessions/id/extend", '{"minutes":30}', "es"],
  ]);
});

const refusal = { error: { code: "session_expired", message: "Over.", remedy: "Ask for a link." } };
for (const [name, status, body, expected] of [
  [
    "the server's words",
    410,
    refusal,
    { code: "session_expired", remedy: "Ask for a link.", status: 410 },
  ],
  ["a proxy's page", 502, "<html>", { code: "answer_not_json", status: 502 }],
  ["an error of another form", 500, { error: "boom" }, { code: "server_error", message: "" }],
  ["nothing", 503, "", { code: "server_error", status: 503 }],
]) {
  test(`refused with ${name}`, async () => {
    await assert.rejects(
      new RodaApi({ fetch: answering(status, body) }).previewSession("t"),
      expected,
    );
  });
}

test("a server that is not there", async () => {
  const fetch = async () => {
    throw new TypeError("fetch failed");
  };
  await assert.rejects(new RodaApi({ fetch }).me(), { code: "server_unreachable", status: 0 });
});

test("nobody logged in is asked for without an error", async () => {
  const calls = [];
  const api = new RodaApi({ fetch: answering(200, { profile: null }, calls) });
  assert.equal(await api.me(), null);
  assert.deepEqual(calls[0].slice(0, 2), ["GET", "/api/v1/me?optional=true"]);
});

test("a status is changed by the row's id", async () => {
  const calls = [];
  const api = new RodaApi({ fetch: answering(200, {}, calls) });
  await api.setInquiryStatus("a/b", "closed");
  await api.setPlanStatus("c", "active");
  assert.deepEqual(
    calls.map((call) => call.slice(0, 3)),
    [
      ["PATCH", "/api/v1/patient-inquiries/a%2Fb", '{"status":"closed"}'],
      ["PATCH", "/api/v1/treatment-plans/c", '{"status":"active"}'],
    ],
  );
});

test("an answer without a body", async () => {
  await new RodaApi({ fetch: answering(204, "") }).logout();
});
