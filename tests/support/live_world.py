"""A live hub to test: real rooms, real HTTP server; rows in memory, media that records its calls.

The media server and the database have their own tests: here they only have to answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from sfu.net.media_api import (
    SERVER_OFFERS,
    MediaError,
    MediaListener,
    PublishedSection,
    Reception,
    TrackInfo,
)
from sfu.wish import Wish
from signaling.errors import STATUSES, RodaError
from signaling.http.websocket import HEARTBEAT_S, WebSocketEndpoint
from signaling.live import LiveHub
from signaling.live_metrics import LiveMetrics
from signaling.live_ports import Clock
from signaling.live_room import LiveWorld
from signaling.protocol import IceServer
from signaling.room_values import RoomLimits, RoomSession
from signaling.seats import Role, Seat

EXPIRES_AT = datetime(2030, 1, 1, tzinfo=UTC)
T0 = EXPIRES_AT.timestamp() - 3600


@dataclass
class HandClock:
    """Time that passes only when told."""

    seconds: float = 0.0

    def clock(self) -> Clock:
        return Clock(monotonic=lambda: self.seconds, wall=lambda: T0 + self.seconds)


class RecordingConnection:
    """A media connection whose answers are plain texts; an SDP of "bad" is refused."""

    def __init__(self, plane: RecordingPlane, connection_id: str, listener: MediaListener) -> None:
        self.plane = plane
        self.connection_id = connection_id
        self.listener = listener
        self.tracks: list[TrackInfo] = []
        self.candidates: list[tuple[str, str]] = []
        self.answered: list[int] = []
        self.wishes: dict[str, Wish] = {}
        self.restarts = 0
        self.closed = False

    async def publish(
        self, offer_sdp: str, sections: Sequence[PublishedSection]
    ) -> tuple[str, list[TrackInfo]]:
        if offer_sdp == "bad":
            raise MediaError("sdp_invalid", "no media")
        if offer_sdp == "crash":
            raise ZeroDivisionError("a fault of the media server")
        self.tracks = [
            TrackInfo(
                track_id=f"{self.connection_id}-{s.mid}",
                connection_id=self.connection_id,
                mid=s.mid,
                kind="audio" if s.source in ("microphone", "screen_audio") else "video",
                source=s.source,
                muted=s.muted,
            )
            for s in sections
        ]
        self.listener.on_tracks(self.tracks)
        return f"answer to {offer_sdp}", self.tracks

    async def accept_answer(self, offer_id: int, answer_sdp: str) -> None:
        if offer_id in self.answered:
            raise MediaError("offer_superseded", str(offer_id))
        self.answered.append(offer_id)

    def add_candidate(self, transport: str, candidate: str) -> None:
        self.candidates.append((transport, candidate))

    def restart_subscribe(self) -> None:
        self.restarts += 1

    def prefer(self, track_id: str, wish: Wish) -> None:
        self.wishes[track_id] = wish

    def set_muted(self, track_id: str, muted: bool) -> None:
        if track_id not in [t.track_id for t in self.tracks]:
            raise MediaError("track_unknown", track_id)
        self.tracks = [
            replace(t, muted=muted) if t.track_id == track_id else t for t in self.tracks
        ]
        self.listener.on_tracks(self.tracks)

    def stats(self) -> dict[str, object]:
        published = [
            {
                "track_id": track.track_id,
                "kind": track.kind,
                "source": track.source,
                "codec": "none",
                "muted": track.muted,
                "encodings": [],
            }
            for track in self.tracks
        ]
        return {
            "publish": {"state": "new", "tracks": published},
            "subscribe": {"state": "new", "tracks": []},
        }

    async def close(self) -> None:
        self.closed = True
        self.plane.connections.pop(self.connection_id, None)


class RecordingPlane:
    """`sfu.net.media_api.MediaPlane` without media."""

    def __init__(self) -> None:
        self.connections: dict[str, RecordingConnection] = {}
        self.refuse = False

    @property
    def port(self) -> int:
        return 1

    def open_connection(
        self,
        room_id: str,
        connection_id: str,
        listener: MediaListener,
        reception: Reception = SERVER_OFFERS,
    ) -> RecordingConnection:
        if self.refuse:
            raise MediaError("connection_closed", "stopping")
        connection = RecordingConnection(self, connection_id, listener)
        self.connections[connection_id] = connection
        return connection

    def stats(self) -> dict[str, object]:
        return {}

    async def close(self) -> None:
        self.connections.clear()


@dataclass
class MemoryBooks:
    """`signaling.live_ports.Bookkeeper` over dictionaries. A token is a participant's id."""

    sessions: dict[str, RoomSession] = field(default_factory=dict)
    seats: dict[str, Seat] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)  # token or session id → error code
    ended: dict[str, str] = field(default_factory=dict)
    writes: list[tuple[str, str, bool]] = field(default_factory=list)
    acts: list[tuple[str, str, str | None]] = field(default_factory=list)  # what, by whom
    hub: LiveHub | None = None

    def add_session(self, session_id: str = "s1", **fields: Any) -> RoomSession:
        defaults: dict[str, Any] = {
            "session_name": "Session",
            "host_name": "Host",
            "expires_at": EXPIRES_AT,
            "max_participants": 10,
            "waiting_room_enabled": False,
            "owner_id": "user-host",
        }
        session = RoomSession(session_id=session_id, **{**defaults, **fields})
        self.sessions[session_id] = session
        return session

    def add_seat(self, participant_id: str, session_id: str = "s1", **fields: Any) -> str:
        role = "host" if participant_id.startswith("host") else "participant"
        user = None if participant_id.startswith("guest") else f"user-{participant_id}"
        defaults: dict[str, Any] = {"role": role, "user_id": user, "name": participant_id.title()}
        given = {**defaults, "state": "waiting" if role == "participant" else "admitted", **fields}
        self.seats[participant_id] = Seat(session_id, participant_id, **given)
        return participant_id

    async def seat_for(self, connect_token: str, *, allow_expired: bool = False) -> Seat:
        code = self.refusals.get(connect_token)
        if code is not None and not (allow_expired and code == "connect_token_expired"):
            raise RodaError(code)
        try:
            return self.seats[connect_token]
        except KeyError:
            raise RodaError("connect_token_invalid") from None

    async def session(self, session_id: str) -> RoomSession:
        if session_id in self.ended:
            raise RodaError("session_ended")
        return self.sessions[session_id]

    async def record_state(self, seat: Seat, state: Any, present: bool, by: str | None) -> None:
        self.acts.append((seat.participant_id, state, by))
        self.writes.append((seat.participant_id, state, present))
        self.seats[seat.participant_id] = replace(self.seats[seat.participant_id], state=state)

    async def bar(self, session_id: str, participant_id: str, by: str | None) -> None:
        self.refusals[participant_id] = "participant_barred"

    async def set_locked(self, session_id: str, locked: bool, by: str | None) -> None:
        self.acts.append((session_id, "locked" if locked else "unlocked", by))
        self.sessions[session_id] = replace(self.sessions[session_id], locked=locked)

    async def extend(self, session_id: str, minutes: int, by: str | None) -> None:
        self.acts.append((session_id, "extended", by))
        session = self.sessions[session_id]
        expires_at = session.expires_at + timedelta(minutes=minutes)
        self.sessions[session_id] = replace(session, expires_at=expires_at)
        if self.hub is not None:
            await self.hub.session_changed(session_id)

    async def hand_over(self, session_id: str, to_participant_id: str, by: str | None) -> None:
        self.acts.append((to_participant_id, "host", by))
        for seat in [s for s in self.seats.values() if s.session_id == session_id]:
            role: Role = "host" if seat.participant_id == to_participant_id else "participant"
            if "host" in (role, seat.role):
                self.seats[seat.participant_id] = replace(seat, role=role)

    async def end_session(self, session_id: str, reason: Any, by: str | None = None) -> None:
        self.acts.append((session_id, "ended", by))
        self.ended.setdefault(session_id, reason)
        if self.hub is not None:
            await self.hub.session_ended(session_id, reason)


@dataclass
class FixedIce:
    """One STUN server, or a failure."""

    failure: Exception | None = None

    async def ice_servers(self, participant_id: str) -> Sequence[IceServer]:
        if self.failure is not None:
            raise self.failure
        return [IceServer(urls=["stun:127.0.0.1:3478"])]


class WsClient:
    """A WebSocket client that speaks the protocol, and keeps what it was told."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self.heard: list[dict[str, Any]] = []
        self._next_id = 0

    async def ask(self, type_: str, **fields: Any) -> dict[str, Any]:
        """Send a request; its answer. Notifications on the way are kept in `heard`."""
        self._next_id += 1
        await self.ws.send_json({"id": self._next_id, "type": type_, **fields})
        return await self._until(lambda m: m.get("id") == self._next_id)

    async def hear(self, type_: str, **fields: Any) -> dict[str, Any]:
        """The next notification of this type with these fields, heard already or to come."""

        def fits(message: dict[str, Any]) -> bool:
            return message["type"] == type_ and all(message.get(k) == v for k, v in fields.items())

        for index, message in enumerate(self.heard):
            if fits(message):
                return self.heard.pop(index)
        return await self._until(fits)

    def heard_types(self) -> set[str]:
        """Types of what was heard and not asked for."""
        return {message["type"] for message in self.heard}

    async def closed(self) -> tuple[str, int]:
        """The error code of the `closed` message, and the WebSocket close code."""
        message = await self.hear("closed")
        return message["error"]["code"], await self.close_code()

    async def close_code(self) -> int:
        async with asyncio.timeout(5):
            while not self.ws.closed:
                message = await self.ws.receive()
                if message.type is aiohttp.WSMsgType.TEXT:
                    self.heard.append(message.json())
        return self.ws.close_code or 0

    async def _until(self, fits: Any) -> dict[str, Any]:
        async with asyncio.timeout(5):
            while True:
                message = await self.ws.receive_json()
                if fits(message):
                    return message
                self.heard.append(message)


class LiveServer:
    """A hub behind a real HTTP server on a free port of the loopback interface."""

    def __init__(
        self,
        limits: RoomLimits,
        join_time_limit_s: float,
        heartbeat_s: float,
        kept_open: tuple[str, ...],
    ) -> None:
        self.time = HandClock()
        self.plane = RecordingPlane()
        self.books = MemoryBooks()
        self.ice = FixedIce()
        self.metrics = LiveMetrics()
        world = LiveWorld(self.plane, self.books, self.ice, self.time.clock(), self.metrics)
        self.hub = LiveHub(world, limits, kept_open)
        self.books.hub = self.hub
        app = web.Application()
        self.endpoint = WebSocketEndpoint(self.hub, join_time_limit_s, heartbeat_s)
        app.router.add_get("/ws", self.endpoint.handle)
        self.server = TestServer(app, host="127.0.0.1")
        self._http: aiohttp.ClientSession | None = None
        self._clients: list[WsClient] = []

    async def start(self) -> None:
        await self.server.start_server()
        self._http = aiohttp.ClientSession()

    async def close(self) -> None:
        await self.hub.close()
        if self._http is not None:
            await self._http.close()
        await self.server.close()

    async def settled(self, condition: Callable[[], bool]) -> None:
        """Let the server's tasks run until something holds."""
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110 - any task's turn may make it hold
                await asyncio.sleep(0)

    def attached(self, connection_id: str) -> bool:
        """Whether a connection has a socket, as the server knows it."""
        return any(
            c["connection_id"] == connection_id and c["state"] == "in_room"
            for c in self.hub.connections("s1")
        )

    def pass_time(self, seconds: float) -> None:
        self.time.seconds += seconds
        self.hub.tick()

    async def connect(self, token: str, autoping: bool = True, **query: str) -> WsClient:
        """``autoping`` False: a client that answers no ping, as one whose network is gone."""
        assert self._http is not None
        url = self.server.make_url("/ws").with_query(token=token, **query)
        ws = await self._http.ws_connect(url, max_msg_size=0, autoping=autoping)
        client = WsClient(ws)
        self._clients.append(client)  # a client nobody holds would close its socket
        return client

    async def get(self, path: str) -> int:
        """The status of a plain GET."""
        assert self._http is not None
        async with self._http.get(self.server.make_url(path)) as response:
            return response.status

    async def join(self, token: str, **query: str) -> tuple[WsClient, dict[str, Any]]:
        client = await self.connect(token, **query)
        return client, await client.ask("join")


@asynccontextmanager
async def live_server(
    limits: RoomLimits | None = None,
    join_time_limit_s: float = 10.0,
    heartbeat_s: float = HEARTBEAT_S,
    kept_open: tuple[str, ...] = (),
) -> AsyncIterator[LiveServer]:
    server = LiveServer(limits or RoomLimits(), join_time_limit_s, heartbeat_s, kept_open)
    await server.start()
    try:
        yield server
    finally:
        await server.close()


def close_code(code: str) -> tuple[str, int]:
    return code, STATUSES[code].websocket


async def hosted(server: LiveServer, **fields: Any) -> tuple[WsClient, dict[str, Any]]:
    server.books.add_session(**fields)
    return await server.join(server.books.add_seat("host"))
