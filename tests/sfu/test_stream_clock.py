"""Timestamps of one stream on the clock of others."""

from __future__ import annotations

import pytest

from sfu.stream_clock import StreamClock

WRAP = 1 << 32


@pytest.mark.parametrize("start", [1000, WRAP - 4000], ids=["small", "about to wrap"])
def test_a_new_shift_begins_with_a_frame_and_holds_for_its_late_packets(start: int) -> None:
    clock = StreamClock()
    clock.set(50)
    frames = [(start + 3000 * n) % WRAP for n in range(3)]
    assert clock.receive(frames[0], watched=False) == (frames[0] + 50) % WRAP
    clock.align(70)
    assert clock.receive(frames[0], watched=False) == (frames[0] + 50) % WRAP
    assert clock.receive(frames[1], watched=False) == (frames[1] + 70) % WRAP
    assert clock.receive(frames[0], watched=False) == (frames[0] + 50) % WRAP
    assert clock.receive(frames[1], watched=False) == (frames[1] + 70) % WRAP
    assert clock.shown(frames[2]) == (frames[2] + 70) % WRAP


def test_whoever_watches_sees_no_jump() -> None:
    clock = StreamClock()
    clock.receive(1000, watched=False)
    clock.align(70)
    assert clock.receive(4000, watched=True) == 4000
    assert clock.receive(7000, watched=False) == 7000


def test_a_stream_that_begins_anew_has_its_shift_at_once() -> None:
    clock = StreamClock()
    clock.receive(1000, watched=False)
    clock.align(70)
    clock.set(-500)
    assert clock.receive(900, watched=True) == 400


def test_a_shift_of_hours_ago_is_forgotten() -> None:
    clock = StreamClock()
    clock.receive(0, watched=False)
    clock.align(70)
    for tick in range(1, 70):
        assert (
            clock.receive(tick * (WRAP // 64) % WRAP, watched=False)
            == tick * (WRAP // 64) % WRAP + 70
        )
