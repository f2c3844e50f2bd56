"""Someone who keeps to no rule: raw WebSocket messages, raw datagrams, hand-made tokens."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import WSMsgType

from tests.support.clinic import Clinic, Session

OFFER = Path(__file__).parent.parent / "sfu" / "fixtures" / "chromium_camera.sdp"
TRACKS = [{"mid": "0", "source": "microphone"}, {"mid": "1", "source": "camera"}]
LIMIT_S = 20.0


@dataclass
class RudeSocket:
    """A joined WebSocket that sends what it is told. ``notes`` are the notifications met."""

    ws: aiohttp.ClientWebSocketResponse
    notes: list[dict[str, Any]] = field(default_factory=list)

    async def say(self, text: str) -> dict[str, Any]:
        """Send text as it is; the next answer or error."""
        await self.ws.send_str(text)
        return await self.answer()

    async def ask(self, type_: str, **fields: Any) -> dict[str, Any]:
        await self.ws.send_json({"type": type_, "id": 7, **fields})
        return await self.answer()

    async def answer(self) -> dict[str, Any]:
        """Raises AssertionError when the socket ends first."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                message = await self.ws.receive()
                assert message.type is WSMsgType.TEXT, message
                body: dict[str, Any] = message.json()
                if body["type"] in ("ok", "error", "closed"):
                    return body
                self.notes.append(body)

    async def close_code(self) -> int | None:
        """Of the server's closing."""
        async with asyncio.timeout(LIMIT_S):
            while (await self.ws.receive()).type not in (
                WSMsgType.CLOSE,
                WSMsgType.CLOSING,
                WSMsgType.CLOSED,
            ):
                continue
        return self.ws.close_code


async def register(roda: Clinic, session: Session, name: str = "Rude") -> dict[str, Any]:
    """As a new guest."""
    path = f"/api/v1/sessions/by-token/{session.token}/participants"
    async with roda.http.post(roda.url + path, json={"participant_name": name}) as answer:
        assert answer.status == 201, await answer.text()
        body: dict[str, Any] = await answer.json()
        return body


@asynccontextmanager
async def rude_socket(roda: Clinic, token: str) -> AsyncIterator[RudeSocket]:
    """A WebSocket opened with ``token``, whatever that is."""
    async with roda.http.ws_connect(roda.url + "/ws", params={"token": token}) as ws:
        yield RudeSocket(ws)


@asynccontextmanager
async def joined(roda: Clinic, session: Session) -> AsyncIterator[RudeSocket]:
    """A new guest in the call."""
    seat = await register(roda, session)
    async with rude_socket(roda, seat["connect_token"]) as rude:
        assert (await rude.ask("join"))["type"] == "ok"
        yield rude


@dataclass(frozen=True)
class Target:
    """Where a publish transport of the server's listens, and its ICE credentials."""

    address: tuple[str, int]
    ufrag: str
    password: str


async def publish_target(rude: RudeSocket) -> Target:
    """Offer a browser's camera; what the answer says of the server."""
    answer = await rude.ask("publish_offer", sdp=OFFER.read_text(), tracks=TRACKS)
    sdp = answer["sdp"]
    candidate = re.search(r"a=candidate:\S+ 1 udp \d+ (127\.0\.0\.1) (\d+)", sdp, re.IGNORECASE)
    ufrag, password = re.search(r"a=ice-ufrag:(\S+)", sdp), re.search(r"a=ice-pwd:(\S+)", sdp)
    assert candidate
    assert ufrag
    assert password
    return Target((candidate[1], int(candidate[2])), ufrag[1], password[1])


def client_ufrag() -> str:
    """Of the offer that `publish_target` sends."""
    found = re.search(r"a=ice-ufrag:(\S+)", OFFER.read_text())
    assert found
    return found[1]


@asynccontextmanager
async def datagrams() -> AsyncIterator[socket.socket]:
    """A UDP socket on loopback that never blocks the loop."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        yield sock


async def receive(sock: socket.socket) -> bytes:
    """The next datagram."""
    return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(sock, 2048), LIMIT_S)
