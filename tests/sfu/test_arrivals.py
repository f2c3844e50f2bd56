"""Transport-wide feedback: every packet told of once, losses between two feedbacks too."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.arrivals import FULL, INTERVAL_S, MAX_HELD, ArrivalLog
from sfu.wire.rtcp import parse_rtcp, serialize_rtcp
from sfu.wire.transport_feedback import TransportFeedback


def feedback_of(log: ArrivalLog, now: float) -> TransportFeedback:
    feedback = log.due(9, now)
    assert feedback is not None
    (parsed,) = parse_rtcp(serialize_rtcp([feedback]))
    assert isinstance(parsed, TransportFeedback)
    return parsed


def told(feedback: TransportFeedback) -> dict[int, bool]:
    """Sequence number → whether it arrived."""
    arrived = {number for number, _ in feedback.received}
    numbers = [(feedback.base_sequence + index) & 0xFFFF for index in range(feedback.status_count)]
    return {number: number in arrived for number in numbers}


def test_nothing_arrived_nothing_is_told() -> None:
    assert ArrivalLog().due(9, 5.0) is None


def test_feedback_comes_once_an_interval() -> None:
    log = ArrivalLog()
    log.note(1, 5, 0.0)
    assert log.due(9, 0.0) is not None
    log.note(2, 5, 0.01)
    assert log.due(9, INTERVAL_S * 0.9) is None
    assert log.due(9, INTERVAL_S) is not None


def test_losses_inside_and_between_feedbacks_are_told() -> None:
    log = ArrivalLog()
    for number in (65533, 65535):
        log.note(number, 5, 0.0)
    assert told(feedback_of(log, 0.0)) == {65533: True, 65534: False, 65535: True}
    log.note(2, 5, 0.1)
    assert told(feedback_of(log, 0.2)) == {0: False, 1: False, 2: True}


def test_what_was_told_to_be_lost_is_not_told_again() -> None:
    log = ArrivalLog()
    log.note(1, 5, 0.0)
    log.note(3, 5, 0.0)
    feedback_of(log, 0.0)
    log.note(2, 5, 0.05)
    log.note(4, 5, 0.05)
    assert told(feedback_of(log, 0.2)) == {4: True}


def test_times_are_kept_to_a_quarter_of_a_millisecond() -> None:
    log = ArrivalLog()
    times = [3.0, 3.0101, 3.0203, 3.0205]
    for number, now in enumerate(times):
        log.note(number, 5, now)
    arrivals = feedback_of(log, 4.0).arrivals_us()
    for (_, found), now in zip(arrivals, times, strict=True):
        assert found == pytest.approx(now * 1e6, abs=250)


def test_many_packets_make_feedback_early_and_small() -> None:
    log = ArrivalLog()
    log.note(0, 5, 0.0)
    feedback_of(log, 0.0)
    random, number = Random(1), 0
    for _ in range(FULL):
        number += random.choice((1, 1, 2, 5))
        log.note(number & 0xFFFF, 5, 0.01)
    feedback = log.due(9, 0.01)
    assert feedback is not None
    assert len(feedback.serialize()) < 1200


def test_feedbacks_are_counted_in_eight_bits() -> None:
    log = ArrivalLog()
    counts = []
    for number in range(300):
        log.note(number, 5, float(number))
        counts.append(feedback_of(log, float(number)).feedback_count)
    assert counts == [number & 0xFF for number in range(300)]


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.floats(0, 20)), max_size=80))
def test_any_arrivals_are_bounded_and_their_feedback_serializes(
    arrivals: list[tuple[int, float]],
) -> None:
    log, now = ArrivalLog(), 0.0
    for number, wait in arrivals:
        now += wait
        log.note(number, 5, now)
        feedback = log.due(9, now)
        if feedback is not None:
            assert parse_rtcp(feedback.serialize())


def test_no_more_is_held_than_the_limit() -> None:
    log = ArrivalLog()
    for number in range(3 * MAX_HELD):
        log.note(number, 5, 0.0)
    assert feedback_of(log, 0.0).status_count == MAX_HELD
