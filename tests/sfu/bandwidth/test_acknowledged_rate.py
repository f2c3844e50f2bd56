import pytest

from sfu.bandwidth.acknowledged_rate import MAX_ENTRIES, AcknowledgedRate


def feed(rate: AcknowledgedRate, bps: float, seconds: float, start: float = 0.0) -> None:
    for index in range(round(seconds / 0.02)):
        rate.update(start + index * 0.02, bps * 0.02 / 8)


@pytest.mark.parametrize("bps", [50e3, 1e6, 30e6])
def test_a_steady_rate(bps: float) -> None:
    rate = AcknowledgedRate()
    feed(rate, bps, 2)
    assert rate.bps == pytest.approx(bps)


def test_none_until_a_quarter_of_a_second() -> None:
    rate = AcknowledgedRate()
    feed(rate, 1e6, 0.24)
    assert rate.bps is None
    feed(rate, 1e6, 0.1, 0.24)
    assert rate.bps == pytest.approx(1e6)


def test_half_a_second_after_a_change_the_old_rate_is_gone() -> None:
    rate = AcknowledgedRate()
    feed(rate, 3e6, 2)
    feed(rate, 3e5, 0.56, 2)
    assert rate.bps == pytest.approx(3e5, rel=0.05)


def test_a_clock_set_back_starts_over() -> None:
    rate = AcknowledgedRate()
    feed(rate, 1e6, 2, 100)
    feed(rate, 2e6, 2, 5)
    assert rate.bps == pytest.approx(2e6)


def test_reordered_arrivals_count() -> None:
    rate = AcknowledgedRate()
    for index in range(100):
        rate.update(index * 0.02 - (0.03 if index % 5 == 0 else 0), 2500)
    assert rate.bps == pytest.approx(1e6, rel=0.05)


def test_memory_is_bounded() -> None:
    rate = AcknowledgedRate()
    for index in range(5000):
        rate.update(index * 1e-6, 1000)
    assert len(rate._arrivals) <= MAX_ENTRIES
