from __future__ import annotations

import pytest

from signaling import room_exit, room_signals, room_tracks
from signaling.errors import RodaError
from signaling.protocol import (
    ChatPosted,
    ParticipantUpdated,
    PeerJoined,
    SessionUpdated,
)
from tests.signaling.room_scenes import (
    call,
    camera,
    come,
    message,
    recorded,
    room_of,
    seat,
    told,
    with_host,
)


def test_those_inside_hear_of_a_newcomer_who_sees_them() -> None:
    room = with_host(room_of(waiting_room=False))
    room_tracks.set_tracks(room, "h1", [camera("h1")])
    effects = come(room, seat("ana"), "a1")
    assert told(effects) == [("h1", "PeerJoined")]
    assert message(effects, "h1", PeerJoined).peer.participant.name == "Ana"
    (peer,) = room.snapshot("a1").peers
    assert (peer.connection_id, peer.tracks) == ("h1", [camera("h1")])
    assert recorded(effects) == [("ana", "admitted"), ("ana", "in_call")]


def test_chat_reaches_everyone_inside_and_those_who_come_later() -> None:
    room = with_host(room_of())
    come(room, seat("ana"), "a1")
    effects = room_signals.post_chat(room, "h1", "<b>olá</b>", "2030-01-01T00:00:00+00:00")
    assert told(effects) == [("h1", "ChatPosted")]
    assert message(effects, "h1", ChatPosted).message.text == "<b>olá</b>"
    with pytest.raises(RodaError, match="not_joined"):
        room_signals.post_chat(room, "a1", "let me in", "now")
    come(room, seat("bia", state="admitted"), "b1")
    assert [m.name for m in room.snapshot("b1").chat] == ["Host"]


def test_a_hand_is_raised_once_and_falls_on_leaving() -> None:
    room = call()
    effects = room_signals.raise_hand(room, "a1", True)
    assert message(effects, "h1", ParticipantUpdated).participant.hand_raised
    assert room_signals.raise_hand(room, "a1", True) == []
    room_exit.leave(room, "a1", "left", 1)
    come(room, seat("ana", state="left"), "a2")
    assert not room.info(room.person("ana")).hand_raised


def test_a_changed_row_is_told_to_everyone() -> None:
    room = call()
    assert room.set_locked(False) == []
    effects = room.set_locked(True)
    assert [window for window, _ in told(effects)] == ["h1", "a1", "b1"]
    assert message(effects, "a1", SessionUpdated).session.locked


@pytest.mark.parametrize("call_", ["member", "inside", "snapshot"])
def test_unknown_connections_are_refused(call_: str) -> None:
    with pytest.raises(RodaError, match="not_joined"):
        getattr(room_of(), call_)("zz")
