"""A room, people, and readable effects for the tests of the pure half."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from signaling import room_door, room_host
from signaling.protocol import Track
from signaling.room_values import Effect, Effects, Let, Record, RoomLimits, RoomSession, Send
from signaling.rooms import Room
from signaling.seats import ParticipantState, Role, Seat

EXPIRES_AT = datetime(2030, 1, 1, tzinfo=UTC)


def room_of(
    limits: RoomLimits | None = None,
    waiting_room: bool = True,
    max_participants: int = 10,
    begun: bool = False,
) -> Room:
    session = RoomSession(
        "s1",
        "Session",
        "Host",
        EXPIRES_AT,
        max_participants,
        waiting_room,
        owner_id="user-host",
        begun=begun,
    )
    return Room(session, limits or RoomLimits(), now=0.0)


def seat(
    name: str, role: Role = "participant", state: ParticipantState = "waiting", user: bool = True
) -> Seat:
    return Seat("s1", name, f"user-{name}" if user else None, name.title(), role, state)


HOST = seat("host", "host", "admitted")


def come(room: Room, who: Seat, window: str, now: float = 0.0) -> Effects:
    """Knock, and enter at once when let in."""
    effects = room_door.knock(room, who, window, now)
    if Let(window) in effects:
        effects += room.enter(window)
    return effects


def with_host(room: Room) -> Room:
    come(room, HOST, "h1")
    return room


def call() -> Room:
    """A host, Ana and Bia in a call."""
    room = with_host(room_of(waiting_room=False))
    come(room, seat("ana"), "a1")
    come(room, seat("bia"), "b1")
    return room


def remove(room: Room, by: str, who: str, bar: bool = False, now: float = 1.0) -> Effects:
    """What a host's request does."""
    return room_host.remove(room, room_host.removable_person(room, by, who), bar, now)


def hand_over(room: Room, by: str, who: str) -> Effects:
    """What a host's request does."""
    return room_host.make_host(room, room_host.check_hand_over(room, by, who))


def microphone(window: str, muted: bool = False) -> Track:
    return Track(track_id=f"{window}-mic", kind="audio", source="microphone", muted=muted)


def camera(window: str, muted: bool = False) -> Track:
    return Track(track_id=f"{window}-cam", kind="video", source="camera", muted=muted)


def told(effects: list[Effect], window: str | None = None) -> list[Any]:
    """Types of the messages sent, to one window or as (window, type)."""
    sent = [e for e in effects if isinstance(e, Send)]
    if window is not None:
        return [type(e.message).__name__ for e in sent if e.connection_id == window]
    return [(e.connection_id, type(e.message).__name__) for e in sent]


def message(effects: list[Effect], window: str, type_: type) -> Any:
    """The one message of this type to this window."""
    (found,) = (
        e.message
        for e in effects
        if isinstance(e, Send) and e.connection_id == window and isinstance(e.message, type_)
    )
    return found


def recorded(effects: list[Effect]) -> list[tuple[str, str]]:
    return [(e.participant_id, e.state) for e in effects if isinstance(e, Record)]
