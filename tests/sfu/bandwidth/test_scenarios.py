"""The estimator over bad lines, in virtual time. Each row: a line, and what must come of it."""

from __future__ import annotations

from math import inf

import pytest

from sfu.bandwidth.estimator import BandwidthEstimator
from sfu.pacer import MAX_WAIT_S
from tests.sfu.bandwidth.line import Call
from tests.support.network import Conditions

DELAY_S = 0.03


def line(rate_bps: float, *, queue_s: float = 0.5, **more: float) -> Conditions:
    queue = int(rate_bps / 8 * queue_s)
    return Conditions(delay_s=DELAY_S, rate_bps=rate_bps, queue_bytes=queue, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("keyframe_s", [inf, 3.0])
@pytest.mark.parametrize("rate", [300e3, 1e6, 3e6])
def test_a_steady_line_is_used_without_filling_its_queue(rate: float, keyframe_s: float) -> None:
    call = Call(line(rate), keyframe_s=keyframe_s)
    call.run(25)
    assert 0.75 * rate < call.mean_bps(8) < 1.05 * rate
    assert call.delivered_bps(8) > 0.8 * rate
    assert call.queue_share(0.15, 8) < 0.1
    assert call.queue_share(0.3, 8) < 0.02
    assert call.forward.dropped == 0


@pytest.mark.parametrize("more", [{}, {"loss": 0.05}, {"jitter_s": 0.03}])
@pytest.mark.parametrize("rate", [1e6, 3e6])
def test_five_cameras_in_turn_whose_frames_leave_evenly(
    rate: float, more: dict[str, float]
) -> None:
    """What leaves within 15 ms is one run; a run may lose the packet that tells its delay."""
    call = Call(line(rate, **more), frames_per_s=150)
    call.run(30)
    assert 0.75 * rate < call.mean_bps(10) < 1.05 * rate
    assert call.queue_share(0.15, 10) < 0.1
    call.change(rate_bps=rate / 3)
    call.run(2)
    assert call.estimator.estimate_bps < 0.4 * rate


def test_a_megabit_is_found_by_the_first_probes() -> None:
    call = Call(line(10e6))
    call.run(2)
    found = call.first_above(0.95e6, 0)
    assert found is not None
    assert found < 0.5


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("queue_s", [0.16, 0.05])
def test_a_line_that_narrows_and_widens(queue_s: float, seed: int) -> None:
    call = Call(line(3e6, queue_s=queue_s), seed=seed)
    call.run(15)
    call.change(rate_bps=300e3)
    call.run(2)
    assert call.estimator.estimate_bps < 300e3
    filled = call.queue_s
    call.run(2)
    assert call.queue_s < max(0.75 * filled, 0.15)
    call.run(6)
    assert call.queue_share(0.3, 22) < 0.1
    call.change(rate_bps=3e6)
    call.run(12)
    back = call.first_above(2.4e6, 25)
    assert back is not None


LOSSES = [  # random loss, least share of the line's rate that the estimate keeps
    (0.02, 0.80),
    (0.05, 0.60),
    (0.10, 0.50),  # held for the line's own, and climbed through by probes
]


@pytest.mark.parametrize(("loss", "share"), LOSSES)
@pytest.mark.parametrize("rate", [300e3, 1e6, 3e6])
def test_random_loss_is_not_congestion(rate: float, loss: float, share: float) -> None:
    call = Call(line(rate, loss=loss))
    call.run(40)
    assert share * rate < call.mean_bps(15) < 1.1 * rate


def test_bursts_of_loss_are_survived() -> None:
    call = Call(line(1e6, burst_enter=0.002, burst_leave=0.2))
    call.run(40)
    assert call.mean_bps(10) > 0.6e6


def test_loss_that_grows_with_the_rate_is_congestion() -> None:
    call = Call(Conditions(delay_s=DELAY_S, rate_bps=1e6, queue_bytes=6000))
    call.run(40)
    assert call.mean_bps(10) < 1.15e6


@pytest.mark.parametrize("rate", [300e3, 1e6, 3e6])
def test_thirty_milliseconds_of_jitter(rate: float) -> None:
    call = Call(line(rate, jitter_s=0.03))
    call.run(30)
    assert call.mean_bps(10) > 0.75 * rate
    assert call.queue_share(0.3, 10) < 0.02


def test_reordering() -> None:
    call = Call(line(1e6, reordered=0.05))
    call.run(30)
    assert call.mean_bps(10) > 0.75e6


def test_feedback_that_comes_late_or_not_at_all() -> None:
    call = Call(line(1e6), back=Conditions(delay_s=0.2, loss=0.2))
    call.run(30)
    assert 0.7e6 < call.mean_bps(10) < 1.1e6
    assert call.queue_share(0.3, 10) < 0.05


def test_an_application_that_sends_little_climbs_by_probes_and_stays() -> None:
    call = Call(line(3e6), max_rate_bps=150e3)
    call.run(30)
    assert call.mean_bps(5) > 2.4e6
    assert call.padding_bytes * 8 / 30 < 150e3


def test_without_a_use_for_more_nothing_is_padded() -> None:
    estimator = BandwidthEstimator()
    estimator.wanted_bps = 200e3
    call = Call(line(3e6), max_rate_bps=150e3, estimator=estimator)
    call.run(10)
    assert call.padding_bytes == 0


def test_three_seconds_of_nothing() -> None:
    call = Call(line(2e6))
    call.run(15)
    call.change(loss=1.0)
    call.run(3)
    assert call.estimator.estimate_bps < 1e6
    call.change(loss=0.0)
    call.run(6)
    back = call.first_above(1.6e6, 18)
    assert back is not None
    assert back < 3


@pytest.mark.parametrize("most", [6e6, 200e3])
def test_a_client_with_remb_only(most: float) -> None:
    call = Call(line(1e6), kind="remb", max_rate_bps=most)
    call.run(60)
    assert call.estimator.source == "remb"
    assert 0.5e6 < call.mean_bps(30) < 1.15e6
    assert call.queue_share(0.3, 30) < 0.05


def test_layers_come_back_within_twelve_seconds() -> None:
    """Steps of 100, 250, 600 and 2000 kbit/s, each taken with 15 % to spare."""
    estimator = BandwidthEstimator()
    estimator.wanted_bps = 2.4e6

    def layer() -> float:
        steps = (250e3, 600e3, 2000e3)
        return max((step for step in steps if step * 1.15 < estimator.estimate_bps), default=100e3)

    call = Call(line(300e3, queue_s=1.6), estimator=estimator, rate_of=layer)
    call.run(20)
    assert call.mean_bps(5) > 240e3
    assert call.queue_share(0.1, 5) < 0.05
    call.change(rate_bps=3e6)
    call.run(12)
    assert call.first_above(2.3e6, 20) is not None
    call.change(rate_bps=300e3)
    call.run(2)
    assert call.estimator.estimate_bps < 300e3


@pytest.mark.parametrize(("kind", "most"), [("feedback", 0.001), ("remb", 0.01)])
@pytest.mark.parametrize("rate", [300e3, 500e3, 700e3])
def test_paced_keyframes_survive_a_queue_shorter_than_they_are(
    kind: str, most: float, rate: float
) -> None:
    """Every 6 s a frame of twenty times the size, 0.7 s of the line, into a queue of 0.2 s. What
    REMB still loses is padding, which is not paced."""
    at_once, paced = (
        Call(line(rate, queue_s=0.2), kind=kind, keyframe_s=6, keyframe_times=20, paced=paced)
        for paced in (False, True)
    )
    for call in (at_once, paced):
        call.run(30)
    assert at_once.lost_share > 0.015
    assert paced.lost_share <= most
    assert paced.mean_bps(8) > 0.95 * at_once.mean_bps(8)
    assert 0.3 < max(wait for _, wait in paced.waits) < MAX_WAIT_S


@pytest.mark.parametrize("kind", ["feedback", "remb"])
def test_nobody_is_paced_on_a_line_that_has_become_wide(kind: str) -> None:
    call = Call(line(300e3), kind=kind, paced=True)
    call.run(10)
    assert call.pacing is not None
    assert call.pacing.pacer is not None
    call.change(rate_bps=10e6)
    call.run(30)
    assert call.pacing.pacer is None
