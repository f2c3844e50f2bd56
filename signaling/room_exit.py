"""Who goes from a room, for good or for a while. Pure, like `signaling.rooms`."""

from __future__ import annotations

from signaling.participant_state import PRESENT, ParticipantEvent
from signaling.protocol import PeerLeft
from signaling.room_values import Dismiss, Effects, LeaveReason, Person
from signaling.rooms import Room
from signaling.session_state import EndReason


def leave(room: Room, connection_id: str, reason: LeaveReason, now: float) -> Effects:
    """A connection is gone for good. Unknown ones are ignored."""
    member = room.members.pop(connection_id, None)
    if member is None:
        return []
    person = member.person
    effects: Effects = []
    if member.presence in ("in_room", "lost"):
        effects += room.to_others(
            connection_id,
            PeerLeft(
                connection_id=connection_id,
                participant_id=person.participant_id,
                reason=reason,
            ),
        )
    if room.waiting.absent(person.participant_id, connection_id, now):
        effects += room.tell_waiting()
    effects += _settle(room, person)
    if not room.members_inside():
        room.empty_since = room.empty_since if room.empty_since is not None else now
    return effects


def lose(room: Room, connection_id: str, now: float) -> Effects:
    """A connection's socket is gone without a word. Its seat is kept when it was in the room;
    a waiting one keeps the participant's place only."""
    member = room.members.get(connection_id)
    if member is None or member.presence == "lost":
        return []
    if member.presence != "in_room":
        return leave(room, connection_id, "lost", now)
    member.presence, member.lost_at = "lost", now
    return _settle(room, member.person)


def resume(room: Room, connection_id: str) -> Effects:
    """A lost connection has a socket again."""
    member = room.member(connection_id)
    if member.presence != "lost":
        return []
    member.presence, member.lost_at = "in_room", None
    was = member.person.state
    effects = room.move(member.person, "enter")
    return effects + (room.tell_person(member.person) if was == "away" else [])


def may_resume(room: Room, connection_id: str, participant_id: str) -> bool:
    """Whether this connection is in the room and this participant's."""
    member = room.members.get(connection_id)
    return (
        member is not None
        and member.presence in ("in_room", "lost")
        and member.person.participant_id == participant_id
    )


def end(room: Room, code: str, reason: EndReason | None = None) -> Effects:
    """The session is over, or the server stops: everyone is told, and the room is empty."""
    effects: Effects = []
    for person in room.people.values():
        if person.state in PRESENT:
            effects += room.move(person, "leave")
    effects += [Dismiss(connection_id, code, reason) for connection_id in room.members]
    room.members.clear()
    return effects


def dismiss_person(
    room: Room, person: Person, event: ParticipantEvent, code: str, now: float
) -> Effects:
    """Take a participant's every connection out by ``event``, telling them ``code``."""
    effects = room.move(person, event)
    reason: LeaveReason = "left" if event == "leave" else "removed"
    was_waiting = person.participant_id in room.waiting
    room.waiting.give_up(person.participant_id)
    for member in room.connections_of(person.participant_id):
        effects += leave(room, member.connection_id, reason, now)
        effects.append(Dismiss(member.connection_id, code))
    return effects + (room.tell_waiting() if was_waiting else [])


def _settle(room: Room, person: Person) -> Effects:
    """Bring a participant's state in line with the connections they have left."""
    mine = room.connections_of(person.participant_id)
    if person.state == "admitted" and not mine:
        return [room.record(person)]
    inside = [m for m in mine if m.presence in ("in_room", "lost")]
    if person.state not in PRESENT or any(m.presence == "in_room" for m in inside):
        return []
    was = person.state
    effects = room.move(person, "lose" if inside else "leave")
    told = person.state == "away" and was != "away"
    return effects + (room.tell_person(person) if told else [])
