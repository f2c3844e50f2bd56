"""The WebSocket client against a real WebSocket server that plays a script."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from bots.errors import BotError
from bots.signaling import SignalingClient, parse_result
from signaling.protocol import (
    Closed,
    ExpiryWarning,
    Leave,
    Notification,
    ReportTimeline,
    SentBack,
)

Play = Callable[[web.WebSocketResponse], Awaitable[None]]
BODY = {"code": "session_ended", "message": "Over.", "remedy": "None."}


@asynccontextmanager
async def client(play: Play) -> AsyncIterator[tuple[SignalingClient, list[Notification]]]:
    async def handle(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await play(socket)
        return socket

    app = web.Application()
    app.router.add_get("/ws", handle)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    heard: list[Notification] = []
    async with aiohttp.ClientSession() as http:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/ws"
        connected = await SignalingClient.connect(http, url, heard.append)
        try:
            yield connected, heard
        finally:
            await connected.close()
            await runner.cleanup()


def leave(request_id: int) -> Leave:
    return Leave(id=request_id, type="leave")


async def echo(socket: web.WebSocketResponse) -> None:
    """Answers each request with its own fields, the second one first."""
    first = json.loads((await socket.receive()).data)
    second = json.loads((await socket.receive()).data)
    for request in (second, first):
        await socket.send_json({"type": "ok", "id": request["id"], "was": request["type"]})


async def test_answers_find_their_requests() -> None:
    def timeline(request_id: int) -> ReportTimeline:
        return ReportTimeline(id=request_id, type="timeline", step="x", at_ms=1)

    async with client(echo) as (signaling, _):
        one, two = await asyncio.gather(signaling.request(leave), signaling.request(timeline))
    assert parse_result(one) == {"was": "leave"}
    assert parse_result(two) == {"was": "timeline"}


async def test_a_refusal_carries_the_servers_words() -> None:
    async def refuse(socket: web.WebSocketResponse) -> None:
        request = json.loads((await socket.receive()).data)
        await socket.send_json({"type": "error", "id": request["id"], "error": BODY})
        await socket.receive()

    async with client(refuse) as (signaling, _):
        with pytest.raises(BotError) as caught:
            await signaling.request(leave)
    assert (caught.value.code, caught.value.message) == ("session_ended", "Over.")


async def test_notifications_in_order_and_rubbish_ignored() -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        await socket.send_json({"type": "sent_back"})
        for rubbish in ("", "[", "[]", "3", '{"type":"new_thing"}', '{"type":"ok"}', "[" * 9000):
            await socket.send_str(rubbish)
        await socket.send_json({"type": "ok", "id": 77})
        await socket.send_bytes(b"\x00")
        await socket.send_json({"type": "expiry_warning", "expires_at": "soon"})
        await socket.close()

    async with client(talk) as (signaling, heard):
        failure = await signaling.ended
    assert failure is None
    assert [type(note) for note in heard] == [SentBack, ExpiryWarning]
    assert signaling.ignored == 7


async def test_closed_says_why_and_fails_what_waits() -> None:
    async def end(socket: web.WebSocketResponse) -> None:
        await socket.receive()
        await socket.send_json({"type": "closed", "error": BODY})
        await socket.close(code=4021)

    async with client(end) as (signaling, heard):
        with pytest.raises(BotError, match="session_ended"):
            await signaling.request(leave)
        ended = await signaling.ended
        assert ended is not None
        assert ended.code == "session_ended"
        with pytest.raises(BotError, match="session_ended"):
            await signaling.request(leave)
    assert isinstance(heard[0], Closed)


async def test_a_socket_that_just_goes_away() -> None:
    async def vanish(socket: web.WebSocketResponse) -> None:
        await socket.receive()
        await socket.close()

    async with client(vanish) as (signaling, _):
        with pytest.raises(BotError, match="connection_closed"):
            await signaling.request(leave)


async def test_connecting_to_nothing_and_to_a_refusal() -> None:
    app = web.Application()
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/ws?token=secret"

    def ignore(note: Notification) -> None:
        raise AssertionError(note)

    async with aiohttp.ClientSession() as http:
        with pytest.raises(BotError, match="connect_refused") as caught:
            await SignalingClient.connect(http, url, ignore)
        assert "secret" not in str(caught.value)
        await runner.cleanup()
        with pytest.raises(BotError, match="server_unreachable"):
            await SignalingClient.connect(http, url, ignore)
