"""WHIP and WHEP clients: connections that HTTP requests signal instead of a WebSocket.

To the room they are connections like all others: seen, counted, removed in the same way.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sfu.net.media_api import NOTHING, MediaConnection, MediaError, Reception, TransportName
from signaling.errors import STATUSES, RodaError
from signaling.etags import if_match, new_etag
from signaling.live_client import Rooms
from signaling.live_connection import JoinLog, LiveConnection, published
from signaling.live_room import LiveRoom, LiveWorld
from signaling.protocol import IceServer, Message, SentBack
from signaling.seats import Seat
from signaling.session_state import EndReason
from signaling.throttle import Throttle
from signaling.token_bucket import TokenBucket

Door = Literal["whip", "whep"]
TRANSPORTS: Mapping[Door, TransportName] = {"whip": "publish", "whep": "subscribe"}
PATCHES_PER_S = 10.0
PATCH_BURST = 50.0


@dataclass(frozen=True, slots=True)
class ResourceLimits:
    """Of one address."""

    openings: int = 60  # attempts within `opening_period_s`
    opening_period_s: float = 60.0
    resources: int = 50  # at once


@dataclass(frozen=True, slots=True)
class Opening:
    """What a client asks for. ``participant_id``: whose tracks a player wants; None: everyone's."""

    door: Door
    seat: Seat
    session_token: str
    offer_sdp: str
    address: str
    participant_id: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    resource: MediaResource
    answer_sdp: str
    ice_servers: Sequence[IceServer]


@dataclass(slots=True, eq=False)
class MediaResource:
    """One client's session, as WHIP calls it. Implements `signaling.live_connection.Client`."""

    opening: Opening
    on_end: Callable[[MediaResource], None]
    bucket: TokenBucket
    resource_id: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    etag: str = field(default_factory=new_etag)  # changes with each ICE restart
    room: LiveRoom | None = None
    connection: LiveConnection | None = None
    ended_with: str = ""  # error code

    def send(self, message: Message) -> None:
        """There is nobody to tell. Who is sent back to the waiting room is out: only a new request
        can come in again."""
        if isinstance(message, SentBack):
            # After the effects of which this message is one.
            asyncio.get_running_loop().call_soon(self.leave, "not_admitted")

    def finish(self, code: str, reason: EndReason | None = None) -> None:
        """The room has let go of the connection."""
        self.ended_with = self.ended_with or code
        self.on_end(self)

    def leave(self, code: str) -> None:
        """Let go of the connection."""
        if not self.ended_with and self.room is not None and self.connection is not None:
            self.room.leave(self.connection, "left")
        self.finish(code)


class MediaResources:
    """Every WHIP and WHEP client of this server."""

    def __init__(
        self, rooms: Rooms, world: LiveWorld, limits: ResourceLimits | None = None
    ) -> None:
        self._rooms = rooms
        self._world = world
        self._limits = limits or ResourceLimits()
        self._throttle = Throttle(self._limits.openings, self._limits.opening_period_s)
        self._resources: dict[str, MediaResource] = {}
        self._by_address: Counter[str] = Counter()

    def check_address(self, address: str) -> None:
        """Count an attempt. Raises `RodaError`: ``too_many_requests``, ``too_many_connections``."""
        if not self._throttle.attempt(address, self._now):
            raise RodaError("too_many_requests", "openings of one address")
        if self._by_address[address] >= self._limits.resources:
            raise RodaError("too_many_connections", "resources of one address")

    async def open(self, opening: Opening) -> Opened:
        """Bring a client into the room, and answer its offer.

        Who has to wait is announced to the host, and refused: they try again once admitted.
        Raises `RodaError`: ``not_admitted``, ``participant_not_found``, what joining raises, and
        the media server's codes."""
        room = await self._rooms.live_room(opening.seat.session_id)
        reception = _reception(opening, room)
        resource = MediaResource(
            opening, self._ended, TokenBucket(PATCHES_PER_S, PATCH_BURST, self._now)
        )
        log = JoinLog(self._world.clock, self._world.metrics)
        connection, result, begin = await room.join(resource, opening.seat, log, None)
        connection.door, connection.reception = opening.door, reception
        resource.room, resource.connection = room, connection
        begin()
        if result.state == "waiting":
            room.socket_gone(connection, resource, going_away=False)
            raise RodaError("not_admitted")
        self._keep(resource)
        try:
            answer = await _negotiate(room, connection, opening)
        except MediaError as exc:
            resource.leave("connection_closed")
            raise RodaError(exc.code if exc.code in STATUSES else "internal", exc.detail) from exc
        if resource.ended_with:
            raise RodaError(resource.ended_with)
        return Opened(resource, answer, result.ice_servers)

    def find(self, door: Door, session_token: str, resource_id: str) -> MediaResource:
        """Raises `RodaError` ``not_found``, also for those that have ended."""
        resource = self._resources.get(resource_id)
        if resource is None or (door, session_token) != (
            resource.opening.door,
            resource.opening.session_token,
        ):
            raise RodaError("not_found")
        return resource

    async def patch(self, resource: MediaResource, fragment: str, match: str | None) -> str | None:
        """Candidates: None. An ICE restart: the server's fragment; the entity tag is a new one.

        Raises `RodaError`: ``precondition_required``, ``precondition_failed``,
        ``too_many_requests``, ``sdp_invalid``, ``connection_closed``."""
        if match is None:
            raise RodaError("precondition_required")
        if not if_match(match, resource.etag):
            raise RodaError("precondition_failed")
        if not resource.bucket.take(self._now):
            raise RodaError("too_many_requests", "fragments")
        media = resource.connection.media if resource.connection is not None else None
        if media is None:
            raise RodaError("connection_closed")
        try:
            answer = await media.trickle(TRANSPORTS[resource.opening.door], fragment)
        except MediaError as exc:
            raise RodaError(exc.code, exc.detail) from exc
        if answer is not None:
            resource.etag = new_etag()
        return answer

    def counts(self) -> dict[str, int]:
        """Open resources by door, for the metrics."""
        doors = Counter(resource.opening.door for resource in self._resources.values())
        return {"whip": doors["whip"], "whep": doors["whep"]}

    @property
    def _now(self) -> float:
        return self._world.clock.monotonic()

    def _keep(self, resource: MediaResource) -> None:
        if not resource.ended_with:
            self._resources[resource.resource_id] = resource
            self._by_address[resource.opening.address] += 1

    def _ended(self, resource: MediaResource) -> None:
        if self._resources.pop(resource.resource_id, None) is None:
            return
        address = resource.opening.address
        self._by_address[address] -= 1
        if self._by_address[address] <= 0:
            del self._by_address[address]


def _reception(opening: Opening, room: LiveRoom) -> Reception:
    """A publisher gets nothing; a player gets the tracks of others, never its own person's.

    Raises `RodaError` ``participant_not_found``."""
    if opening.door == "whip":
        return NOTHING
    wanted = opening.participant_id
    if wanted is not None and wanted not in room.room.people:
        raise RodaError("participant_not_found")

    def wants(connection_id: str) -> bool:
        member = room.room.members.get(connection_id)
        who = member.person.participant_id if member is not None else None
        return who not in (None, opening.seat.participant_id) and wanted in (None, who)

    return Reception("client_offer", wants)


async def _negotiate(room: LiveRoom, connection: LiveConnection, opening: Opening) -> str:
    """The answer. Raises `MediaError`."""
    media: MediaConnection | None = connection.media
    if media is None:
        raise MediaError("media_unreachable", "the media server refuses the connection")
    if opening.door == "whep":
        answer, _ = await media.play(opening.offer_sdp)
        connection.step("subscribe_answered")
        return answer
    answer, tracks = await media.publish(opening.offer_sdp, None)
    connection.step("publish_answered")
    room.tracks_changed(connection.connection_id, [published(track) for track in tracks])
    return answer
