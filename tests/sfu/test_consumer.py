"""One consumer's reports, and what it forgets."""

from __future__ import annotations

import pytest

from sfu.consumer import Consumer
from sfu.history import FORGOTTEN_AFTER_S, HISTORY
from sfu.rtp_parameters import AcceptedMedia
from sfu.wire.ntp import compact_ntp, ntp_from_unix
from sfu.wire.rtcp_reports import ReportBlock
from tests.sfu.streams import (
    SSRC,
    VP8,
    flowing,
    video,
)


def test_what_was_sent_is_let_go_of_once_nothing_flows() -> None:
    producer, consumer, outlet = flowing(rtx=True, packets=10)
    for second in range(5):
        consumer.forget_idle(float(second))
    assert len(consumer.resend((65503,), 4.0)) == 1
    consumer.forget_idle(FORGOTTEN_AFTER_S)
    assert consumer.resend((65504,), FORGOTTEN_AFTER_S) == []
    history = producer.encodings[0].audience.history
    assert [n for n in range(HISTORY) if history.find(n) is not None] == [9]
    outlet.feed(producer, [video(10)])
    consumer.forget_idle(FORGOTTEN_AFTER_S + 1)
    assert len(consumer.resend((65510,), 7.0)) == 1


def test_before_the_answer_there_is_nothing_to_send_again() -> None:
    _, consumer, _ = flowing(rtx=True, packets=1)
    fresh = Consumer("fresh", consumer.media, 1)
    assert fresh.resend((1,), 0.0) == []
    assert fresh.sender_report(1, 1, 0.0) is None


def test_another_payload_type_makes_earlier_packets_unrepeatable() -> None:
    """They would be other bytes under the same number."""
    _, consumer, _ = flowing(rtx=False, packets=10)
    consumer.accept(AcceptedMedia("0", True, 120), object())
    assert len(consumer.resend((65501,), 1.0)) == 1
    consumer.accept(AcceptedMedia("0", True, 99), object())
    assert consumer.resend((65502,), 1.0) == []


def test_sender_reports_count_what_was_sent() -> None:
    _, consumer, outlet = flowing(rtx=True, packets=20)
    report = consumer.sender_report(ntp_from_unix(1e9), 4711, 5.0)
    assert report is not None
    octets = sum(len(data) - 12 for data in outlet.raw(consumer))
    assert (report.ssrc, report.rtp_timestamp) == (consumer.media.ssrc, 4711)
    assert (report.packet_count, report.octet_count) == (20, octets)


@pytest.mark.parametrize(
    ("lsr_known", "dlsr", "round_trip_s"),
    [
        (True, 0, 0.35),
        (True, 65536 // 10, 0.25),
        (True, 0xFFFFFFFF, 0.0),  # false, but no harm
        (False, 0, None),
    ],
)
def test_round_trip_by_receiver_reports(
    lsr_known: bool, dlsr: int, round_trip_s: float | None
) -> None:
    _, consumer, _ = flowing(rtx=True, packets=5)
    ntp = ntp_from_unix(1e9)
    consumer.sender_report(ntp, 0, 10.0)
    lsr = compact_ntp(ntp) if lsr_known else 12345
    consumer.note_report(ReportBlock(consumer.media.ssrc, 64, 7, 0, 90, lsr, dlsr), 10.35)
    assert consumer.round_trip_s == (
        None if round_trip_s is None else pytest.approx(round_trip_s, abs=1e-4)
    )
    assert (consumer.fraction_lost, consumer.packets_lost, consumer.jitter_ticks) == (0.25, 7, 90)


def test_only_the_last_reports_are_remembered() -> None:
    _, consumer, _ = flowing(rtx=True, packets=5)
    first = ntp_from_unix(1e9)
    for second in range(100):
        consumer.sender_report(ntp_from_unix(1e9 + second), 0, float(second))
    consumer.note_report(ReportBlock(SSRC, 0, 0, 0, 0, compact_ntp(first), 0), 100.0)
    assert consumer.round_trip_s is None


def test_audio_offers_no_retransmission_stream() -> None:
    assert VP8.rtx_payload_type is not None
    _, consumer, _ = flowing(rtx=False, packets=1)
    assert consumer.media.rtx_ssrc is None
