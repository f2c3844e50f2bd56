"""Who comes into a room, who waits before it, who is refused. Pure, like `signaling.rooms`."""

from __future__ import annotations

from signaling import room_exit
from signaling.errors import RodaError
from signaling.participant_state import ADMITTED, PRESENT
from signaling.room_values import Dismiss, Effects, Let, Member, Person
from signaling.rooms import Room
from signaling.seats import Seat


def knock(room: Room, seat: Seat, connection_id: str, now: float) -> Effects:
    """A connection asks to enter: it gets a place in the waiting room, or `Let`.

    Raises `RodaError`: ``participant_barred``, ``session_locked``, ``session_full``,
    ``too_many_connections``."""
    person = _recognise(room, seat)
    effects = _give_up_lost(room, person, now)
    _check(room, person)
    room.people[person.participant_id] = person
    if not _has_to_wait(room, person):
        effects += room.move(person, "admit")
        room.waiting.give_up(person.participant_id)
        room.members[connection_id] = Member(connection_id, person, "entering")
        return [*effects, Let(connection_id)]
    effects += room.move(person, "knock")
    room.members[connection_id] = Member(connection_id, person, "waiting")
    if room.waiting.knock(person.participant_id, connection_id, now):
        effects += [room.record(person), *room.tell_waiting()]
    return effects


def _recognise(room: Room, seat: Seat) -> Person:
    """The room's own memory of a person, or the store's where the room has none."""
    known = room.people.get(seat.participant_id)
    if known is None:
        # A state left over from before a crash must be recorded anew on entering.
        state = "admitted" if seat.state in PRESENT else seat.state
        return Person(
            seat.participant_id,
            seat.user_id,
            seat.name,
            seat.role,
            state,
            joined_at=seat.joined_at,
        )
    if known.state == "barred":
        known.state = seat.state
    known.name = seat.name
    return known


def _give_up_lost(room: Room, person: Person, now: float) -> Effects:
    """Give up the participant's oldest lost connection when a new one would be too many."""
    mine = room.connections_of(person.participant_id)
    lost = [(m.lost_at, m.connection_id) for m in mine if m.lost_at is not None]
    if not lost or len(mine) < room.limits.connections_per_participant:
        return []
    _, oldest = min(lost)
    return [*room_exit.leave(room, oldest, "lost", now), Dismiss(oldest, "connection_replaced")]


def _check(room: Room, person: Person) -> None:
    if person.state == "barred":
        raise RodaError("participant_barred")
    if len(room.members) >= room.limits.connections_per_session:
        raise RodaError("session_full", "connections per session")
    mine = room.connections_of(person.participant_id)
    if len(mine) >= room.limits.connections_per_participant:
        raise RodaError("too_many_connections")
    if (
        person.role == "host"
        or room.is_owner(person)
        or mine
        or person.participant_id in room.waiting
    ):
        return
    if room.session.locked and person.state not in ADMITTED:
        raise RodaError("session_locked")
    if not _has_to_wait(room, person):
        room.check_capacity(person)
    elif len(room.waiting) >= room.limits.waiting_places:
        raise RodaError("session_full", "waiting places")


def _has_to_wait(room: Room, person: Person) -> bool:
    if person.role == "host" or room.is_owner(person):
        return False
    return room.session.waiting_room_enabled and person.state not in ADMITTED
