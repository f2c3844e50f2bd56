from __future__ import annotations

from collections.abc import Callable

import pytest

from signaling import room_exit, room_host, room_tracks
from signaling.errors import RodaError
from signaling.protocol import PeerLeft, TrackMuted, WaitingList
from signaling.room_values import Dismiss, Effects, Let, Silence, StopMedia
from signaling.rooms import Room
from tests.signaling.room_scenes import (
    come,
    hand_over,
    message,
    microphone,
    recorded,
    remove,
    room_of,
    seat,
    told,
    with_host,
)

ACTS: dict[str, Callable[[Room, str], object]] = {
    "admit": lambda room, by: room_host.admit(room, by, "cid"),
    "admit_all": lambda room, by: room_host.admit_all(room, by),
    "decline": lambda room, by: room_host.decline(room, by, "cid", 1),
    "send_back": lambda room, by: room_host.send_back(room, by, "bia", 1),
    "remove": lambda room, by: remove(room, by, "bia", True, 1),
    "mute": lambda room, by: room_host.mute(room, by, None),
    "ask_to_unmute": lambda room, by: room_host.ask_to_unmute(room, by, "bia"),
    "hand_over": lambda room, by: hand_over(room, by, "bia"),
    "require_host": lambda room, by: room_host.require_host(room, by),
}


def scene(max_participants: int = 10) -> Room:
    """Host, Ana and Bia in the call; Cid and Dora (a guest) wait."""
    room = with_host(room_of(max_participants=max_participants))
    for name in ("ana", "bia"):
        come(room, seat(name, state="admitted"), f"{name[0]}1")
        room_tracks.set_tracks(room, f"{name[0]}1", [microphone(f"{name[0]}1")])
    come(room, seat("cid"), "c1")
    come(room, seat("dora", user=False), "d1")
    return room


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(("by", "code"), [("a1", "not_host"), ("c1", "not_joined")])
def test_only_a_host_inside_may(act: str, by: str, code: str) -> None:
    room = scene()
    before = room.waiting.participants(), set(room.members)
    with pytest.raises(RodaError) as caught:
        ACTS[act](room, by)
    assert caught.value.code == code
    assert (room.waiting.participants(), set(room.members)) == before


def test_admit_one() -> None:
    room = scene()
    effects = room_host.admit(room, "h1", "dora")
    assert Let("d1") in effects
    assert [p.name for p in message(effects, "h1", WaitingList).waiting] == ["Cid"]
    entered = room.enter("d1")
    assert [window for window, _ in told(entered)] == ["h1", "a1", "b1"]
    assert recorded(effects + entered) == [("dora", "admitted"), ("dora", "in_call")]


def test_admit_everyone_in_their_order_as_far_as_they_fit() -> None:
    room = scene(max_participants=4)
    effects = room_host.admit_all(room, "h1")
    assert [e for e in effects if isinstance(e, Let)] == [Let("c1")]
    assert room.waiting.participants() == ("dora",)
    with pytest.raises(RodaError, match="session_full"):
        room_host.admit_all(room, "h1")
    with pytest.raises(RodaError, match="session_full"):
        room_host.admit(room, "h1", "dora")
    assert "dora" in room.waiting


def test_admitted_while_reloading_goes_straight_in() -> None:
    room = scene()
    room_exit.lose(room, "c1", 1)
    assert [e for e in room_host.admit(room, "h1", "cid") if isinstance(e, Let)] == []
    assert Let("c2") in come(room, seat("cid"), "c2", 3)


def test_declined_people_are_told_and_may_knock_again() -> None:
    room = scene()
    effects = room_host.decline(room, "h1", "cid", 1)
    assert Dismiss("c1", "declined") in effects
    assert recorded(effects) == [("cid", "removed")]
    assert room.waiting.participants() == ("dora",)
    come(room, seat("cid", state="waiting"), "c2", 2)
    assert room.waiting.participants() == ("dora", "cid")


def test_sent_back_people_wait_with_their_socket() -> None:
    room = scene()
    effects = room_host.send_back(room, "h1", "ana", 1)
    assert message(effects, "b1", PeerLeft).reason == "sent_back"
    assert StopMedia("a1") in effects
    assert told(effects, "a1") == ["SentBack"]
    assert recorded(effects)[0] == ("ana", "waiting")
    assert room.snapshot("a1").state == "waiting"
    assert room.snapshot("a1").peers == []
    again = room_host.admit(room, "h1", "ana") + room.enter("a1")
    assert ("b1", "PeerJoined") in told(again)


def test_a_lost_window_sent_back_is_gone() -> None:
    room = scene()
    room_exit.lose(room, "a1", 1)
    effects = room_host.send_back(room, "h1", "ana", 2)
    assert Dismiss("a1", "connection_lost") in effects
    assert "ana" not in room.waiting


@pytest.mark.parametrize(
    ("bar", "state", "code"),
    [(False, "removed", "participant_removed"), (True, "barred", "participant_barred")],
)
def test_removed_in_every_window(bar: bool, state: str, code: str) -> None:
    room = scene()
    come(room, seat("ana", state="admitted"), "a2")
    effects = remove(room, "h1", "ana", bar, 1)
    assert [e for e in effects if isinstance(e, Dismiss)] == [
        Dismiss("a1", code),
        Dismiss("a2", code),
    ]
    assert told(effects, "b1") == ["PeerLeft", "PeerLeft"]
    assert recorded(effects) == [("ana", state)]


def test_removing_one_who_waits_changes_the_line() -> None:
    room = scene()
    effects = remove(room, "h1", "cid", True, 1)
    assert [p.name for p in message(effects, "h1", WaitingList).waiting] == ["Dora"]
    assert told(effects, "a1") == []


def test_mute_one_is_told_to_all_and_stops_the_forwarding() -> None:
    room = scene()
    effects: Effects = room_host.mute(room, "h1", "ana")
    assert effects[0] == Silence("a1", "a1-mic")
    assert message(effects, "a1", TrackMuted).by_host
    assert told(effects, "b1") == ["TrackMuted"]
    assert room_host.mute(room, "h1", "ana") == []


def test_mute_all_leaves_the_host_alone() -> None:
    room = scene()
    room_tracks.set_tracks(room, "h1", [microphone("h1")])
    effects = room_host.mute(room, "h1", None)
    assert [e.track_id for e in effects if isinstance(e, Silence)] == ["a1-mic", "b1-mic"]


def test_ask_to_unmute_reaches_every_window() -> None:
    room = scene()
    come(room, seat("ana", state="admitted"), "a2")
    assert told(room_host.ask_to_unmute(room, "h1", "ana")) == [
        ("a1", "UnmuteRequested"),
        ("a2", "UnmuteRequested"),
    ]


def test_hosting_is_handed_over() -> None:
    room = scene()
    effects = hand_over(room, "h1", "ana")
    assert [room.person(p).role for p in ("host", "ana")] == ["participant", "host"]
    assert [p.name for p in message(effects, "a1", WaitingList).waiting] == ["Cid", "Dora"]
    with pytest.raises(RodaError, match="not_host"):
        room_host.admit(room, "h1", "cid")
    room_host.admit(room, "a1", "cid")


def test_the_owner_takes_hosting_back() -> None:
    room = scene()
    hand_over(room, "h1", "ana")
    owner = room_host.check_take_hosting(room, "h1")
    effects = room_host.make_host(room, owner)
    assert [room.person(p).role for p in ("host", "ana")] == ["host", "participant"]
    assert told(effects, "a1") == ["ParticipantUpdated"] * 2
    assert [p.name for p in message(effects, "h1", WaitingList).waiting] == ["Cid", "Dora"]
    assert room_host.make_host(room, owner) == []


@pytest.mark.parametrize(("by", "code"), [("a1", "not_host"), ("c1", "not_joined")])
def test_nobody_else_takes_hosting(by: str, code: str) -> None:
    with pytest.raises(RodaError, match=code):
        room_host.check_take_hosting(scene(), by)


def test_hosting_goes_to_one_who_left_meanwhile_and_stays_single() -> None:
    room = scene()
    ana = room_host.check_hand_over(room, "h1", "ana")
    room_exit.leave(room, "a1", "left", 1)
    room_host.make_host(room, ana)
    assert [p.name for p in room.people.values() if p.role == "host"] == ["Ana"]
    come(room, seat("ana", "participant", "left"), "a2", 2)
    room_host.admit(room, "a2", "cid")


def test_the_host_who_leaves_returns_as_host() -> None:
    room = scene()
    room_exit.leave(room, "h1", "left", 1)
    assert [p.role for p in room.people.values()].count("host") == 1
    assert set(room.members) == {"a1", "b1", "c1", "d1"}
    come(room, seat("host", "host", "left"), "h2", 2)
    room_host.admit(room, "h2", "cid")


def test_removing_the_barred_again_changes_nothing() -> None:
    room = scene()
    remove(room, "h1", "ana", bar=True)
    assert remove(room, "h1", "ana", bar=False) == remove(room, "h1", "ana", bar=True) == []
    assert room.person("ana").state == "barred"


@pytest.mark.parametrize("act", [remove, lambda *who: room_host.send_back(*who, 1)])
def test_the_owner_cannot_be_put_out_by_the_host_they_made(act: Callable[..., object]) -> None:
    room = scene()
    hand_over(room, "h1", "ana")
    with pytest.raises(RodaError, match="forbidden"):
        act(room, "a1", "host")
    assert room.person("host").state == "in_call"


def test_a_guest_cannot_be_host() -> None:
    room = scene()
    room_host.admit(room, "h1", "dora")
    room.enter("d1")
    with pytest.raises(RodaError, match="forbidden"):
        hand_over(room, "h1", "dora")


WRONG_PEOPLE = [
    ("admit", "ana"),  # is in already
    ("admit", "nobody"),
    ("decline", "ana"),
    ("send_back", "cid"),  # waits already
    ("send_back", "host"),
    ("remove", "host"),
    ("remove", "nobody"),
    ("mute", "cid"),
    ("ask_to_unmute", "cid"),
    ("hand_over", "cid"),
    ("hand_over", "host"),
]


ACTS_ON: dict[str, Callable[..., object]] = {"remove": remove, "hand_over": hand_over}


@pytest.mark.parametrize(("act", "who"), WRONG_PEOPLE)
def test_acts_on_people_they_do_not_fit(act: str, who: str) -> None:
    extra: dict[str, tuple[object, ...]] = {
        "decline": (1.0,),
        "send_back": (1.0,),
    }
    with pytest.raises(RodaError, match="participant_not_found"):
        (ACTS_ON.get(act) or getattr(room_host, act))(scene(), "h1", who, *extra.get(act, ()))
