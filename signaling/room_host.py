"""What a host may do in a room. Pure, like `signaling.rooms`.

Each function takes the acting connection, and raises `RodaError` ``not_joined`` or ``not_host``
when it is not a host's connection in the call, ``participant_not_found`` for people the room does
not know or to whom the act does not apply.
"""

from __future__ import annotations

from signaling import room_exit, room_tracks
from signaling.errors import RodaError
from signaling.participant_state import PRESENT, may
from signaling.protocol import SentBack, UnmuteRequested
from signaling.room_values import Dismiss, Effects, Let, Person, Send, Silence, StopMedia
from signaling.rooms import Room


def require_host(room: Room, by: str) -> Person:
    """The host whose connection ``by`` is."""
    person = room.inside(by).person
    if person.role != "host":
        raise RodaError("not_host")
    return person


def waiting_person(room: Room, by: str, participant_id: str) -> Person:
    """Somebody who waits, for the host to decide on."""
    require_host(room, by)
    if participant_id not in room.waiting:
        raise RodaError("participant_not_found", "not waiting")
    return room.person(participant_id)


def other_person(room: Room, by: str, participant_id: str) -> Person:
    """Somebody other than the host."""
    host = require_host(room, by)
    person = room.person(participant_id)
    if person is host:
        raise RodaError("participant_not_found", "the host")
    return person


def removable_person(room: Room, by: str, participant_id: str) -> Person:
    """Somebody whom the host may put out. Raises ``forbidden`` for the owner."""
    person = other_person(room, by, participant_id)
    if room.is_owner(person):
        raise RodaError("forbidden", "the owner")
    return person


def admit(room: Room, by: str, participant_id: str) -> Effects:
    """Let one in who waits. Raises ``session_full`` when nobody more fits."""
    person = waiting_person(room, by, participant_id)
    room.check_capacity(person)
    return [*_let_in(room, person), *room.tell_waiting()]


def admit_all(room: Room, by: str) -> Effects:
    """Let in everyone who waits, oldest first, as far as they fit.

    Raises ``session_full`` when there is somebody and not even one fits."""
    require_host(room, by)
    effects: Effects = []
    for participant_id in room.waiting.participants():
        person = room.people[participant_id]
        try:
            room.check_capacity(person)
        except RodaError:
            if not effects:
                raise
            break
        effects += _let_in(room, person)
    return effects + (room.tell_waiting() if effects else [])


def _let_in(room: Room, person: Person) -> Effects:
    effects = room.move(person, "admit")
    for connection_id in room.waiting.give_up(person.participant_id):
        room.members[connection_id].presence = "entering"
        effects.append(Let(connection_id))
    return effects


def decline(room: Room, by: str, participant_id: str, now: float) -> Effects:
    """Turn away one who waits; they may knock again."""
    person = waiting_person(room, by, participant_id)
    return room_exit.dismiss_person(room, person, "decline", "declined", now)


def send_back(room: Room, by: str, participant_id: str, now: float) -> Effects:
    """Put a participant back in the waiting room: their media stops, their sockets stay."""
    person = removable_person(room, by, participant_id)
    if not may(person.state, "send_back"):
        raise RodaError("participant_not_found", "not in the call")
    effects = room.move(person, "send_back")
    for member in room.connections_of(participant_id):
        effects += room_exit.leave(room, member.connection_id, "sent_back", now)
        if member.lost_at is not None:
            effects.append(Dismiss(member.connection_id, "connection_lost"))
            continue
        member.presence, member.tracks = "waiting", ()
        member.transports.clear()
        room.members[member.connection_id] = member
        room.waiting.knock(participant_id, member.connection_id, now)
        effects += [StopMedia(member.connection_id), Send(member.connection_id, SentBack())]
    return effects + room.tell_waiting()


def remove(room: Room, person: Person, bar: bool, now: float) -> Effects:
    """Remove a participant's every connection; ``bar`` refuses the return. Whether the host may
    is asked before, by `removable_person`."""
    if not may(person.state, "bar" if bar else "remove"):
        return []
    return room_exit.dismiss_person(
        room,
        person,
        "bar" if bar else "remove",
        "participant_barred" if bar else "participant_removed",
        now,
    )


def mute(room: Room, by: str, participant_id: str | None) -> Effects:
    """Mute one participant's microphones, or everyone else's."""
    host = require_host(room, by)
    if participant_id is not None:
        _present(room, participant_id)
    effects: Effects = []
    for member in room.members.values():
        if participant_id not in (None, member.person.participant_id):
            continue
        if participant_id is None and member.person is host:
            continue
        for track in member.tracks:
            if track.source == "microphone" and not track.muted:
                effects.append(Silence(member.connection_id, track.track_id))
                effects += room_tracks.mute_track(
                    room, member.connection_id, track.track_id, muted=True, by_host=True
                )
    return effects


def ask_to_unmute(room: Room, by: str, participant_id: str) -> Effects:
    """Ask a participant to unmute, in every window of theirs."""
    require_host(room, by)
    _present(room, participant_id)
    return [
        Send(m.connection_id, UnmuteRequested())
        for m in room.connections_of(participant_id)
        if m.presence == "in_room"
    ]


def check_hand_over(room: Room, by: str, participant_id: str) -> Person:
    """The participant who may become host: another one, in the call, with an account.

    Raises ``forbidden`` for a guest."""
    person = other_person(room, by, participant_id)
    _present(room, participant_id)
    if person.user_id is None:
        raise RodaError("forbidden", "a guest cannot be the host")
    return person


def check_take_hosting(room: Room, by: str) -> Person:
    """The owner, whose connection ``by`` is; host or not. Raises ``not_host`` for others."""
    person = room.inside(by).person
    if not room.is_owner(person):
        raise RodaError("not_host", "not the owner")
    return person


def make_host(room: Room, person: Person) -> Effects:
    """Make somebody the one host; whoever was so stays as a participant."""
    if person.role == "host":
        return []
    before = [p for p in room.people.values() if p.role == "host"]
    for one in before:
        one.role = "participant"
    person.role = "host"
    told = [effect for one in (*before, person) for effect in room.tell_person(one)]
    return [*told, *room.tell_waiting()]


def _present(room: Room, participant_id: str) -> Person:
    person = room.person(participant_id)
    if person.state not in PRESENT:
        raise RodaError("participant_not_found", "not in the call")
    return person
