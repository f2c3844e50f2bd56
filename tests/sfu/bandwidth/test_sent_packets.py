import pytest

from sfu.bandwidth.sent_packets import CAPACITY, SentLog


def log_of(*runs: tuple[int, int, float]) -> SentLog:
    log = SentLog()
    for packets, size, at in runs:
        log.note_run(packets, size, at)
    return log


def test_numbers_count_up_and_wrap_at_sixteen_bits() -> None:
    log = SentLog()
    assert [log.note(100, 0.0) for _ in range(3)] == [0, 1, 2]
    log.note_run(65_533, 65_533, 0.1)
    assert log.note(100, 0.2) == 0
    assert log.next_number == 65_537
    assert log.bytes_sent == 400 + 65_533


def test_a_run_of_no_packets_is_nothing() -> None:
    log = log_of((0, 0, 1.0))
    assert (log.runs, log.next_number, log.last_sent_at) == (0, 0, None)


def test_runs_are_found_by_any_of_their_numbers() -> None:
    log = log_of((3, 3000, 1.0), (1, 120, 1.02), (2, 1000, 1.04))
    assert log.runs_of((0, 2, 3, 4, 5)) == [
        (0, 2, 1.0, 1000.0, True),
        (2, 3, 1.02, 120.0, True),
        (3, 5, 1.04, 500.0, True),
    ]
    assert log.runs_of((1, 5)) == [
        (0, 1, 1.0, 1000.0, False),
        (1, 2, 1.04, 500.0, False),
    ]
    assert log.runs_of((4,)) == [(0, 1, 1.04, 500.0, True)]
    assert log.last_sent_at == 1.04


def test_what_leaves_soon_after_joins_a_run() -> None:
    log = log_of((1, 1000, 1.0), (2, 500, 1.01), (1, 700, 1.016))
    assert log.runs_of((0, 1, 2, 3)) == [(0, 3, 1.0, 500.0, True), (3, 4, 1.016, 700.0, True)]
    assert (log.next_number, log.bytes_sent) == (4, 2200)


def test_what_leaves_by_itself_stays_so() -> None:
    log = log_of((1, 1000, 1.0))
    log.note(50, 1.001)
    log.note_run(1, 900, 1.002)
    log.joins = False
    log.note_run(1, 800, 1.003)
    sizes = [size for _, _, _, size, _ in log.runs_of((0, 1, 2, 3))]
    assert sizes == [1000.0, 50.0, 900.0, 800.0]


@pytest.mark.parametrize(
    ("first", "end", "size"),
    [(0, 6, 4120), (1, 3, 2000), (2, 5, 1620), (5, 5, 0), (5, 99, 500), (4, 2, 0), (-9, 1, 1000)],
)
def test_bytes_between_numbers(first: int, end: int, size: float) -> None:
    log = log_of((3, 3000, 1.0), (1, 120, 1.02), (2, 1000, 1.04))
    assert log.bytes_between(first, end) == size


def test_of_what_is_old_the_older_half_is_forgotten() -> None:
    log = SentLog()
    for index in range(2000):
        log.note(100, index * 0.02)
        assert min(index + 1, CAPACITY // 2) <= log.runs <= CAPACITY
    assert log.oldest == 2000 - log.runs
    assert log.bytes_between(0, 2000) == log.runs * 100
    assert log.last_sent_at == 1999 * 0.02


def test_numbers_half_the_space_behind_are_not_meant() -> None:
    log = log_of((40_000, 40_000, 1.0), (1, 1, 1.1))
    assert log.oldest == 40_001 - 0x8000
    assert SentLog().oldest == 0
