from __future__ import annotations

from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfu.bandwidth.estimator import BandwidthEstimator
from sfu.bandwidth.sent_packets import CAPACITY
from sfu.bandwidth.settings import EstimatorSettings
from sfu.wire.transport_feedback import TransportFeedback

BOUNDS = EstimatorSettings(min_bps=50e3, start_bps=300e3, max_bps=5e6)


def ordinary_feedback(estimator: BandwidthEstimator, seconds: float, creeping: float = 0.0) -> None:
    """Four packets every 50 ms and prompt feedback; each second the delay grows by ``creeping``."""
    for index in range(round(seconds * 20)):
        now = index * 0.05
        first = estimator.sent.next_number
        estimator.sent.note_run(4, 4400, now)
        arrivals = [
            (first + i, round((now * (1 + creeping) + 0.03) * 1e6) + i * 500) for i in range(4)
        ]
        feedback = TransportFeedback.from_arrivals(1, 2, index, arrivals)
        estimator.on_feedback(feedback, now + 0.06)


def test_at_first_it_is_the_start() -> None:
    estimator = BandwidthEstimator(BOUNDS)
    assert estimator.estimate_bps == 300e3
    assert (estimator.state, estimator.source) == ("normal", "none")
    assert estimator.acknowledged_bps is None


@pytest.mark.parametrize("bounds", [(0, 1, 2), (2, 1, 3), (1, 3, 2)])
def test_settings_are_checked(bounds: tuple[float, float, float]) -> None:
    low, start, high = bounds
    with pytest.raises(ValueError, match="min_bps"):
        EstimatorSettings(min_bps=low, start_bps=start, max_bps=high)


def test_prompt_feedback_raises_the_estimate_and_measures() -> None:
    estimator = BandwidthEstimator(BOUNDS)
    estimator.wanted_bps = 0.0
    ordinary_feedback(estimator, 10)
    assert estimator.acknowledged_bps == pytest.approx(704e3, rel=0.03)
    assert 500e3 < estimator.estimate_bps < 1.6 * 704e3
    assert estimator.round_trip_s == pytest.approx(0.06, abs=0.01)
    assert (estimator.loss, estimator.source) == (0.0, "feedback")


def test_a_queue_that_grows_too_slowly_for_the_detector_is_seen_by_its_length() -> None:
    estimator = BandwidthEstimator(BOUNDS)
    estimator.wanted_bps = 0.0
    ordinary_feedback(estimator, 20, creeping=0.02)
    assert estimator.state == "normal"
    assert estimator.estimate_bps < 0.9 * 704e3


def test_the_best_source_heard_decides() -> None:
    estimator = BandwidthEstimator(BOUNDS)
    estimator.on_report(0.0, 0.0)
    assert estimator.source == "report"
    estimator.on_remb(700e3, 0.1)
    assert (estimator.source, estimator.estimate_bps) == ("remb", 700e3)
    estimator.on_remb(200e3, 0.2)
    assert estimator.estimate_bps == 200e3
    ordinary_feedback(estimator, 1)
    assert estimator.source == "feedback"
    before = estimator.estimate_bps
    estimator.on_remb(1e9, 2.0)
    estimator.on_report(1.0, 2.0)
    assert estimator.estimate_bps == before


def test_loss_bounds_what_remb_allows() -> None:
    estimator = BandwidthEstimator(BOUNDS)
    estimator.on_remb(1e6, 0.0)
    estimator.on_report(0.4, 0.5)
    assert estimator.estimate_bps == pytest.approx(800e3)
    assert estimator.state == "overuse"
    estimator.on_remb(1e6, 0.6)
    assert estimator.estimate_bps == pytest.approx(800e3)


@pytest.mark.parametrize("bps", [nan, inf, -1.0, -inf])
def test_a_senseless_remb_is_ignored(bps: float) -> None:
    estimator = BandwidthEstimator(BOUNDS)
    estimator.on_remb(bps, 0.0)
    assert (estimator.source, estimator.estimate_bps) == ("none", 300e3)


@pytest.mark.parametrize("bps", [0.0, 1e300])
def test_remb_stays_within_the_bounds(bps: float) -> None:
    estimator = BandwidthEstimator(BOUNDS)
    estimator.on_remb(bps, 0.0)
    assert estimator.estimate_bps == (BOUNDS.min_bps if bps == 0 else BOUNDS.max_bps)


@pytest.mark.parametrize("fraction", [nan, -0.1, 1.1])
def test_a_senseless_report_is_ignored(fraction: float) -> None:
    estimator = BandwidthEstimator(BOUNDS)
    estimator.on_report(fraction, 0.0)
    assert estimator.source == "none"


U16 = st.integers(0, 0xFFFF)
FEEDBACK = st.builds(
    TransportFeedback,
    st.just(1),
    st.just(2),
    U16,
    st.integers(1, 0xFFFF),
    st.integers(-(2**23), 2**23 - 1),
    st.integers(0, 255),
    st.lists(
        st.tuples(st.one_of(st.integers(0, 300), U16), st.integers(-0x8000, 0x7FFF)), max_size=60
    ).map(tuple),
)
EVENT = st.one_of(
    st.tuples(st.just("send"), st.integers(0, 80), st.integers(0, 1500)),
    st.tuples(st.just("feedback"), FEEDBACK, st.integers(1, 3)),
    st.tuples(st.just("remb"), st.floats(), st.none()),
    st.tuples(st.just("report"), st.floats(), st.none()),
    st.tuples(st.just("probe"), st.floats(-1e9, 1e9), st.none()),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(EVENT, st.floats(-0.5, 3)), max_size=60))
def test_whatever_comes_the_estimate_stays_within_its_bounds(
    events: list[tuple[tuple[str, object, object], float]],
) -> None:
    estimator, now = BandwidthEstimator(BOUNDS), 100.0
    for (what, value, more), step in events:
        now += step
        match what, value, more:
            case "send", int(packets), int(size):
                estimator.sent.note_run(packets, packets * size, now)
            case "feedback", TransportFeedback() as feedback, int(times):
                for _ in range(times):
                    estimator.on_feedback(feedback, now)
            case "remb", float(bps), _:
                estimator.on_remb(bps, now)
            case "report", float(fraction), _:
                estimator.on_report(fraction, now)
            case "probe", float(wanted), _:
                estimator.wanted_bps = wanted
                padding = estimator.probe(now)
                assert sum(each.size_bytes for each in padding) <= 5e6 * 1.5 * 0.02 / 8 + 1200
                for each in padding:
                    estimator.sent.note(each.size_bytes, now)
        assert BOUNDS.min_bps <= estimator.estimate_bps <= BOUNDS.max_bps
        assert estimator.state in ("normal", "overuse", "underuse")
        assert 0 <= estimator.loss <= 1
    assert estimator.sent.runs <= CAPACITY
