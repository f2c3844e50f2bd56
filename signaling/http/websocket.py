"""``GET /ws``: sockets and tasks around the hub. One task reads, one writes.

The connect token in the query is the only credential: no cookie is read here, so a foreign page
gains nothing by opening this socket, and ``Origin`` is not restricted (client.js may be embedded
in other pages).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import structlog
from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from signaling.errors import STATUSES, RodaError, error_body, negotiate_language
from signaling.http.outbox import Outbox
from signaling.live import LiveHub
from signaling.live_client import LiveClient
from signaling.protocol import MAX_MESSAGE_BYTES, Closed, Error, ErrorBody, Message

log = structlog.get_logger("roda.websocket")

HEARTBEAT_S = 10.0  # a ping each; no pong within half of it ends the socket
JOIN_TIME_LIMIT_S = 10.0
CLOSE_TIME_LIMIT_S = 2.0
# Up to this size an oversized message is answered before the close; above, closed at once.
MAX_FRAME_BYTES = 8 * MAX_MESSAGE_BYTES
MAX_TOKEN_CHARS = 2000
ENDS = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)


class AiohttpSocket:
    """`signaling.live_ports.Socket` over an aiohttp WebSocket."""

    def __init__(self, ws: web.WebSocketResponse, request: web.Request) -> None:
        self._ws = ws
        self._request = request
        self._outbox = Outbox()
        self._close_with: tuple[int, str] | None = None
        self.writer = asyncio.get_running_loop().create_task(self._write())

    def send(self, message: Message) -> None:
        if not self._outbox.put(message.model_dump_json()):
            self.abort()

    def close(self, code: int, reason: str) -> None:
        # The first reason is the one that counts.
        self._close_with = self._close_with or (code, reason)
        self._outbox.close()

    def abort(self) -> None:
        """Cut a client off that does not read: a close frame would wait behind the rest."""
        self._outbox.close()
        if self._request.transport is not None:
            self._request.transport.abort()

    async def _write(self) -> None:
        """Send what is queued, until `close`. Ends early with the connection."""
        try:
            while (text := await self._outbox.get()) is not None:
                await self._ws.send_str(text)
        except ConnectionError:
            self._outbox.close()

    async def say_goodbye(self) -> None:
        """Wait for the last message, then the closing handshake, each in bounded time."""
        await asyncio.wait([self.writer], timeout=CLOSE_TIME_LIMIT_S)
        if not self.writer.done():
            self.writer.cancel()
            self.abort()
        code, reason = self._close_with or (WSCloseCode.OK, "")
        await self._ws.close(code=code, message=reason.encode()[:120])


async def messages(
    ws: web.WebSocketResponse, until: asyncio.Task[None]
) -> AsyncIterator[WSMessage]:
    """What the peer sends, until it closes or ``until`` is done.

    The closing handshake must not begin while a receive is under way: aiohttp would then drop the
    connection without awaiting the peer's close frame, and the last messages with it."""
    while not until.done():
        receiving = asyncio.ensure_future(ws.receive())
        try:
            await asyncio.wait({receiving, until}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not receiving.done():
                receiving.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await receiving
        if receiving.cancelled() or (message := receiving.result()).type in ENDS:
            return
        yield message


class WebSocketEndpoint:
    def __init__(
        self,
        hub: LiveHub,
        join_time_limit_s: float = JOIN_TIME_LIMIT_S,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self._hub = hub
        self._join_time_limit_s = join_time_limit_s
        self._heartbeat_s = heartbeat_s

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Upgrade always: a browser cannot read why an upgrade was refused."""
        ws = web.WebSocketResponse(
            timeout=CLOSE_TIME_LIMIT_S,
            heartbeat=self._heartbeat_s,
            max_msg_size=MAX_FRAME_BYTES,
            compress=False,
        )
        await ws.prepare(request)
        language = negotiate_language(
            request.query.get("lang") or request.headers.get("Accept-Language")
        )
        socket = AiohttpSocket(ws, request)
        try:
            client = await self._open(request, language, socket)
            if client is not None:
                await self._serve(ws, socket, client, language)
        finally:
            socket.close(WSCloseCode.OK, "")
            await socket.say_goodbye()
        return ws

    async def _open(
        self, request: web.Request, language: str, socket: AiohttpSocket
    ) -> LiveClient | None:
        token = request.query.get("token", "")[:MAX_TOKEN_CHARS]
        try:
            return await self._hub.open(token, language, socket, request.query.get("resume"))
        except RodaError as exc:
            code = exc.code
        except Exception:
            log.exception("websocket_not_opened")
            code = "internal"
        socket.send(Closed(error=ErrorBody(**error_body(code, language))))
        socket.close(STATUSES[code].websocket, code)
        return None

    async def _serve(
        self, ws: web.WebSocketResponse, socket: AiohttpSocket, client: LiveClient, language: str
    ) -> None:
        timer = asyncio.get_running_loop().call_later(
            self._join_time_limit_s, self.check_joined, client
        )
        try:
            async for message in messages(ws, socket.writer):
                if message.type is WSMsgType.TEXT and len(message.data) > MAX_MESSAGE_BYTES:
                    socket.send(Error(error=ErrorBody(**error_body("body_too_large", language))))
                    socket.close(WSCloseCode.MESSAGE_TOO_BIG, "body_too_large")
                    return
                await client.receive(message.data if message.type is WSMsgType.TEXT else "")
        finally:
            timer.cancel()
            self._hub.closed(client, going_away=ws.close_code == WSCloseCode.GOING_AWAY)

    @staticmethod
    def check_joined(client: LiveClient) -> None:
        """The time to join is over."""
        if client.connection is None:
            client.finish("join_timeout")


def add_routes(app: web.Application, hub: LiveHub) -> None:
    """Serve the hub at ``/ws``."""
    app.router.add_get("/ws", WebSocketEndpoint(hub).handle)
