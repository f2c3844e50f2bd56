from math import inf
from random import Random

import pytest

from sfu.bandwidth.loss_based import LossBasedController


def observe(
    controller: LossBasedController,
    rows: list[tuple[float, float]],
    *,
    rate_bps: float,
    acknowledged: float | None = None,
    start: float = 10.0,
) -> float:
    """Quarter seconds of (sent rate, loss); the bound in the end."""
    random, at = Random(1), start
    controller.note(1, 0, 100, at)
    for rate, loss in rows:
        at += 0.25
        packets = max(20, int(rate * 0.25 / 8000))
        lost = sum(random.random() < loss for _ in range(packets))
        assert controller.note(packets, lost, rate * 0.25 / 8, at)
    return controller.update(rate_bps, acknowledged)


@pytest.mark.parametrize("rate", [3e5, 1e6, 3e6])
@pytest.mark.parametrize("loss", [0.0, 0.02, 0.05])
def test_loss_that_does_not_follow_the_rate_is_no_bound(rate: float, loss: float) -> None:
    controller = LossBasedController()
    assert observe(controller, [(rate, loss)] * 24, rate_bps=rate) == inf
    assert controller.loss == pytest.approx(loss, abs=0.03)


def test_loss_that_came_with_more_is_a_bound() -> None:
    rows = [(0.9e6, 0.0)] * 12 + [(1.25e6, 0.2)] * 8
    assert observe(LossBasedController(), rows, rate_bps=1.25e6) < 1.25e6


def test_most_of_everything_lost_is_a_bound_at_once() -> None:
    rows = [(3e6, 0.0)] * 12 + [(3e6, 0.9)]
    bound = observe(LossBasedController(), rows, rate_bps=3e6, acknowledged=3e5)
    assert bound == 0.3 * 3e6


def test_high_loss_at_a_high_rate_is_not_believed_to_be_random() -> None:
    assert observe(LossBasedController(), [(3e6, 0.2)] * 24, rate_bps=3e6) < 3e6


def test_without_loss_for_long_the_bound_goes() -> None:
    controller = LossBasedController()
    assert observe(controller, [(1e6, 0.4)] * 6, rate_bps=1e6) < 1e6
    assert observe(controller, [(5e5, 0.0)] * 24, rate_bps=5e5, start=20.0) == inf


def test_few_packets_are_not_judged() -> None:
    controller = LossBasedController()
    controller.note(1, 0, 100, 0.0)
    assert not controller.note(10, 5, 1000, 0.3)
    assert controller.note(1, 1, 1000, 1.3)  # but after a second they are


def test_late_packets_undo_their_loss() -> None:
    controller = LossBasedController()
    controller.note(1, 0, 100, 0.0)
    controller.note(30, 10, 30_000, 0.2)
    controller.note(0, -10, 0.0, None)
    assert controller.note(30, 0, 30_000, 0.4)
    assert controller.update(1e6, None) == inf
    assert controller.loss == 0


def test_reset_forgets() -> None:
    controller = LossBasedController()
    observe(controller, [(3e6, 0.5)] * 6, rate_bps=3e6)
    controller.reset()
    assert controller.cap_bps == inf
