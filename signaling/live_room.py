"""One live session at work: the pure room, its connections' media and sockets, its rows."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from sfu.net.media_api import MediaError, MediaPlane
from signaling import room_door, room_exit, room_tracks
from signaling.errors import RodaError
from signaling.live_connection import Client, JoinLog, LiveConnection
from signaling.live_metrics import LiveMetrics
from signaling.live_ports import Bookkeeper, Clock, IceSource
from signaling.protocol import Admitted, IceServer, JoinResult, Track, TransportState
from signaling.room_values import (
    Dismiss,
    Effect,
    Finish,
    LeaveReason,
    Let,
    Record,
    Send,
    Silence,
    StopMedia,
)
from signaling.rooms import Room
from signaling.seats import Seat
from signaling.session_state import EndReason
from signaling.state_writer import StateWriter

log = structlog.get_logger("roda.live")

ICE_TIME_LIMIT_S = 4.0
CLOSED_CONNECTIONS_KEPT = 50


@dataclass(frozen=True, slots=True)
class LiveWorld:
    """What live rooms work with."""

    media: MediaPlane
    bookkeeper: Bookkeeper
    ice: IceSource
    clock: Clock
    metrics: LiveMetrics


class LiveRoom:
    """Does what a `Room` says. Implements `ConnectionOwner`."""

    def __init__(self, room: Room, world: LiveWorld) -> None:
        self.room = room
        self.connections: dict[str, LiveConnection] = {}
        self.closed: deque[dict[str, Any]] = deque(maxlen=CLOSED_CONNECTIONS_KEPT)
        self.writer = StateWriter(world.bookkeeper.record_state)
        self.world = world
        self._seats: dict[str, Seat] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._do: dict[type, Callable[[Any], None]] = {
            Send: self._send,
            Let: self._let,
            StopMedia: self._stop_media,
            Dismiss: self._dismiss,
            Silence: self._silence,
            Finish: self._finish,
        }

    @property
    def session_id(self) -> str:
        return self.room.session.session_id

    @property
    def now(self) -> float:
        return self.world.clock.monotonic()

    def perform(self, effects: Sequence[Effect], by: str | None = None) -> None:
        """Do what the room said, in order. ``by``: the user whose act it is, where it is one's."""
        for effect in effects:
            if isinstance(effect, Record):
                self._record(effect, by)
            else:
                self._do[type(effect)](effect)

    # --- coming in ---------------------------------------------------------------------------

    async def join(
        self,
        client: Client,
        seat: Seat,
        join_log: JoinLog,
        resume: str | None,
        *,
        expired: bool = False,
    ) -> tuple[LiveConnection, JoinResult, Callable[[], None]]:
        """Enter, wait or resume. The result is sent first, then the callable is called.

        :param expired: the connect token has: resume or nothing

        Raises `RodaError`: ``session_full``, ``session_locked``, ``participant_barred``,
        ``too_many_connections``, ``connect_token_expired``."""
        # Asked first: from here to the answer nothing may change the room.
        ice_servers, problem = await self._ice_servers(seat)
        if problem:
            join_log.step("ice_servers", "failed", problem)
        self._seats[seat.participant_id] = seat
        if resume is not None and room_exit.may_resume(self.room, resume, seat.participant_id):
            return self._resume(client, self.connections[resume], ice_servers)
        if expired:
            raise RodaError("connect_token_expired")
        connection_id = secrets.token_urlsafe(9)
        effects = room_door.knock(self.room, seat, connection_id, self.now)
        connection = LiveConnection(connection_id, seat, self, join_log, self.world.clock.wall())
        connection.client = client
        self.connections[connection_id] = connection
        waits = self.room.members[connection_id].presence == "waiting"
        effects = [e for e in effects if not isinstance(e, Let)]
        effects += [] if waits else self.room.enter(connection_id, self.world.clock.wall_text())
        result = self.room.snapshot(connection_id)
        self.world.metrics.count("joins", result.state)
        connection.step("waiting" if waits else "joined")

        def after() -> None:
            connection.tell_all_steps()
            self.perform(effects)
            if not waits:
                self._open_media(connection)

        if waits:
            return connection, result, after
        return connection, result.model_copy(update={"ice_servers": ice_servers}), after

    def _resume(
        self, client: Client, connection: LiveConnection, ice_servers: list[IceServer]
    ) -> tuple[LiveConnection, JoinResult, Callable[[], None]]:
        previous, connection.client = connection.client, client
        if previous is not None:
            previous.finish("connection_replaced")
        effects = room_exit.resume(self.room, connection.connection_id)
        self.world.metrics.count("joins", "resumed")
        connection.step("resumed")

        def after() -> None:
            connection.tell_all_steps()
            connection.resend_offer()
            self.perform(effects)

        result = self.room.snapshot(connection.connection_id)
        return connection, result.model_copy(update={"ice_servers": ice_servers}), after

    async def _admit(self, connection: LiveConnection) -> None:
        """Complete the entry of a connection that waited."""
        ice_servers, problem = await self._ice_servers(connection.seat)
        await connection.media_stopped()
        member = self.room.members.get(connection.connection_id)
        if member is None or member.presence != "entering":
            return
        connection.step("admitted")
        if problem:
            connection.step("ice_servers", "failed", problem)
        effects = self.room.enter(connection.connection_id, self.world.clock.wall_text())
        result = self.room.snapshot(connection.connection_id)
        fields = {name: getattr(result, name) for name in JoinResult.model_fields}
        connection.send(Admitted(**{**fields, "ice_servers": ice_servers}))
        self.perform(effects)
        self._open_media(connection)

    def _open_media(self, connection: LiveConnection) -> None:
        """When the media server refuses, the connection is out again."""
        connection_id = connection.connection_id
        try:
            connection.media = self.world.media.open_connection(
                self.session_id, connection_id, connection, connection.reception
            )
        except MediaError as exc:
            log.error("media_not_opened", code=exc.code, detail=exc.detail)
            self.perform(room_exit.leave(self.room, connection_id, "lost", self.now))
            self._dismiss(Dismiss(connection_id, "media_unreachable"))

    async def _ice_servers(self, seat: Seat) -> tuple[list[IceServer], str]:
        """The participant's ICE servers and what went wrong, if anything: a call can do without."""
        try:
            async with asyncio.timeout(ICE_TIME_LIMIT_S):
                return list(await self.world.ice.ice_servers(seat.participant_id)), ""
        except TimeoutError:
            return [], "no answer in time"
        except Exception as exc:
            log.exception("ice_servers_failed")
            return [], type(exc).__name__

    # --- going away --------------------------------------------------------------------------

    def leave(self, connection: LiveConnection, reason: LeaveReason) -> None:
        """A connection leaves; its socket is the caller's to close."""
        self.perform(room_exit.leave(self.room, connection.connection_id, reason, self.now))
        self._drop(connection, reason)

    def socket_gone(self, connection: LiveConnection, client: Client, going_away: bool) -> None:
        """A connection's socket is gone. ``going_away``: the page said that it is being left."""
        if connection.client is not client:
            return
        connection.client = None
        if going_away:
            self.leave(connection, "left")
            return
        self.perform(room_exit.lose(self.room, connection.connection_id, self.now))
        if connection.connection_id not in self.room.members:
            self._drop(connection, "lost")
            return
        connection.step("socket_lost", "failed")

    def end(self, code: str, reason: EndReason | None = None) -> None:
        """Everyone is told and gone. ``reason``: where it is the session's end."""
        self.perform(room_exit.end(self.room, code, reason))

    async def close(self) -> None:
        """Wait for what is still being done: rows written, media closed."""
        await self.writer.drain()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _drop(self, connection: LiveConnection, reason: str) -> None:
        if self.connections.pop(connection.connection_id, None) is None:
            return
        self.world.metrics.count("closes", reason)
        connection.log.step("closed", "ok", reason)
        self.closed.append({**connection.view(), "state": "closed", "tracks": [], "status": None})
        connection.stop_media()
        self.spawn(connection.media_stopped())

    # --- ConnectionOwner ---------------------------------------------------------------------

    def tracks_changed(self, connection_id: str, tracks: Sequence[Track]) -> None:
        self.perform(room_tracks.set_tracks(self.room, connection_id, tracks))

    def transport_changed(self, state: TransportState) -> None:
        self.perform(room_tracks.transport_state(self.room, state))

    def media_lost(self, connection_id: str, reason: str) -> None:
        connection = self.connections.get(connection_id)
        if connection is None:
            return
        connection.step("media_lost", "failed", reason)
        # A page that never got through keeps its socket: it shows what failed and may retry.
        if connection.media_was_connected or connection.door != "websocket":
            self.perform(room_exit.leave(self.room, connection_id, "lost", self.now))
            self._dismiss(Dismiss(connection_id, "media_unreachable"))

    # --- effects -----------------------------------------------------------------------------

    def _send(self, effect: Send) -> None:
        connection = self.connections.get(effect.connection_id)
        if connection is not None:
            connection.send(effect.message)

    def _let(self, effect: Let) -> None:
        connection = self.connections.get(effect.connection_id)
        if connection is not None:
            self.spawn(self._admit(connection))

    def _stop_media(self, effect: StopMedia) -> None:
        connection = self.connections.get(effect.connection_id)
        if connection is not None:
            connection.step("waiting", "ok", "sent back")
            connection.stop_media()

    def _dismiss(self, effect: Dismiss) -> None:
        connection = self.connections.get(effect.connection_id)
        if connection is None:
            return
        client, connection.client = connection.client, None
        self._drop(connection, effect.code)
        if client is not None:
            client.finish(effect.code, effect.reason)

    def _silence(self, effect: Silence) -> None:
        connection = self.connections.get(effect.connection_id)
        if connection is None or connection.media is None:
            return
        try:
            connection.media.set_muted(effect.track_id, True)
        except MediaError as exc:
            log.info("track_not_muted", code=exc.code)

    def _record(self, effect: Record, by: str | None) -> None:
        seat = self._seats[effect.participant_id]
        self.writer.put(seat, effect.state, effect.present, by)
        if effect.participant_id not in self.room.people:
            del self._seats[effect.participant_id]

    def _finish(self, effect: Finish) -> None:
        self.end(effect.code, effect.reason)
        self.spawn(self._end_session(effect))

    async def _end_session(self, effect: Finish) -> None:
        try:
            await self.world.bookkeeper.end_session(self.session_id, effect.reason)
        except RodaError as exc:
            log.info("session_not_ended", code=exc.code)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run ``work`` beside the requests; a failure is logged and harms nobody else."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("live_task_failed", exc_info=task.exception())

    # --- reading -----------------------------------------------------------------------------

    def views(self) -> list[dict[str, Any]]:
        """The connections there are, then those lately gone."""
        now = []
        for connection in self.connections.values():
            member = self.room.members[connection.connection_id]
            now.append(
                {
                    **connection.view(),
                    "state": member.presence,
                    "name": member.person.name,
                    "role": member.person.role,
                    "tracks": [track.model_dump() for track in member.tracks],
                    "status": member.status.model_dump(),
                }
            )
        return [*now, *self.closed]
