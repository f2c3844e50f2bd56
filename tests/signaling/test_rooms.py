from __future__ import annotations

import pytest

from signaling import room_signals
from signaling.errors import RodaError
from signaling.protocol import (
    ChatPosted,
    ParticipantUpdated,
    PeerJoined,
    PeerLeft,
    PeerTracks,
    SessionUpdated,
    TrackMuted,
    TransportState,
)
from signaling.room_values import Dismiss
from signaling.rooms import Room
from tests.signaling.room_scenes import (
    camera,
    come,
    message,
    microphone,
    recorded,
    room_of,
    seat,
    told,
    with_host,
)


def call() -> Room:
    """A host, Ana and Bia in a call."""
    room = with_host(room_of(waiting_room=False))
    come(room, seat("ana"), "a1")
    come(room, seat("bia"), "b1")
    return room


def test_those_inside_hear_of_a_newcomer_who_sees_them() -> None:
    room = with_host(room_of(waiting_room=False))
    room.set_tracks("h1", [camera("h1")])
    effects = come(room, seat("ana"), "a1")
    assert told(effects) == [("h1", "PeerJoined")]
    assert message(effects, "h1", PeerJoined).peer.participant.name == "Ana"
    (peer,) = room.snapshot("a1").peers
    assert (peer.connection_id, peer.tracks) == ("h1", [camera("h1")])
    assert recorded(effects) == [("ana", "admitted"), ("ana", "in_call")]


def test_leaving_is_told_once() -> None:
    room = call()
    effects = room.leave("a1", "left", 1)
    assert sorted(told(effects)) == [("b1", "PeerLeft"), ("h1", "PeerLeft")]
    assert message(effects, "h1", PeerLeft).reason == "left"
    assert recorded(effects) == [("ana", "left")]
    assert room.leave("a1", "left", 2) == []


def test_a_lost_socket_keeps_the_seat_and_a_resume_brings_the_person_back() -> None:
    room = call()
    lost = room.lose("a1", 1)
    assert message(lost, "h1", ParticipantUpdated).participant.state == "away"
    assert recorded(lost) == [("ana", "away")]
    assert room.may_resume("a1", "ana")
    assert not room.may_resume("a1", "bia")
    assert not room.may_resume("zz", "ana")
    assert told(room_signals.post_chat(room, "h1", "hello", "now")) == [
        ("h1", "ChatPosted"),
        ("b1", "ChatPosted"),
    ]
    back = room.resume("a1")
    assert message(back, "h1", ParticipantUpdated).participant.state == "in_call"
    assert recorded(back) == [("ana", "in_call")]
    assert [m.text for m in room.snapshot("a1").chat] == ["hello"]
    assert room.resume("a1") == []


def test_one_lost_window_of_two_is_not_away() -> None:
    room = call()
    come(room, seat("ana"), "a2")
    assert room.lose("a1", 1) == []
    assert recorded(room.lose("a2", 2)) == [("ana", "away")]


def test_tracks_are_told_when_they_change() -> None:
    room = call()
    effects = room.set_tracks("a1", [microphone("a1"), camera("a1")])
    assert sorted(told(effects)) == [("b1", "PeerTracks"), ("h1", "PeerTracks")]
    assert len(message(effects, "h1", PeerTracks).tracks) == 2
    assert room.set_tracks("a1", [microphone("a1"), camera("a1")]) == []
    muted = room.set_tracks("a1", [microphone("a1", muted=True), camera("a1")])
    assert sorted(told(muted)) == [("b1", "TrackMuted"), ("h1", "TrackMuted")]
    assert message(muted, "h1", TrackMuted).muted
    assert room.set_tracks("nobody", [camera("x")]) == []


def test_muting_is_told_once_and_to_the_owner_only_when_the_host_did_it() -> None:
    room = call()
    room.set_tracks("a1", [microphone("a1")])
    assert sorted(told(room.mute_track("a1", "a1-mic", True))) == [
        ("b1", "TrackMuted"),
        ("h1", "TrackMuted"),
    ]
    assert room.mute_track("a1", "a1-mic", True) == []
    effects = room.mute_track("a1", "a1-mic", False, by_host=True)
    assert message(effects, "a1", TrackMuted).by_host
    with pytest.raises(RodaError, match="track_unknown"):
        room.mute_track("a1", "b1-mic", True)


@pytest.mark.parametrize(
    ("state", "peers_told"),
    [
        ("connecting", False),
        ("connected", True),
        ("disconnected", True),
        ("failed", True),
        ("closed", False),
    ],
)
def test_a_peers_transport_is_visible(state: str, peers_told: bool) -> None:
    room = call()
    given = TransportState.model_validate(
        {"connection_id": "a1", "transport": "publish", "state": state}
    )
    effects = room.transport_state(given)
    assert told(effects, "a1") == ["TransportState"]
    assert (told(effects, "h1") == ["TransportState"]) == peers_told
    (peer,) = [p for p in room.snapshot("h1").peers if p.connection_id == "a1"]
    assert peer.transports == {"publish": state}


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
    room.leave("a1", "left", 1)
    come(room, seat("ana", state="left"), "a2")
    assert not room.info(room.person("ana")).hand_raised


def test_a_changed_row_is_told_to_everyone() -> None:
    room = call()
    assert room.set_locked(False) == []
    effects = room.set_locked(True)
    assert [window for window, _ in told(effects)] == ["h1", "a1", "b1"]
    assert message(effects, "a1", SessionUpdated).session.locked


def test_the_end_takes_everyone_out() -> None:
    room = call()
    room.lose("b1", 1)
    room_waiting = with_host(room_of())
    come(room_waiting, seat("ana"), "a1")
    effects = room.end("session_ended")
    assert [e for e in effects if isinstance(e, Dismiss)] == [
        Dismiss(window, "session_ended") for window in ("h1", "a1", "b1")
    ]
    assert recorded(effects) == [("host", "left"), ("ana", "left"), ("bia", "left")]
    assert room.members == {}
    assert Dismiss("a1", "session_ended") in room_waiting.end("session_ended")


@pytest.mark.parametrize("call_", ["member", "inside", "snapshot", "resume"])
def test_unknown_connections_are_refused(call_: str) -> None:
    with pytest.raises(RodaError, match="not_joined"):
        getattr(room_of(), call_)("zz")
