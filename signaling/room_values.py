"""What goes into a room and what comes out of it: plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from signaling.protocol import (
    ConnectionStatus,
    Message,
    Track,
    TransportName,
    TransportStateName,
)
from signaling.seats import ParticipantState, Role
from signaling.session_state import EndReason

Presence = Literal["waiting", "entering", "in_room", "lost"]
LeaveReason = Literal["left", "lost", "removed", "sent_back", "ended"]


@dataclass(frozen=True, slots=True)
class RoomSession:
    """What a room needs to know of its session's row."""

    session_id: str
    session_name: str
    host_name: str
    expires_at: datetime  # aware, UTC
    max_participants: int
    waiting_room_enabled: bool = True
    locked: bool = False
    recording: bool = False
    owner_id: str = ""  # profile id of the therapist who started it
    begun: bool = False  # somebody has been in the call


@dataclass(frozen=True, slots=True)
class RoomLimits:
    """Times in seconds; counts of connections."""

    waiting_grace_s: float = 60.0  # a waiting participant's place without a window
    resume_grace_s: float = 30.0  # a connection's seat without its socket
    connections_per_participant: int = 5
    connections_per_session: int = 300
    waiting_places: int = 100
    expiry_warning_s: float = 300.0
    empty_timeout_s: float | None = None  # None: an empty session goes on until it expires


@dataclass(slots=True)
class Person:
    """A participant the room knows, present or not."""

    participant_id: str
    user_id: str | None
    name: str
    role: Role
    state: ParticipantState
    hand_raised: bool = False
    joined_at: str | None = None  # ISO 8601 in UTC: when they were first in the call


@dataclass(slots=True)
class Member:
    """One connection in the room or before its door. ``lost_at`` is monotonic seconds."""

    connection_id: str
    person: Person
    presence: Presence
    tracks: tuple[Track, ...] = field(default=())
    lost_at: float | None = None
    status: ConnectionStatus = field(default_factory=ConnectionStatus)
    transports: dict[TransportName, TransportStateName] = field(default_factory=dict)


# --- effects: what the caller does after a room's method ---------------------------------------


@dataclass(frozen=True, slots=True)
class Send:
    """Send ``message`` to one connection."""

    connection_id: str
    message: Message


@dataclass(frozen=True, slots=True)
class Let:
    """The waiting is over: open the connection's media, then call `Room.enter`."""

    connection_id: str


@dataclass(frozen=True, slots=True)
class StopMedia:
    """Close the connection's media; its socket stays (it waits again)."""

    connection_id: str


@dataclass(frozen=True, slots=True)
class Dismiss:
    """The connection is out of the room: tell it why (an error code, and ``reason`` where it is
    the session's end), close socket and media."""

    connection_id: str
    code: str
    reason: EndReason | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """Stop forwarding a track at the media server."""

    connection_id: str
    track_id: str


@dataclass(frozen=True, slots=True)
class Record:
    """A participant's state changed: keep it in the store. ``present``: they hold a seat or a
    place, so they count."""

    participant_id: str
    state: ParticipantState
    present: bool


@dataclass(frozen=True, slots=True)
class Finish:
    """The session is over by itself; ``code`` is ``session_expired`` or ``session_ended``."""

    code: str
    reason: Literal["expired", "empty"]


Effect = Send | Let | StopMedia | Dismiss | Silence | Record | Finish
Effects = list[Effect]
