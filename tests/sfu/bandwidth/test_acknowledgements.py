import pytest

from sfu.bandwidth.acknowledgements import MAX_MISSING, Acknowledger
from sfu.bandwidth.sent_packets import SentLog
from sfu.wire.transport_feedback import TransportFeedback


def feedback(*arrivals: tuple[int, int], base: int | None = None, count: int | None = None):  # type: ignore[no-untyped-def]
    """Feedback on (number, arrival in ms)."""
    made = TransportFeedback.from_arrivals(1, 2, 0, [(n, ms * 1000) for n, ms in arrivals])
    return TransportFeedback(
        1,
        2,
        made.base_sequence if base is None else base,
        made.status_count if count is None else count,
        made.reference_time,
        0,
        made.received,
    )


@pytest.fixture
def log() -> SentLog:
    log = SentLog()
    for run in range(4):
        log.note_run(5, 5000, 1 + run * 0.033)
    return log


def test_packets_of_one_run_come_back_as_one(log: SentLog) -> None:
    report = Acknowledger(log).take(feedback(*((n, 500 + n) for n in range(7))))
    assert report is not None
    first, second = report.runs
    assert (first.first, first.end, first.packets, first.size_bytes) == (0, 5, 5, 5000)
    assert first.sent_at == 1.0
    assert second.sent_at == 1.033
    assert (second.first, second.end, second.packets) == (5, 7, 2)
    assert first.last_arrival - first.first_arrival == pytest.approx(0.004)
    assert second.first_arrival - first.first_arrival == pytest.approx(0.005)
    assert (report.packets, report.lost, report.unreported_bytes) == (7, 0, 0)


def test_what_is_passed_over_is_lost(log: SentLog) -> None:
    report = Acknowledger(log).take(feedback((0, 500), (3, 501), (6, 502), count=9))
    assert report is not None
    assert (report.packets, report.lost) == (9, 6)


def test_late_packets_are_no_longer_lost_and_count_once(log: SentLog) -> None:
    acknowledger = Acknowledger(log)
    acknowledger.take(feedback((0, 500), (3, 501)))
    late = acknowledger.take(feedback((1, 530)))
    assert late is not None
    assert (late.runs, late.packets, late.lost, late.late_bytes) == ((), 0, -1, 1000)
    assert acknowledger.take(feedback((1, 530))) is None
    assert acknowledger.missing == 1


def test_the_same_feedback_again_says_nothing(log: SentLog) -> None:
    acknowledger = Acknowledger(log)
    assert acknowledger.take(feedback((0, 500), (1, 501))) is not None
    assert acknowledger.take(feedback((0, 500), (1, 501))) is None


def test_a_gap_between_feedbacks_is_not_loss(log: SentLog) -> None:
    acknowledger = Acknowledger(log)
    acknowledger.take(feedback((0, 500), (4, 504)))
    report = acknowledger.take(feedback((10, 600), (11, 601)))
    assert report is not None
    assert (report.packets, report.lost, report.unreported_bytes) == (2, 0, 5000)


@pytest.mark.parametrize("number", [20, 5000, 40_000, 65_535])
def test_numbers_never_sent_are_counted_and_left_alone(log: SentLog, number: int) -> None:
    acknowledger = Acknowledger(log)
    assert acknowledger.take(feedback((number, 500))) is None
    assert acknowledger.unknown == 1
    assert acknowledger.take(feedback((0, 500))) is not None


def test_numbers_and_the_reference_time_wrap() -> None:
    log = SentLog()
    log.note_run(65_530, 65_530, 0.5)
    log.note_run(10, 10_000, 1.0)
    acknowledger = Acknowledger(log)
    before = TransportFeedback(1, 2, 65_530, 1, 0x7FFFFF, 0, ((65_530, 0),))
    after = TransportFeedback(1, 2, 65_531, 6, -0x800000, 1, ((65_531, 0), (0, 4)))
    one, two = acknowledger.take(before), acknowledger.take(after)
    assert one is not None
    assert two is not None
    assert two.runs[0].first_arrival - one.runs[0].first_arrival == pytest.approx(0.064)
    assert (two.runs[0].end, two.packets, two.lost) == (65_537, 6, 4)


def test_missing_packets_are_bounded() -> None:
    log = SentLog()
    acknowledger = Acknowledger(log)
    for round_ in range(5):
        log.note_run(30_000, 30_000, round_)
        newest = log.next_number - 1
        received = ((newest & 0xFFFF, 0),)
        acknowledger.take(
            TransportFeedback(1, 2, (newest - 29_999) & 0xFFFF, 30_000, 1, 0, received)
        )
    assert acknowledger.missing <= 2 * MAX_MISSING
