from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from signaling import room_exit, room_time
from signaling.protocol import ExpiryWarning, PeerLeft
from signaling.room_values import Dismiss, Finish, RoomLimits
from tests.signaling.room_scenes import (
    EXPIRES_AT,
    come,
    message,
    recorded,
    room_of,
    seat,
    told,
    with_host,
)

END = EXPIRES_AT.timestamp()


@pytest.mark.parametrize(("at", "gone"), [(30.9, False), (31.0, True)])
def test_a_lost_seat_is_kept_for_thirty_seconds(at: float, gone: bool) -> None:
    room = with_host(room_of(waiting_room=False))
    come(room, seat("ana"), "a1")
    room_exit.lose(room, "a1", 1.0)
    effects = room_time.tick(room, at, 0)
    assert (Dismiss("a1", "connection_lost") in effects) == gone
    if gone:
        assert message(effects, "h1", PeerLeft).reason == "lost"
        assert recorded(effects) == [("ana", "left")]


@pytest.mark.parametrize(
    ("left_s", "expected"), [(301, []), (300, ["ExpiryWarning"]), (1, ["ExpiryWarning"])]
)
def test_everyone_is_warned_before_the_end(left_s: float, expected: list[str]) -> None:
    room = with_host(room_of())
    effects = room_time.tick(room, 0, END - left_s)
    assert told(effects, "h1") == expected


def test_the_warning_comes_once_and_again_after_an_extension() -> None:
    room = with_host(room_of())
    assert told(room_time.tick(room, 0, END - 300), "h1") == ["ExpiryWarning"]
    assert room_time.tick(room, 1, END - 299) == []
    later = EXPIRES_AT + timedelta(minutes=10)
    room.update_session(replace(room.session, expires_at=later))
    assert room_time.tick(room, 2, END - 298) == []
    warned = room_time.tick(room, 3, END + 300)
    assert message(warned, "h1", ExpiryWarning).expires_at == later.isoformat()


@pytest.mark.parametrize(("left_s", "over"), [(0.1, False), (0, True), (-5, True)])
def test_expiry(left_s: float, over: bool) -> None:
    room = with_host(room_of())
    effects = room_time.tick(room, 0, END - left_s)
    assert (Finish("session_expired", "expired") in effects) == over


# (time-out, begun?, who is there, seconds since the room is empty) → over?
EMPTY = [
    (600.0, True, None, 599.0, False),
    (600.0, True, None, 600.0, True),
    (None, True, None, 1e6, False),
    (600.0, True, "in the call", 1e6, False),
    (600.0, True, "waiting", 1e6, False),
    # A session whose host has yet to come waits for them, whoever looked in before.
    (600.0, False, None, 1e6, False),
]


@pytest.mark.parametrize(("timeout", "begun", "who", "now", "over"), EMPTY)
def test_an_empty_session_ends(
    timeout: float | None, begun: bool, who: str | None, now: float, over: bool
) -> None:
    room = room_of(RoomLimits(empty_timeout_s=timeout), begun=begun)
    if who is not None:
        come(room, seat("ana", state="waiting" if who == "waiting" else "admitted"), "a1")
    effects = room_time.tick(room, now, 0)
    assert (Finish("session_ended", "empty") in effects) == over


def test_emptiness_counts_from_the_last_leave() -> None:
    room = with_host(room_of(RoomLimits(empty_timeout_s=600)))
    room_exit.leave(room, "h1", "left", 1000)
    assert room_time.tick(room, 1599, 0) == []
    assert room_time.tick(room, 1600, 0) == [Finish("session_ended", "empty")]


def test_a_clock_set_back_takes_no_seat() -> None:
    room = with_host(room_of())
    room_exit.lose(room, "h1", 1.0)
    assert room_time.tick(room, 2.0, -1e9) == []
    assert room_exit.may_resume(room, "h1", "host")
