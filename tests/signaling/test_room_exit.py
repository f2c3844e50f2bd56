from __future__ import annotations

import pytest

from signaling import room_exit, room_signals
from signaling.errors import RodaError
from signaling.protocol import (
    ParticipantUpdated,
    PeerLeft,
)
from signaling.room_values import Dismiss
from tests.signaling.room_scenes import (
    call,
    come,
    message,
    recorded,
    room_of,
    seat,
    told,
    with_host,
)


def test_leaving_is_told_once() -> None:
    room = call()
    effects = room_exit.leave(room, "a1", "left", 1)
    assert sorted(told(effects)) == [("b1", "PeerLeft"), ("h1", "PeerLeft")]
    assert message(effects, "h1", PeerLeft).reason == "left"
    assert recorded(effects) == [("ana", "left")]
    assert room_exit.leave(room, "a1", "left", 2) == []


def test_a_lost_socket_keeps_the_seat_and_a_resume_brings_the_person_back() -> None:
    room = call()
    lost = room_exit.lose(room, "a1", 1)
    assert message(lost, "h1", ParticipantUpdated).participant.state == "away"
    assert recorded(lost) == [("ana", "away")]
    assert room_exit.may_resume(room, "a1", "ana")
    assert not room_exit.may_resume(room, "a1", "bia")
    assert not room_exit.may_resume(room, "zz", "ana")
    assert told(room_signals.post_chat(room, "h1", "hello", "now")) == [
        ("h1", "ChatPosted"),
        ("b1", "ChatPosted"),
    ]
    back = room_exit.resume(room, "a1")
    assert message(back, "h1", ParticipantUpdated).participant.state == "in_call"
    assert recorded(back) == [("ana", "in_call")]
    assert [m.text for m in room.snapshot("a1").chat] == ["hello"]
    assert room_exit.resume(room, "a1") == []


def test_one_lost_window_of_two_is_not_away() -> None:
    room = call()
    come(room, seat("ana"), "a2")
    assert room_exit.lose(room, "a1", 1) == []
    assert recorded(room_exit.lose(room, "a2", 2)) == [("ana", "away")]


def test_the_end_takes_everyone_out() -> None:
    room = call()
    room_exit.lose(room, "b1", 1)
    room_waiting = with_host(room_of())
    come(room_waiting, seat("ana"), "a1")
    effects = room_exit.end(room, "session_ended")
    assert [e for e in effects if isinstance(e, Dismiss)] == [
        Dismiss(window, "session_ended") for window in ("h1", "a1", "b1")
    ]
    assert recorded(effects) == [("host", "left"), ("ana", "left"), ("bia", "left")]
    assert room.members == {}
    assert Dismiss("a1", "session_ended") in room_exit.end(room_waiting, "session_ended")


def test_an_unknown_connection_is_not_resumed() -> None:
    with pytest.raises(RodaError, match="not_joined"):
        room_exit.resume(room_of(), "zz")
