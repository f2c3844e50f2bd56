"""A local HTTP server that answers token requests as Twilio documents, or as it should not."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

ACCOUNT_SID = "AC0123456789abcdef0123456789abcdef"
AUTH_TOKEN = "auth-token-that-must-stay-secret"
TURN_CREDENTIAL = "turn-credential-that-must-stay-secret"


def token_body(**changes: Any) -> dict[str, Any]:
    """The body of https://www.twilio.com/docs/stun-turn/api's example, with ``changes``."""
    user = "dc2d2894d5a9023620c467b0e71cfa6a35457e6679785ed6ae9856fe5bdfa269"
    body = {
        "account_sid": ACCOUNT_SID,
        "date_created": "Fri, 01 May 2026 01:42:57 +0000",
        "date_updated": "Fri, 01 May 2026 01:42:57 +0000",
        "ice_servers": [
            {
                "url": "stun:global.stun.twilio.com:3478",
                "urls": "stun:global.stun.twilio.com:3478",
            },
            {
                "url": "turn:global.turn.twilio.com:3478?transport=udp",
                "urls": "turn:global.turn.twilio.com:3478?transport=udp",
                "username": user,
                "credential": TURN_CREDENTIAL,
            },
            {
                "url": "turn:global.turn.twilio.com:443?transport=tcp",
                "urls": "turn:global.turn.twilio.com:443?transport=tcp",
                "username": user,
                "credential": TURN_CREDENTIAL,
            },
        ],
        "password": TURN_CREDENTIAL,
        "ttl": "86400",
        "username": user,
    }
    return body | changes


def json_answer(body: object, status: int = 201) -> Answer:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response(body, status=status)

    return answer


def raw_answer(body: bytes, status: int = 201) -> Answer:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=body, status=status, content_type="application/json")

    return answer


def refusal(status: int) -> Answer:
    """Twilio's error body; it echoes what was sent, as a careless upstream might."""

    async def answer(request: web.Request) -> web.Response:
        sent = request.headers.get("Authorization", "")
        body = {"code": 20003, "message": f"refused {sent} {AUTH_TOKEN}", "status": status}
        return web.json_response(body, status=status)

    return answer


@dataclass
class TwilioStandIn:
    """Counts requests and answers with ``answer``, which tests replace."""

    answer: Answer = field(default_factory=lambda: json_answer(token_body()))
    requests: int = 0
    log_ins: list[tuple[str, str]] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    base_url: str = ""
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Basic":
            user, _, password = base64.b64decode(value).decode().partition(":")
            self.log_ins.append((user, password))
        self.forms.append({key: str(value) for key, value in (await request.post()).items()})
        return await self.answer(request)

    async def silence(self, request: web.Request) -> web.StreamResponse:
        """Answer nothing until the test is over."""
        await self.stop.wait()
        return web.Response(status=503)

    async def drip(self, request: web.Request) -> web.StreamResponse:
        """A byte at a time, for ever: each within any socket's time limit."""
        response = web.StreamResponse(status=201)
        await response.prepare(request)
        while not self.stop.is_set():
            await response.write(b" ")
            await asyncio.sleep(0.05)
        return response


@asynccontextmanager
async def twilio_stand_in() -> AsyncIterator[TwilioStandIn]:
    stand_in = TwilioStandIn()
    app = web.Application()
    app.router.add_post(f"/2010-04-01/Accounts/{ACCOUNT_SID}/Tokens.json", stand_in.handle)
    runner = web.AppRunner(app, shutdown_timeout=1, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    stand_in.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield stand_in
    finally:
        stand_in.stop.set()
        await runner.cleanup()
