"""What the passing of time does to a room. Pure, like `signaling.rooms`."""

from __future__ import annotations

from signaling import room_exit
from signaling.protocol import ExpiryWarning
from signaling.room_values import Dismiss, Effects, Finish
from signaling.rooms import Room
from signaling.session_state import may


def tick(room: Room, now: float, wall_now: float) -> Effects:
    """Seats and places nobody came back to, the warning before expiry, expiry, an empty room.

    ``now`` is monotonic, ``wall_now`` Unix time, both in seconds: a clock that is set may end a
    session, but takes no seat from anybody."""
    return [
        *_give_up_seats(room, now),
        *_give_up_places(room, now),
        *_session(room, now, wall_now),
    ]


def _give_up_seats(room: Room, now: float) -> Effects:
    effects: Effects = []
    for member in list(room.members.values()):
        if member.lost_at is not None and now - member.lost_at >= room.limits.resume_grace_s:
            effects += room_exit.leave(room, member.connection_id, "lost", now)
            effects.append(Dismiss(member.connection_id, "connection_lost"))
    return effects


def _give_up_places(room: Room, now: float) -> Effects:
    gone = room.waiting.expire(now)
    effects: Effects = [room.record(room.people.pop(participant_id)) for participant_id in gone]
    return effects + (room.tell_waiting() if gone else [])


def _session(room: Room, now: float, wall_now: float) -> Effects:
    left_s = room.session.expires_at.timestamp() - wall_now
    if left_s <= 0 and may(room.state, "expire"):
        return [Finish("session_expired", "expired")]
    empty_for = now - room.empty_since if room.empty_since is not None else 0.0
    timeout = room.limits.empty_timeout_s
    over = timeout is not None and empty_for >= timeout and not room.members
    if over and may(room.state, "empty"):
        return [Finish("session_ended", "empty")]
    expires_at = room.session.expires_at.isoformat()
    if left_s > room.limits.expiry_warning_s or room.warned_for == expires_at:
        return []
    room.warned_for = expires_at
    return room.to_all(ExpiryWarning(expires_at=expires_at))
