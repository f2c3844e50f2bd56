"""Whatever a client sends, it gets a documented error and nobody else notices."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aiohttp import WSMsgType

from signaling.errors import STATUSES
from signaling.protocol import MAX_MESSAGE_BYTES
from tests.support.live_world import LiveServer, WsClient, live_server

BAD_MESSAGES = [
    ("not json", "message_not_json", None),
    ("", "message_not_json", None),
    ("[]", "message_not_json", None),
    ("null", "message_not_json", None),
    ("[" * 100_000, "message_not_json", None),
    ('{"id": 1}', "message_unknown_type", 1),
    ('{"id": 1, "type": "dance"}', "message_unknown_type", 1),
    ('{"id": 1, "type": 5}', "message_unknown_type", 1),
    ('{"id": 1, "type": null}', "message_unknown_type", 1),
    ('{"type": "join"}', "message_invalid", None),
    ('{"id": -1, "type": "join"}', "message_invalid", -1),
    ('{"id": 1, "type": "join", "role": "host"}', "message_invalid", 1),
    ('{"id": 2, "type": "set_muted", "track_id": "a b", "muted": true}', "message_invalid", 2),
    ('{"id": 2, "type": "set_muted", "track_id": "a"}', "message_invalid", 2),
    ('{"id": 3, "type": "chat", "text": ""}', "message_invalid", 3),
    (json.dumps({"id": 3, "type": "chat", "text": "x" * 2001}), "message_invalid", 3),
    ('{"id": 4, "type": "publish_offer", "sdp": ""}', "message_invalid", 4),
    (json.dumps({"id": 4, "type": "publish_offer", "sdp": "x" * 131_073}), "message_invalid", 4),
    (
        json.dumps(
            {
                "id": 5,
                "type": "publish_offer",
                "sdp": "x",
                "tracks": [{"mid": "0", "source": "camera"}] * 17,
            }
        ),
        "message_invalid",
        5,
    ),
    ('{"id": 5, "type": "timeline", "step": "x", "at_ms": NaN}', "message_invalid", 5),
    ('{"id": 5, "type": "timeline", "step": "x", "at_ms": 1e999}', "message_invalid", 5),
    ('{"id": 5, "type": "chat", "text": "\\ud800"}', "message_invalid", 5),
    ('{"id": "\\ud800", "type": "dance"}', "message_unknown_type", None),
    ('{"id": "\\ud800", "type": "join"}', "message_invalid", None),
    (json.dumps({"id": 10**30, "type": "join"}), "message_invalid", None),
    ('{"id": 6, "type": "admit", "participant_id": "../../x"}', "message_invalid", 6),
]


async def two_in_a_call(server: LiveServer) -> tuple[WsClient, WsClient]:
    server.books.add_session()
    host, _ = await server.join(server.books.add_seat("host"))
    bad, _ = await server.join(server.books.add_seat("bad"))
    await host.hear("peer_joined")
    return host, bad


async def still_talking(host: WsClient, other: WsClient) -> None:
    assert (await host.ask("chat", text="still here?"))["type"] == "ok"
    await other.hear("chat")


async def test_bad_messages_are_answered_and_the_connection_goes_on() -> None:
    async with live_server() as server:
        host, bad = await two_in_a_call(server)
        for text, code, request_id in BAD_MESSAGES:
            await bad.ws.send_str(text)
            answer = await bad.hear("error")
            assert (answer["error"]["code"], answer["id"]) == (code, request_id), text[:100]
            assert answer["error"]["message"]
            assert answer["error"]["remedy"]
        await bad.ws.send_bytes(b"\x00\xff")
        assert (await bad.hear("error"))["error"]["code"] == "message_not_json"
        await still_talking(host, bad)
        assert host.heard_types() <= {"timeline", "chat"}


@pytest.mark.parametrize("size", [MAX_MESSAGE_BYTES + 1, 1024 * 1024])
async def test_a_giant_message_is_refused_and_the_socket_closed(size: int) -> None:
    async with live_server() as server:
        host, bad = await two_in_a_call(server)
        await bad.ws.send_str("x" * size)
        assert (await bad.hear("error"))["error"]["code"] == "body_too_large"
        assert await bad.close_code() == 1009
        assert (await host.ask("chat", text="hello"))["type"] == "ok"


async def test_a_frame_beyond_everything_is_closed_at_once() -> None:
    async with live_server() as server:
        host, bad = await two_in_a_call(server)
        await bad.ws.send_str("x" * (8 * MAX_MESSAGE_BYTES + 1))
        assert await bad.close_code() in (1006, 1009)
        assert (await host.ask("chat", text="hello"))["type"] == "ok"


async def test_text_that_is_no_utf8_closes_that_socket_only() -> None:
    async with live_server() as server:
        host, bad = await two_in_a_call(server)
        await bad.ws._writer.send_frame(b"\xff\xfe", WSMsgType.TEXT)
        assert await bad.close_code() in (1006, 1007)
        assert (await host.ask("chat", text="hello"))["type"] == "ok"


async def test_a_flood_is_cut_off() -> None:
    async with live_server() as server:
        host, bad = await two_in_a_call(server)
        for _ in range(205):
            await bad.ws.send_str('{"id": 1, "type": "get_timeline"}')
        assert await bad.closed() == ("too_many_requests", STATUSES["too_many_requests"].websocket)
        assert (await host.ask("chat", text="hello"))["type"] == "ok"


async def test_the_media_servers_refusals_and_faults_are_answers() -> None:
    async with live_server() as server:
        host, bad = await two_in_a_call(server)
        rows = [
            (("publish_offer", {"sdp": "bad"}), "sdp_invalid"),
            (("publish_offer", {"sdp": "crash"}), "internal"),
            (("set_muted", {"track_id": "nobodys", "muted": True}), "track_unknown"),
        ]
        for (type_, fields), code in rows:
            answer = await bad.ask(type_, **fields)
            assert (answer["type"], answer["error"]["code"]) == ("error", code)
        assert (await bad.ask("publish_offer", sdp="fine"))["type"] == "ok"
        await still_talking(host, bad)


@pytest.mark.parametrize(
    ("type_", "fields"),
    [
        ("publish_offer", {"sdp": "o"}),
        ("subscribe_answer", {"offer_id": 1, "sdp": "a"}),
        ("ice_candidate", {"transport": "publish", "candidate": ""}),
        ("set_muted", {"track_id": "t", "muted": True}),
        ("get_stats", {}),
        ("chat", {"text": "hello"}),
        ("raise_hand", {"raised": True}),
        ("leave", {}),
        ("end_session", {}),
        ("admit", {"participant_id": "p"}),
        ("admit_all", {}),
        ("decline", {"participant_id": "p"}),
        ("send_back", {"participant_id": "p"}),
        ("remove_participant", {"participant_id": "p"}),
        ("mute_participant", {}),
        ("ask_to_unmute", {"participant_id": "p"}),
        ("lock_session", {"locked": True}),
        ("hand_over", {"participant_id": "p"}),
    ],
)
async def test_nothing_works_before_the_join(type_: str, fields: dict[str, Any]) -> None:
    async with live_server() as server:
        server.books.add_session()
        client = await server.connect(server.books.add_seat("host"))
        answer = await client.ask(type_, **fields)
        assert answer["error"]["code"] == "not_joined"
        assert (await client.ask("join"))["type"] == "ok"


REFUSED_TOKENS = [
    "connect_token_invalid",
    "connect_token_expired",
    "session_ended",
    "session_expired",
    "participant_removed",
    "participant_barred",
]


@pytest.mark.parametrize("code", REFUSED_TOKENS)
async def test_refused_tokens_say_why(code: str) -> None:
    async with live_server() as server:
        server.books.refusals["token"] = code
        client = await server.connect("token", lang="es")
        assert await client.closed() == (code, STATUSES[code].websocket)


@pytest.mark.parametrize("token", ["", "x" * 5000, "../..", "\u0000", "' OR 1=1 --", "é"])
async def test_malformed_tokens_are_invalid(token: str) -> None:
    async with live_server() as server:
        client = await server.connect(token)
        assert (await client.closed())[0] == "connect_token_invalid"


async def test_a_plain_get_is_no_websocket() -> None:
    async with live_server() as server:
        answer = await server.get("/ws?token=x")
        assert answer == 400
