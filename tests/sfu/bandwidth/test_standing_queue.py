import pytest

from sfu.bandwidth.acknowledgements import ArrivedRun
from sfu.bandwidth.standing_queue import BELIEVED_S, StandingQueue


def arrived(sent_at: float, delay: float) -> ArrivedRun:
    return ArrivedRun(0, 1, sent_at, sent_at + delay, sent_at + delay, 1, 1000.0, True)


def feed(queue: StandingQueue, delay: float, start: float, seconds: float) -> None:
    for index in range(round(seconds * 20)):
        queue.update([arrived(start + index * 0.05, delay)])


def test_a_full_level_queue_is_seen() -> None:
    queue = StandingQueue()
    feed(queue, 500.03, 0, 5)
    assert not queue.congested
    feed(queue, 500.63, 5, 2)
    assert queue.queue_s == pytest.approx(0.6)
    assert queue.congested


def test_one_late_packet_is_no_queue() -> None:
    queue = StandingQueue()
    feed(queue, 0.03, 0, 5)
    queue.update([arrived(5.0, 0.9), arrived(5.02, 0.03)])
    assert queue.queue_s < 1e-9


def test_a_delay_that_stays_is_the_paths_own() -> None:
    queue = StandingQueue()
    feed(queue, 0.03, 0, 5)
    feed(queue, 0.43, 5, BELIEVED_S + 1)
    assert not queue.congested


def test_a_shorter_path_is_the_new_measure_at_once() -> None:
    queue = StandingQueue()
    feed(queue, 0.43, 0, 5)
    feed(queue, 0.03, 5, 1)
    feed(queue, 0.43, 6, 1)
    assert queue.queue_s == pytest.approx(0.4)


def test_clocks_that_drift_apart_build_no_queue() -> None:
    queue = StandingQueue()
    for index in range(20 * 3600):
        at = index * 0.05
        queue.update([arrived(at, 0.03 + at * 100e-6)])
        assert queue.queue_s < 0.01


def test_memory_is_bounded() -> None:
    queue = StandingQueue()
    for index in range(5000):
        queue.update([arrived(index * 1e-6, 0.03 + index * 1e-5)])
    assert len(queue._recent) <= 256
