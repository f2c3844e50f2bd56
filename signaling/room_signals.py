"""What people in the call tell the others of themselves. Pure, like `signaling.rooms`.

Each function raises `RodaError` ``not_joined`` for a connection that is not in the call."""

from __future__ import annotations

from signaling.protocol import ChatPosted, ConnectionStatus, PeerStatus
from signaling.room_values import Effects
from signaling.rooms import Room


def post_chat(room: Room, connection_id: str, text: str, sent_at: str) -> Effects:
    """A chat message, to everyone inside, its sender included."""
    person = room.inside(connection_id).person
    message = room.chat.post(person.participant_id, person.name, text, sent_at)
    return room.to_all(ChatPosted(message=message))


def raise_hand(room: Room, connection_id: str, raised: bool) -> Effects:
    """Raise or lower a participant's hand, in all their windows."""
    person = room.inside(connection_id).person
    if person.hand_raised == raised:
        return []
    person.hand_raised = raised
    return room.tell_person(person)


def report_status(room: Room, connection_id: str, status: ConnectionStatus) -> Effects:
    """A connection's quality and devices; the others hear of a change only."""
    member = room.inside(connection_id)
    if member.status == status:
        return []
    member.status = status
    return room.to_others(connection_id, PeerStatus(connection_id=connection_id, status=status))
