"""A publisher's clock on ours: the quickest report counts, drift is followed slowly."""

from __future__ import annotations

import pytest

from sfu.publisher_clock import PublisherClock


def clock_after(*samples: tuple[float, float]) -> PublisherClock:
    clock = PublisherClock()
    for publisher_s, arrival_s in samples:
        clock.sample(publisher_s, arrival_s)
    return clock


def test_before_a_report_nothing_is_known() -> None:
    assert PublisherClock().to_ours(5.0) is None


@pytest.mark.parametrize(
    ("samples", "offset_s"),
    [
        ([(0, 100)], 100),
        ([(0, 100.2), (1, 101.05)], 100.05),  # the quicker one
        ([(0, 100), (1, 101.2)], 100.002),  # a slow one moves it by a hundredth
        ([(0, 100), (1, 150)], 149),  # the publisher's clock was set
        ([(0, 100), (50, 101)], 51),
        ([(0, 1e12), (0, -1e12)], -1e12),  # absurd, but a number
    ],
)
def test_offsets(samples: list[tuple[float, float]], offset_s: float) -> None:
    assert clock_after(*samples).to_ours(0) == pytest.approx(offset_s)


def test_drift_is_followed() -> None:
    clock = clock_after(*((second, 100 + second * 1.0001) for second in range(2000)))
    ours = clock.to_ours(2000)
    assert ours == pytest.approx(100 + 2000 * 1.0001, abs=0.02)


def test_audio_and_video_of_one_instant_stay_together() -> None:
    clock = clock_after((10.0, 110.3), (10.1, 110.2))
    assert clock.to_ours(12.0) == clock.to_ours(12.0)
    first, second = clock.to_ours(12.0), clock.to_ours(12.5)
    assert first is not None
    assert second is not None
    assert second - first == pytest.approx(0.5)
