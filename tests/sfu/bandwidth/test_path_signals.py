from __future__ import annotations

import pytest

from sfu.bandwidth.path_signals import FIRST_ROUND_TRIP_S, Gathered, PathSignals
from sfu.bandwidth.sent_packets import SentLog
from sfu.wire.transport_feedback import TransportFeedback


@pytest.fixture
def log() -> SentLog:
    log = SentLog()
    for run in range(4):
        log.note_run(5, 5000, 1 + run * 0.033)
    return log


def feedback(*numbers: int) -> TransportFeedback:
    arrivals = [(number, 500_000 + 6_600 * number) for number in numbers]
    return TransportFeedback.from_arrivals(1, 2, 0, arrivals)


def test_what_comes_is_gathered_until_asked_for(log: SentLog) -> None:
    signals = PathSignals(log)
    assert signals.take(feedback(*range(5)), 1.1)
    assert signals.take(feedback(*range(5, 10)), 1.1)
    assert [run.first for run in signals.newest] == [5]
    assert not signals.urgent
    assert signals.gather() == Gathered(10, 0, 10_000.0, 1.033, False)
    assert signals.gather() == Gathered(0, 0, 0.0, None, False)


def test_what_is_lost_is_urgent_until_gathered(log: SentLog) -> None:
    signals = PathSignals(log)
    signals.take(feedback(0, 1, 4), 1.1)
    assert signals.urgent
    packets, lost, size_bytes, *_ = signals.gather()
    assert (packets, lost, size_bytes) == (5, 2, 5000.0)
    assert not signals.urgent


def test_what_says_nothing_new_is_not_heard(log: SentLog) -> None:
    signals = PathSignals(log)
    assert signals.take(feedback(0, 1), 1.1)
    assert not signals.take(feedback(0, 1), 1.2)
    assert signals.newest == ()
    assert signals.gather().packets == 2


def test_the_round_trip_is_from_a_packets_departure_to_its_feedback(log: SentLog) -> None:
    signals = PathSignals(log)
    assert signals.round_trip_s == FIRST_ROUND_TRIP_S
    for number in range(20):
        signals.take(feedback(number), 1 + number // 5 * 0.033 + 0.07)
    assert signals.round_trip_s == pytest.approx(0.07, abs=0.01)


def test_the_rate_can_be_forgotten() -> None:
    log = SentLog()
    signals = PathSignals(log)
    for index in range(40):
        log.note_run(1, 1000, 1 + index * 0.02)
        arrivals = [(index, 500_000 + 20_000 * index)]
        signals.take(TransportFeedback.from_arrivals(1, 2, 0, arrivals), 1 + index * 0.02)
    assert signals.acknowledged_bps == pytest.approx(400_000, rel=0.05)
    signals.forget_rate()
    assert signals.acknowledged_bps is None
