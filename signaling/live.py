"""The hub: every live room of this server. Implements `signaling.live_port.LivePort`."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import structlog

from signaling import room_exit, room_time
from signaling.errors import RodaError
from signaling.live_client import LiveClient
from signaling.live_ports import Socket
from signaling.live_requests import HANDLERS
from signaling.live_room import LiveRoom, LiveWorld
from signaling.participant_state import DISMISSALS, may
from signaling.room_values import RoomLimits
from signaling.rooms import Room
from signaling.seats import Seat
from signaling.session_state import EndReason, end_code

log = structlog.get_logger("roda.live")

TICK_S = 1.0
ROOM_LINGER_S = 3600.0  # an empty room's chat, roles and admissions are remembered so long
SOCKETS_PER_CONNECTION = 2  # a resume opens its socket before the old one is known to be dead


class LiveHub:
    """Rooms by session id, made when the first connection joins."""

    def __init__(
        self,
        world: LiveWorld,
        limits: RoomLimits | None = None,
        kept_open: Collection[str] = (),
    ) -> None:
        """``kept_open``: sessions that do not end for being empty."""
        self.world = world
        self.limits = limits or RoomLimits()
        self._kept_open = frozenset(kept_open)
        self.draining = False
        self._rooms: dict[str, LiveRoom] = {}
        self._sockets: Counter[str] = Counter()  # by participant id
        self._clients: set[LiveClient] = set()
        self._ticker: asyncio.Task[None] | None = None

    # --- life --------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to keep time: expiry, warnings, graces."""
        self._ticker = asyncio.get_running_loop().create_task(self._keep_time())

    async def close(self) -> None:
        """Tell everyone that the server stops, and wait until their rows are written."""
        self.draining = True
        if self._ticker is not None:
            self._ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticker
        rooms = list(self._rooms.values())
        for room in rooms:
            room.end("server_draining")
        for client in list(self._clients):
            client.finish("server_draining")
        for room in rooms:
            await room.close()
        self._rooms.clear()

    def tick(self) -> None:
        """Let time pass in every room."""
        wall_now = self.world.clock.wall()
        for session_id, room in list(self._rooms.items()):
            try:
                room.perform(room_time.tick(room.room, room.now, wall_now))
            except Exception:
                log.exception("tick_failed", session_id=session_id)
            if self._is_over(room, wall_now):
                del self._rooms[session_id]

    def _is_over(self, room: LiveRoom, wall_now: float) -> bool:
        pure = room.room
        if pure.members or len(pure.waiting):
            return False
        empty_for = room.now - pure.empty_since if pure.empty_since is not None else 0.0
        linger_s = max(ROOM_LINGER_S, pure.limits.empty_timeout_s or 0.0)
        return wall_now >= pure.session.expires_at.timestamp() or empty_for > linger_s

    async def _keep_time(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self.tick()

    # --- sockets -----------------------------------------------------------------------------

    async def open(
        self, token: str, language: str, socket: Socket, resume: str | None = None
    ) -> LiveClient:
        """The client of a new WebSocket, who has yet to `Join`. With a token that has expired
        only who holds a connection may resume it.

        Raises `RodaError`: ``connect_token_invalid``, ``connect_token_expired``,
        ``session_ended``, ``session_expired``, ``participant_barred``,
        ``too_many_connections``, ``server_draining``."""
        if self.draining:
            raise RodaError("server_draining")
        seat, expired = await self._seat(token, resume)
        limit = self.limits.connections_per_participant * SOCKETS_PER_CONNECTION
        if self._sockets[seat.participant_id] >= limit:
            raise RodaError("too_many_connections", "sockets")
        client = LiveClient(seat, language, socket, self, self.world, HANDLERS, resume, expired)
        self._sockets[seat.participant_id] += 1
        self._clients.add(client)
        return client

    async def _seat(self, token: str, resume: str | None) -> tuple[Seat, bool]:
        """Whose seat it is, and whether the token has expired."""
        seat_for = self.world.bookkeeper.seat_for
        try:
            return await seat_for(token), False
        except RodaError as exc:
            if exc.code != "connect_token_expired" or resume is None:
                raise
        seat = await seat_for(token, allow_expired=True)
        room = self._rooms.get(seat.session_id)
        if room is None or not room_exit.may_resume(room.room, resume, seat.participant_id):
            raise RodaError("connect_token_expired")
        return seat, True

    def closed(self, client: LiveClient, going_away: bool) -> None:
        """A client's socket is closed. ``going_away``: by its page, on being left."""
        if client not in self._clients:
            return
        self._clients.discard(client)
        self._forget_socket(client.seat)
        client.gone(going_away)

    def _forget_socket(self, seat: Seat) -> None:
        self._sockets[seat.participant_id] -= 1
        if self._sockets[seat.participant_id] <= 0:
            del self._sockets[seat.participant_id]

    async def live_room(self, session_id: str) -> LiveRoom:
        """The session's room, made when there is none."""
        if self.draining:
            raise RodaError("server_draining")
        room = self._rooms.get(session_id)
        if room is None:
            session = await self.world.bookkeeper.session(session_id)
            limits = self.limits
            if session_id in self._kept_open:
                limits = replace(limits, empty_timeout_s=None)
            made = LiveRoom(Room(session, limits, self.world.clock.monotonic()), self.world)
            # Two may have asked at once: the first one's room stands.
            room = self._rooms.setdefault(session_id, made)
        return room

    # --- LivePort ----------------------------------------------------------------------------

    async def session_ended(self, session_id: str, reason: EndReason) -> None:
        """Tell everyone in the room why, and close their connections."""
        code = end_code(reason)
        room = self._rooms.pop(session_id, None)
        for client in list(self._clients):
            if client.seat.session_id == session_id and client.connection is None:
                client.finish(code, reason)
        if room is not None:
            room.end(code, reason)

    async def participant_removed(self, session_id: str, participant_id: str, code: str) -> None:
        """Close every connection of one participant, telling why: a code of `DISMISSALS`."""
        for client in list(self._clients):
            # Their seat was looked up before: it would let them in.
            if client.seat.participant_id == participant_id and client.connection is None:
                client.finish(code)
        room = self._rooms.get(session_id)
        person = room.room.people.get(participant_id) if room is not None else None
        if room is None or person is None:
            return
        event = DISMISSALS[code]
        if not may(person.state, event):
            return
        room.perform(room_exit.dismiss_person(room.room, person, event, code, room.now))

    async def session_changed(self, session_id: str) -> None:
        """The session's name, expiry or lock changed."""
        room = self._rooms.get(session_id)
        if room is not None:
            session = await self.world.bookkeeper.session(session_id)
            room.perform(room.room.update_session(session))

    def connections(self, session_id: str) -> list[dict[str, Any]]:
        """The room's connections now and those lately gone, with their timelines."""
        room = self._rooms.get(session_id)
        return room.views() if room is not None else []

    def connected(self) -> frozenset[str]:
        """Participants with a seat, a place in a waiting room or an open socket."""
        sockets = {client.seat.participant_id for client in self._clients}
        return frozenset(sockets.union(*(room.room.present() for room in self._rooms.values())))

    def live_sessions(self) -> frozenset[str]:
        """Sessions whose rooms keep the time themselves."""
        return frozenset(self._rooms)

    def counts(self) -> dict[str, int]:
        """Gauges for the metrics."""
        rooms = self._rooms.values()
        return {
            "rooms": sum(1 for room in rooms if room.connections),
            "participants": sum(len(room.room.people_inside()) for room in rooms),
            "connections": sum(len(room.connections) for room in rooms),
            "waiting": sum(len(room.room.waiting) for room in rooms),
            "sockets": len(self._clients),
        }
