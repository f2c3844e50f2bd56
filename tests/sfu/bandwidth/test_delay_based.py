from sfu.bandwidth.acknowledgements import ArrivedRun
from sfu.bandwidth.delay_based import DelayDetector

OFFSET = 777.0  # between the clocks


def run(number: int, sent_at: float, delay: float, packets: int = 1, spread: float = 0.0):  # type: ignore[no-untyped-def]
    arrival = sent_at + OFFSET + delay
    end, last = number + packets, arrival + spread
    return ArrivedRun(number, end, sent_at, arrival, last, packets, 1000.0 * packets, True)


def test_a_growing_delay_is_overuse_and_a_shrinking_one_underuse() -> None:
    detector = DelayDetector()
    assert detector.update([run(i, i * 0.02, 0.03 + i * 0.003) for i in range(60)])
    assert detector.state == "overuse"
    detector.update([run(i, i * 0.02, 0.21 - (i - 60) * 0.003) for i in range(60, 120)])
    assert detector.state == "underuse"


def test_a_run_that_lost_its_first_packet_tells_no_delay() -> None:
    detector = DelayDetector()
    late = [run(i, i * 0.02, 0.03 + i * 0.003)._replace(has_first=i == 0) for i in range(60)]
    assert not detector.update(late)
    assert detector.state == "normal"


def test_an_even_delay_is_neither() -> None:
    detector = DelayDetector()
    assert not detector.update([run(i, i * 0.02, 0.3) for i in range(100)])
    assert detector.state == "normal"


def test_a_frames_size_is_not_a_queue() -> None:
    detector = DelayDetector()
    sizes = [1, 30, 2, 40, 3, 50] * 20
    runs = [run(i, i * 0.033, 0.03, size, 0.001 * size) for i, size in enumerate(sizes)]
    assert not detector.update(runs)


def test_what_leaves_within_five_milliseconds_is_one_group() -> None:
    whole, halves = DelayDetector(), DelayDetector()
    whole.update([run(i, i * 0.02, 0.03 + i * 0.003) for i in range(60)])
    halves.update(
        [run(i, i * 0.02 + j * 0.002, 0.03 + i * 0.003 + j) for i in range(60) for j in (0, 1)]
    )
    assert whole.state == halves.state == "overuse"


def test_a_jump_of_the_receivers_clock_starts_over() -> None:
    detector = DelayDetector()
    detector.update([run(i, i * 0.02, 0.03 + i * 0.003) for i in range(60)])
    assert not detector.update([run(i, i * 0.02, 3600.0) for i in range(60, 120)])
    assert detector.state == "normal"
