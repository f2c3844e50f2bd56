"""The WebSocket half of a join: requests with ids, and notifications."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Annotated, Any, Protocol

import aiohttp
from pydantic import Field, TypeAdapter

from bots.errors import BotError
from signaling.protocol import Closed, Error, Notification, Ok, Request

MAX_INCOMING_BYTES = 2 * 1024 * 1024
CONNECT_LIMIT_S = 15.0
REQUEST_LIMIT_S = 15.0
CLOSE_LIMIT_S = 2.0
PING_INTERVAL_S = 5.0  # no pong within half of it ends the socket

_logger = logging.getLogger("roda.bot")
_notifications: TypeAdapter[Notification] = TypeAdapter(
    Annotated[Notification, Field(discriminator="type")]
)


class Requests(Protocol):
    """Whoever sends requests: one socket, or a bot by the one it has just now."""

    async def request(self, make: Callable[[int], Request]) -> Ok:
        """Raises `BotError`."""
        ...


class SignalingClient:
    """One WebSocket to the server. Use `connect`, then `request`; `close` at the end.

    ``on_notification`` is called for each notification, in order, on the event loop, and must not
    block. ``ended`` is done when the socket is gone: with the `BotError` that says why, or None
    after `close`.
    """

    def __init__(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        on_notification: Callable[[Notification], None],
    ) -> None:
        self._socket = socket
        self._on_notification = on_notification
        self._pending: dict[int, asyncio.Future[Ok]] = {}
        self._last_id = 0
        self._farewell: BotError | None = None
        self.ignored = 0  # messages of types this version does not know
        self.ended: asyncio.Future[BotError | None] = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def connect(
        cls,
        session: aiohttp.ClientSession,
        url: str,
        on_notification: Callable[[Notification], None],
    ) -> SignalingClient:
        """Raises `BotError` (``server_unreachable``, ``timeout``, or ``connect_refused``)."""
        try:
            async with asyncio.timeout(CONNECT_LIMIT_S):
                socket = await session.ws_connect(
                    url,
                    heartbeat=PING_INTERVAL_S,
                    max_msg_size=MAX_INCOMING_BYTES,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_LIMIT_S),
                )
        except TimeoutError:
            raise BotError("timeout", "the signaling socket did not open in time") from None
        except aiohttp.WSServerHandshakeError as exc:
            raise BotError(
                "connect_refused", f"the signaling socket was refused with HTTP {exc.status}"
            ) from None
        except aiohttp.ClientError as exc:
            raise BotError(
                "server_unreachable", f"no signaling socket: {type(exc).__name__}"
            ) from None
        return cls(socket, on_notification)

    async def request(self, make: Callable[[int], Request]) -> Ok:
        """Send the request that ``make`` builds with the id it is given, and wait for the answer.

        Raises `BotError` with the server's code, ``timeout`` or ``connection_closed``.
        """
        if self.ended.done():
            raise self._gone()
        self._last_id += 1
        request_id = self._last_id
        answer: asyncio.Future[Ok] = asyncio.get_running_loop().create_future()
        self._pending[request_id] = answer
        try:
            async with asyncio.timeout(REQUEST_LIMIT_S):
                await self._socket.send_str(make(request_id).model_dump_json(exclude_none=True))
                return await answer
        except TimeoutError:
            raise BotError("timeout", "the server did not answer a request") from None
        except (ConnectionError, aiohttp.ClientError):
            raise self._gone() from None
        finally:
            self._pending.pop(request_id, None)

    async def close(self) -> None:
        """Idempotent."""
        await self._socket.close()
        await asyncio.gather(self._reader, return_exceptions=True)

    async def _read(self) -> None:
        try:
            async for message in self._socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._take(message.data)
        finally:
            self._end()

    def _take(self, text: str) -> None:
        try:
            value = json.loads(text)
            if not isinstance(value, dict):
                raise TypeError("not an object")
            self._dispatch(value)
        except (ValueError, TypeError, RecursionError) as exc:
            self.ignored += 1
            _logger.warning("signaling message ignored: %s", type(exc).__name__)

    def _dispatch(self, value: dict[str, Any]) -> None:
        """Raises `ValidationError` (a ValueError) for what is not in the protocol."""
        kind = value.get("type")
        if kind == "ok":
            self._answer(Ok.model_validate(value), None)
        elif kind == "error":
            error = Error.model_validate(value)
            body = error.error
            self._answer(error, BotError(body.code, body.message, body.remedy))
        else:
            notification = _notifications.validate_python(value)
            if isinstance(notification, Closed):
                body = notification.error
                self._farewell = BotError(body.code, body.message, body.remedy)
            self._on_notification(notification)

    def _answer(self, answer: Ok | Error, failure: BotError | None) -> None:
        pending = self._pending.get(answer.id) if isinstance(answer.id, int) else None
        if pending is None or pending.done():
            if failure is not None and answer.id is None:
                self._farewell = failure
            return
        if failure is not None:
            pending.set_exception(failure)
        elif isinstance(answer, Ok):
            pending.set_result(answer)

    def _end(self) -> None:
        for pending in self._pending.values():
            if not pending.done():
                pending.set_exception(self._gone())
        if not self.ended.done():
            self.ended.set_result(self._farewell)

    def _gone(self) -> BotError:
        code = self._socket.close_code
        return self._farewell or BotError("connection_closed", f"signaling closed ({code})")


def parse_result(answer: Ok) -> dict[str, Any]:
    """The result fields of an ``ok`` answer, without ``type`` and ``id``."""
    return dict(answer.model_extra or {})
