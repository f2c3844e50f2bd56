import pytest

from sfu.bandwidth.trendline import GAIN, MAX_WEIGHT, WINDOW, Trendline


def feed(trendline: Trendline, change_ms: float, groups: int, start_ms: float = 0.0) -> None:
    for index in range(groups):
        trendline.update(change_ms, start_ms + index * 20.0)


@pytest.mark.parametrize("change_ms", [0.0, 1.0, -1.0, 0.2])
def test_the_trend_is_the_delays_slope(change_ms: float) -> None:
    trendline = Trendline()
    feed(trendline, change_ms, 200)
    assert trendline.trend_ms == pytest.approx(change_ms / 20 * MAX_WEIGHT * GAIN, abs=1e-6)


def test_there_is_none_before_the_window_is_full() -> None:
    trendline = Trendline()
    feed(trendline, 5.0, WINDOW - 1)
    assert trendline.trend_ms == 0


def test_alternating_delays_are_no_trend() -> None:
    trendline = Trendline()
    for index in range(200):
        trendline.update(10.0 if index % 2 else -10.0, index * 20.0)
    assert abs(trendline.trend_ms) < 6


def test_a_day_does_not_wear_the_sums_out() -> None:
    old, new = Trendline(), Trendline()
    feed(old, 0.3, 60_000, start_ms=4e9)
    feed(new, 0.3, 200)
    assert old.trend_ms == pytest.approx(new.trend_ms, rel=1e-3)


def test_arrivals_at_one_instant_have_no_slope() -> None:
    trendline = Trendline()
    for _ in range(50):
        trendline.update(1.0, 7.0)
    assert trendline.trend_ms == 0
    assert trendline.groups == 50


def test_reset_forgets() -> None:
    trendline = Trendline()
    feed(trendline, 5.0, 100)
    trendline.reset()
    assert (trendline.trend_ms, trendline.groups) == (0, 0)
