from __future__ import annotations

import pytest

from signaling import room_tracks
from signaling.errors import RodaError
from signaling.protocol import (
    PeerTracks,
    TrackMuted,
    TransportState,
)
from tests.signaling.room_scenes import (
    call,
    camera,
    message,
    microphone,
    told,
)


def test_tracks_are_told_when_they_change() -> None:
    room = call()
    effects = room_tracks.set_tracks(room, "a1", [microphone("a1"), camera("a1")])
    assert sorted(told(effects)) == [("b1", "PeerTracks"), ("h1", "PeerTracks")]
    assert len(message(effects, "h1", PeerTracks).tracks) == 2
    assert room_tracks.set_tracks(room, "a1", [microphone("a1"), camera("a1")]) == []
    muted = room_tracks.set_tracks(room, "a1", [microphone("a1", muted=True), camera("a1")])
    assert sorted(told(muted)) == [("b1", "TrackMuted"), ("h1", "TrackMuted")]
    assert message(muted, "h1", TrackMuted).muted
    assert room_tracks.set_tracks(room, "nobody", [camera("x")]) == []


def test_muting_is_told_once_and_to_the_owner_only_when_the_host_did_it() -> None:
    room = call()
    room_tracks.set_tracks(room, "a1", [microphone("a1")])
    assert sorted(told(room_tracks.mute_track(room, "a1", "a1-mic", True))) == [
        ("b1", "TrackMuted"),
        ("h1", "TrackMuted"),
    ]
    assert room_tracks.mute_track(room, "a1", "a1-mic", True) == []
    effects = room_tracks.mute_track(room, "a1", "a1-mic", False, by_host=True)
    assert message(effects, "a1", TrackMuted).by_host
    with pytest.raises(RodaError, match="track_unknown"):
        room_tracks.mute_track(room, "a1", "b1-mic", True)


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
    effects = room_tracks.transport_state(room, given)
    assert told(effects, "a1") == ["TransportState"]
    assert (told(effects, "h1") == ["TransportState"]) == peers_told
    (peer,) = [p for p in room.snapshot("h1").peers if p.connection_id == "a1"]
    assert peer.transports == {"publish": state}
