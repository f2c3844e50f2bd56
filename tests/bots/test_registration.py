"""Registration against a real HTTP server that answers well, and badly."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bots.errors import BotError
from bots.links import ShareLink
from bots.registration import MAX_ANSWER_BYTES, register

TOKEN = "session-token-that-stays-secret"
GOOD: dict[str, Any] = {
    "participant": {"id": "p1", "session_id": "s1", "user_id": None, "role": "participant"},
    "connect_token": "connect-token-that-stays-secret",
    "signaling_url": "/ws",
    "ice_servers": [{"urls": ["turn:h:1"], "username": "u", "credential": "c"}],
    "something_new": True,
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[ShareLink]:
    app = web.Application()
    app.router.add_post("/api/v1/sessions/by-token/{token}/participants", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield ShareLink(f"http://127.0.0.1:{runner.addresses[0][1]}", TOKEN)
    finally:
        await runner.cleanup()


def answering(status: int, body: Any) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        if isinstance(body, bytes):
            return web.Response(status=status, body=body)
        return web.json_response(body, status=status)

    return handler


@pytest.mark.parametrize("status", [200, 201])
async def test_a_seat(status: int) -> None:
    async with server(answering(status, GOOD)) as link, aiohttp.ClientSession() as http:
        seat = await register(http, link, "Ana")
    assert (seat.participant_id, seat.session_id, seat.signaling_url) == ("p1", "s1", "/ws")
    assert seat.connect_token == GOOD["connect_token"]
    assert seat.ice_servers[0].urls == ["turn:h:1"]
    assert GOOD["connect_token"] not in repr(seat)


async def test_name_and_bearer_are_sent() -> None:
    seen: list[tuple[str | None, Any]] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append((request.headers.get("Authorization"), await request.json()))
        return web.json_response(GOOD)

    async with server(handler) as link, aiohttp.ClientSession() as http:
        await register(http, link, "Ana")
        await register(http, link, "Rui", "log-in")
    assert seen == [
        (None, {"participant_name": "Ana"}),
        ("Bearer log-in", {"participant_name": "Rui"}),
    ]


ERROR = {"error": {"code": "session_expired", "message": "It is over.", "remedy": "Ask the host."}}
REFUSALS = [
    (410, ERROR, "session_expired"),
    (500, b"<html>oops", "answer_invalid"),
    (404, {"error": "not found"}, "answer_invalid"),
    (302, b"", "answer_invalid"),
    (200, b"", "answer_invalid"),
    (200, {**GOOD, "connect_token": ""}, "answer_invalid"),
    (200, {**GOOD, "participant": None}, "answer_invalid"),
    (200, {**GOOD, "ice_servers": [{"urls": 3}]}, "answer_invalid"),
    (200, b" " * (MAX_ANSWER_BYTES * 3), "answer_invalid"),
]


@pytest.mark.parametrize(("status", "body", "code"), REFUSALS)
async def test_refusals(status: int, body: Any, code: str) -> None:
    async with server(answering(status, body)) as link, aiohttp.ClientSession() as http:
        with pytest.raises(BotError) as caught:
            await register(http, link, "Ana")
    assert caught.value.code == code
    assert TOKEN not in str(caught.value)
    if code == "session_expired":
        assert (caught.value.message, caught.value.remedy) == ("It is over.", "Ask the host.")


async def test_nobody_there() -> None:
    async with server(answering(200, GOOD)) as link:
        pass
    async with aiohttp.ClientSession() as http:
        with pytest.raises(BotError, match="server_unreachable") as caught:
            await register(http, link, "Ana")
    assert TOKEN not in str(caught.value)
