from __future__ import annotations

import pytest

from signaling import room_signals
from signaling.errors import RodaError
from signaling.protocol import ConnectionStatus, PeerJoined, PeerStatus
from tests.signaling.room_scenes import come, message, room_of, seat, told, with_host

POOR = ConnectionStatus(quality=1, camera="missing")


def test_the_others_hear_of_a_status_that_changed() -> None:
    room = with_host(room_of(waiting_room=False))
    come(room, seat("ana"), "a1")
    come(room, seat("ana"), "a2")
    effects = room_signals.report_status(room, "a1", POOR)
    assert told(effects) == [("h1", "PeerStatus"), ("a2", "PeerStatus")]
    assert message(effects, "h1", PeerStatus) == PeerStatus(connection_id="a1", status=POOR)
    assert room_signals.report_status(room, "a1", POOR) == []
    assert told(room_signals.report_status(room, "a1", ConnectionStatus()), "h1") == ["PeerStatus"]


def test_each_window_has_its_own_status() -> None:
    room = with_host(room_of(waiting_room=False))
    come(room, seat("ana"), "a1")
    room_signals.report_status(room, "a1", POOR)
    joined = message(come(room, seat("ana"), "a2"), "h1", PeerJoined)
    assert joined.peer.status == ConnectionStatus()
    statuses = {p.connection_id: p.status for p in room.snapshot("h1").peers}
    assert statuses == {"a1": POOR, "a2": ConnectionStatus()}


def test_those_who_wait_tell_nothing() -> None:
    room = with_host(room_of())
    come(room, seat("ana"), "a1")
    for window in ("a1", "nobody"):
        with pytest.raises(RodaError, match="not_joined"):
            room_signals.report_status(room, window, POOR)
