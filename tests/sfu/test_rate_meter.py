from __future__ import annotations

import pytest

from sfu.rate_meter import WINDOWS_KEPT, RateMeter, steady


def feed(meter: RateMeter, sizes: list[int], start: float = 0.0) -> float:
    """Ten packets a second."""
    for index, size in enumerate(sizes):
        meter.note(size, start + index / 10)
    return start + len(sizes) / 10


@pytest.mark.parametrize(
    ("windows", "expected"),
    [
        ([5.0], 5.0),
        ([9.0, 5.0], 5.0),  # a stream begins with a keyframe
        ([9.0, 5.0, 7.0], 6.0),
        ([5.0, 5.0, 50.0, 5.0], 5.0),
        ([50.0, 5.0, 50.0, 5.0], 20.0),  # keyframes all the time are what it takes
        ([9.0, 9.0, 9.0, 5.0], 23 / 3),
    ],
)
def test_the_highest_window_does_not_count(windows: list[float], expected: float) -> None:
    assert steady(windows) == pytest.approx(expected)


def test_a_keyframe_is_seen_in_the_rate_and_not_in_the_steady_one() -> None:
    meter = RateMeter()
    now = feed(meter, [100] * 41)
    before = meter.steady_bps
    assert before == pytest.approx(8000, rel=0.01)
    feed(meter, [5000] + [100] * 10, now)
    assert meter.bps > 5 * before
    assert meter.steady_bps == pytest.approx(before, rel=0.05)


def test_what_stays_high_counts_within_the_windows_kept() -> None:
    meter = RateMeter()
    now = feed(meter, [100] * 41)
    feed(meter, [300] * (10 * WINDOWS_KEPT + 1), now)
    assert meter.steady_bps == pytest.approx(24000, rel=0.02)


def test_a_pause_is_not_averaged_in() -> None:
    """A layer that nobody watched for a minute costs as much as before when it comes back."""
    meter = RateMeter()
    now = feed(meter, [100] * 41)
    for index in range(5):
        meter.note(100, now + 60 + index / 10)
        assert meter.bps == meter.steady_bps == pytest.approx(8000, rel=0.02)


def test_something_is_known_after_a_tenth_of_a_second() -> None:
    meter = RateMeter()
    feed(meter, [100])
    assert meter.bps == meter.steady_bps == 0
    meter.note(100, 0.1)
    assert meter.steady_bps == meter.bps == pytest.approx(16000)
