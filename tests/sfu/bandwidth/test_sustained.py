import pytest

from sfu.bandwidth.sent_packets import SentLog
from sfu.bandwidth.sustained import REST_S, TRY_S, SustainedPadding


def padded(
    padding: SustainedPadding, log: SentLog, start: float, seconds: float, media_bps: float = 0.0
) -> float:
    """Bits per second of padding for an estimate of 500 kbit/s, asked every 10 ms."""
    total = 0
    for index in range(round(seconds * 100)):
        now = start + index / 100
        log.note(int(media_bps / 800), now)
        for each in padding.tick(5e5, 1e6, True, now):
            log.note(each.size_bytes, now)
            total += each.size_bytes
    return total * 8 / seconds


def test_it_fills_up_what_media_leaves() -> None:
    log = SentLog()
    assert padded(SustainedPadding(log), log, 0.0, TRY_S, 2e5) == pytest.approx(4e5, rel=0.1)


def test_it_rests_when_nothing_came_of_it() -> None:
    log = SentLog()
    padding = SustainedPadding(log)
    padded(padding, log, 0.0, TRY_S + 0.05)
    assert padded(padding, log, TRY_S + 0.05, REST_S - 0.1) == 0
    assert padded(padding, log, TRY_S + REST_S, 1.0) > 0


@pytest.mark.parametrize(("wanted", "quiet"), [(5e5, True), (0.0, True), (1e6, False)])
def test_nothing_without_need_or_in_congestion(wanted: float, quiet: bool) -> None:
    log = SentLog()
    log.note(100, 0.0)
    padding = SustainedPadding(log)
    assert [padding.tick(5e5, wanted, quiet, i / 100) for i in range(300)] == [[]] * 300
    assert not padding.sending
