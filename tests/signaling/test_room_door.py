from __future__ import annotations

import pytest

from signaling import room_door, room_exit, room_time
from signaling.errors import RodaError
from signaling.protocol import WaitingList
from signaling.room_values import Dismiss, Let, Record, RoomLimits
from signaling.rooms import Room
from signaling.seats import ParticipantState
from tests.signaling.room_scenes import (
    HOST,
    come,
    hand_over,
    message,
    recorded,
    remove,
    room_of,
    seat,
    told,
    with_host,
)

# (state kept in the store, waiting room on) → goes straight in?
STRAIGHT_IN = [
    ("waiting", True, False),
    ("waiting", False, True),
    ("admitted", True, True),
    ("in_call", True, True),  # left over from a crash
    ("away", True, True),
    ("left", True, True),
    ("removed", True, False),
    ("removed", False, True),
]


@pytest.mark.parametrize(("state", "waiting_room", "enters"), STRAIGHT_IN)
def test_who_waits(state: ParticipantState, waiting_room: bool, enters: bool) -> None:
    room = room_of(waiting_room=waiting_room)
    effects = room_door.knock(room, seat("ana", state=state), "a1", 0)
    assert (Let("a1") in effects) == enters
    assert ("ana" in room.waiting) != enters
    if enters:
        assert ("ana", "in_call") in recorded(room.enter("a1"))


def test_hosts_never_wait() -> None:
    room = room_of()
    assert Let("h1") in room_door.knock(room, seat("host", "host", "waiting"), "h1", 0)


def test_who_waits_sees_and_tells_nobody() -> None:
    room = with_host(room_of())
    effects = come(room, seat("ana"), "a1")
    effects += come(room, seat("bia"), "b1")
    assert told(effects, "a1") == []
    assert told(effects, "b1") == []
    snapshot = room.snapshot("a1")
    assert (snapshot.state, snapshot.peers, snapshot.waiting, snapshot.chat) == (
        "waiting",
        [],
        [],
        [],
    )
    assert [p.participant_id for p in room.snapshot("h1").waiting] == ["ana", "bia"]


def test_without_a_host_people_wait_and_the_host_finds_them() -> None:
    room = room_of()
    come(room, seat("ana"), "a1")
    come(room, HOST, "h1")
    assert [p.name for p in room.snapshot("h1").waiting] == ["Ana"]


def test_a_reload_keeps_the_place_and_a_lapse_frees_it() -> None:
    room = with_host(room_of())
    come(room, seat("ana"), "a1", 0)
    come(room, seat("bia"), "b1", 1)
    gone = room_exit.lose(room, "a1", 2)
    assert [p.state for p in message(gone, "h1", WaitingList).waiting] == ["away", "waiting"]
    come(room, seat("ana"), "a2", 5)
    assert room.waiting.participants() == ("ana", "bia")
    room_exit.lose(room, "a2", 10)
    late = room_time.tick(room, 70, 0)
    assert room.waiting.participants() == ("bia",)
    assert Record("ana", "waiting", present=False) in late
    assert [p.name for p in message(late, "h1", WaitingList).waiting] == ["Bia"]


def test_two_windows_are_one_person_and_two_tiles() -> None:
    room = room_of(waiting_room=False, max_participants=2)
    come(room, HOST, "h1")
    come(room, seat("ana"), "a1")
    effects = come(room, seat("ana"), "a2")  # the room is full of people, not of windows
    assert told(effects) == [("h1", "PeerJoined"), ("a1", "PeerJoined")]
    assert room.people_inside() == {"host", "ana"}
    left = room_exit.leave(room, "a1", "left", 1)
    assert recorded(left) == []  # each window leaves alone
    assert recorded(room_exit.leave(room, "a2", "left", 2)) == [("ana", "left")]


def _full(room: Room) -> None:
    come(room, HOST, "h1")
    come(room, seat("bia", state="admitted"), "b1")


def _lock(room: Room) -> None:
    room.set_locked(True)


REFUSALS = [
    ("barred", "participant_barred", lambda room: None),
    ("admitted", "session_full", _full),
    ("waiting", "session_locked", _lock),
    ("removed", "session_locked", _lock),
]


@pytest.mark.parametrize(("state", "code", "prepare"), REFUSALS)
def test_refusals(state: ParticipantState, code: str, prepare: object) -> None:
    room = room_of(max_participants=2)
    prepare(room)  # type: ignore[operator]
    before = (set(room.members), set(room.people))
    with pytest.raises(RodaError) as caught:
        room_door.knock(room, seat("ana", state=state), "a1", 0)
    assert caught.value.code == code
    assert (set(room.members), set(room.people)) == before


@pytest.mark.parametrize("state", ["admitted", "left", "in_call"])
def test_a_locked_session_lets_those_back_who_were_in(state: ParticipantState) -> None:
    room = room_of()
    room.set_locked(True)
    assert Let("a1") in room_door.knock(room, seat("ana", state=state), "a1", 0)


def test_the_host_finds_a_seat_in_a_full_session() -> None:
    room = room_of(waiting_room=False, max_participants=1)
    come(room, seat("ana"), "a1")
    assert Let("h1") in room_door.knock(room, HOST, "h1", 0)


def test_windows_of_one_person_are_limited_and_lost_ones_give_way() -> None:
    room = with_host(room_of(RoomLimits(connections_per_participant=2), waiting_room=False))
    come(room, seat("ana"), "a1")
    come(room, seat("ana"), "a2")
    with pytest.raises(RodaError, match="too_many_connections"):
        come(room, seat("ana"), "a3")
    room_exit.lose(room, "a2", 1)
    effects = come(room, seat("ana"), "a3", 2)
    assert Dismiss("a2", "connection_replaced") in effects
    assert set(room.members) == {"h1", "a1", "a3"}


def test_the_line_is_bounded() -> None:
    room = room_of(RoomLimits(waiting_places=1))
    come(room, seat("ana"), "a1")
    with pytest.raises(RodaError, match="session_full"):
        come(room, seat("bia"), "b1")
    come(room, seat("ana"), "a2")  # a second window takes no second place


def test_connections_of_a_session_are_bounded() -> None:
    room = room_of(RoomLimits(connections_per_session=2), waiting_room=False)
    come(room, seat("ana"), "a1")
    come(room, seat("bia"), "b1")
    with pytest.raises(RodaError, match="session_full"):
        come(room, HOST, "h1")


def test_a_registration_anew_after_being_removed_waits_again() -> None:
    room = with_host(room_of())
    come(room, seat("ana", state="admitted"), "a1")
    remove(room, "h1", "ana", bar=False, now=1)
    assert Let("a2") not in come(room, seat("ana", state="waiting"), "a2", 2)


@pytest.mark.parametrize("state", ["waiting", "left"])
def test_the_owner_finds_a_seat_in_a_full_and_locked_session(state: ParticipantState) -> None:
    room = with_host(room_of(max_participants=2))
    come(room, seat("ana", state="admitted"), "a1")
    hand_over(room, "h1", "ana")
    room_exit.leave(room, "h1", "left", 1)
    come(room, seat("bia", state="admitted"), "b1", 1)
    room.set_locked(True)
    assert Let("h2") in come(room, seat("host", state=state), "h2", 2)


def test_the_store_may_lift_a_bar() -> None:
    room = with_host(room_of())
    come(room, seat("ana", state="admitted"), "a1")
    remove(room, "h1", "ana", bar=True, now=1)
    with pytest.raises(RodaError, match="participant_barred"):
        come(room, seat("ana", state="barred"), "a2", 2)
    come(room, seat("ana", state="waiting"), "a3", 3)
    assert "ana" in room.waiting
