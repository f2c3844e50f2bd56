"""One WebSocket client: its requests in order, each answered; nothing it sends can harm others."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from sfu.net.media_api import MediaError
from signaling.errors import STATUSES, RodaError, error_body
from signaling.live_connection import JoinLog, LiveConnection
from signaling.live_ports import Clock, Socket
from signaling.live_room import LiveRoom, LiveWorld
from signaling.protocol import (
    AnyRequest,
    Closed,
    Error,
    ErrorBody,
    Message,
    Ok,
    ProtocolError,
    parse_request,
)
from signaling.seats import Seat
from signaling.session_state import EndReason
from signaling.token_bucket import TokenBucket

log = structlog.get_logger("roda.live")

REQUESTS_PER_S = 50.0
REQUEST_BURST = 200.0
REQUEST_TIME_LIMIT_S = 20.0
NORMAL_CLOSURE = 1000  # RFC 6455 section 7.4.1


class Rooms(Protocol):
    """Where a client finds its session's room."""

    async def live_room(self, session_id: str) -> LiveRoom:
        """Raises `RodaError`: ``session_ended``, ``session_expired``, ``server_draining``."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A request's result fields, and what is to be done once they are on their way."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    after: Callable[[], None] | None = None
    leaves: bool = False  # close the socket (1000) after the answer


Handler = Callable[["LiveClient", Any], Awaitable[Answer]]


class LiveClient:
    """Implements `live_connection.Client`."""

    def __init__(
        self,
        seat: Seat,
        language: str,
        socket: Socket,
        rooms: Rooms,
        world: LiveWorld,
        handlers: Mapping[type, Handler],
        resume: str | None = None,
        expired: bool = False,
    ) -> None:
        """
        :param resume: the connection to take up again
        :param expired: its token has: it may do nothing else
        """
        self.seat = seat
        self.resume = resume
        self.expired = expired
        self.rooms = rooms
        self.world = world
        self.room: LiveRoom | None = None
        self.connection: LiveConnection | None = None
        self.log = JoinLog(self.clock, world.metrics)
        self.log.step("signaling_connected")
        self._language = language
        self._socket = socket
        self._handlers = handlers
        self._bucket = TokenBucket(REQUESTS_PER_S, REQUEST_BURST, self.clock.monotonic())
        self._busy = False
        self._finish_with: tuple[str, EndReason | None] | None = None
        self.finished = False

    @property
    def clock(self) -> Clock:
        return self.world.clock

    @property
    def current_log(self) -> JoinLog:
        """The connection's timeline; before the join, and while it is refused, the client's."""
        return self.connection.log if self.connection is not None else self.log

    def send(self, message: Message) -> None:
        if not self.finished:
            self._socket.send(message)

    def finish(self, code: str, reason: EndReason | None = None) -> None:
        """Say why, then close. A request being handled is answered first."""
        if self._busy:
            self._finish_with = self._finish_with or (code, reason)
            return
        body = error_body(code, self._language, reason)
        self.send(Closed(error=ErrorBody(**body), reason=reason))
        self._close(STATUSES[code].websocket, code)

    async def receive(self, text: str) -> None:
        """Handle one message. Never raises, whatever is in it."""
        if self.finished:
            return
        if not self._bucket.take(self.clock.monotonic()):
            self.finish("too_many_requests")
            return
        try:
            request = parse_request(text)
        except ProtocolError as exc:
            self._refuse(exc.code, exc.request_id)
            return
        self.world.metrics.count("requests", request.type)
        self._busy = True
        try:
            await self._handle(request)
        finally:
            self._busy = False
        if self._finish_with is not None:
            self.finish(*self._finish_with)

    def gone(self, going_away: bool) -> None:
        """The socket is closed, by whomever."""
        self.finished = True
        if self.connection is not None and self.room is not None:
            self.room.socket_gone(self.connection, self, going_away)

    async def _handle(self, request: AnyRequest) -> None:
        try:
            async with asyncio.timeout(REQUEST_TIME_LIMIT_S):
                answer = await self._handlers[type(request)](self, request)
            self.send(Ok.model_validate({**answer.fields, "id": request.id}))
            if answer.after is not None:
                answer.after()
            if answer.leaves:
                self._close(NORMAL_CLOSURE, "left")
        except RodaError as exc:
            self._refuse(exc.code, request.id)
            if request.type == "join" and exc.code != "already_joined":
                self._finish_with = (exc.code, None)
        except MediaError as exc:
            log.info("media_refused", code=exc.code, detail=exc.detail, request=request.type)
            self._refuse(exc.code if exc.code in STATUSES else "internal", request.id)
        except Exception:
            incident = secrets.token_hex(4)
            log.exception("request_failed", incident=incident, request=request.type)
            self._refuse("internal", request.id, incident)

    def _refuse(self, code: str, request_id: int | str | None, incident: str = "") -> None:
        self.world.metrics.count("refusals", code)
        self.send(Error(id=request_id, error=self._error(code, incident)))

    def _error(self, code: str, incident: str = "") -> ErrorBody:
        body = error_body(code, self._language)
        if incident:
            body["message"] = f"{body['message']} ({incident})"
        return ErrorBody(**body)

    def _close(self, code: int, reason: str) -> None:
        self._finish_with = None
        if not self.finished:
            self.finished = True
            self._socket.close(code, reason)
