"""What a subscriber's NACKs are answered with: retransmissions and their bounds; padding."""

from __future__ import annotations

import pytest

from sfu.header_extensions import SUBSCRIBE_EXTENSIONS
from sfu.history import HISTORY
from sfu.pacer import Pacer, Waiting
from sfu.resending import (
    MIN_RESEND_INTERVAL_S,
    ON_ITS_WAY,
    PACED_MARGIN_S,
    RESEND_BURST,
    RESEND_SHARE,
)
from sfu.rtp_parameters import ABS_SEND_TIME_URI
from sfu.wire.extensions import build_abs_send_time
from sfu.wire.rtp import RtpPacket, parse_extensions, parse_rtp, unwrap_rtx
from tests.sfu.streams import (
    flowing,
    plan_of,
    unstamped,
    video,
)


def send_time(packet: RtpPacket) -> bytes:
    elements = parse_extensions(packet.extension_profile, packet.extension_data)
    return elements[SUBSCRIBE_EXTENSIONS["video"][ABS_SEND_TIME_URI]]


def test_without_rtx_the_very_same_bytes_leave_again() -> None:
    _, consumer, outlet = flowing(rtx=False, packets=100)
    sent = {parse_rtp(data).sequence_number: data for data in outlet.raw(consumer)}
    assert consumer.resend((65530, 3), 1.0) == [sent[65530], sent[3]]


def test_with_rtx_the_original_comes_back_under_a_number_of_its_own() -> None:
    _, consumer, outlet = flowing(rtx=True, packets=100)
    sent = {parse_rtp(data).sequence_number: parse_rtp(data) for data in outlet.raw(consumer)}
    resent = [parse_rtp(data) for data in consumer.resend((65530, 3), 1.0)]
    resent += [parse_rtp(data) for data in consumer.resend((65530,), 2.0)]
    assert {packet.ssrc for packet in resent} == {consumer.media.rtx_ssrc}
    assert {packet.payload_type for packet in resent} == {121}
    numbers = [packet.sequence_number for packet in resent]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]
    ssrc, payload_type = consumer.media.ssrc, plan_of(consumer).payload_type
    originals = [unwrap_rtx(packet, payload_type, ssrc) for packet in resent]
    assert [send_time(packet) for packet in originals] == [
        build_abs_send_time(now) for now in (1.0, 1.0, 2.0)
    ]
    expected = [sent[65530], sent[3], sent[65530]]
    assert [unstamped(packet) for packet in originals] == [unstamped(each) for each in expected]


def test_the_same_packet_is_not_sent_again_at_once() -> None:
    _, consumer, _ = flowing(rtx=True, packets=10)
    assert len(consumer.resend((65501, 65501), 1.0)) == 1
    assert consumer.resend((65501,), 1.0 + MIN_RESEND_INTERVAL_S * 0.9) == []
    assert len(consumer.resend((65501,), 1.0 + MIN_RESEND_INTERVAL_S * 1.1)) == 1


@pytest.mark.parametrize(("rtx", "copies"), [(True, 2), (False, 1)])
def test_what_was_lost_again_goes_twice(rtx: bool, copies: int) -> None:
    _, consumer, _ = flowing(rtx=rtx, packets=10)
    consumer.resending.round_trip_s = 0.1
    assert len(consumer.resend((65501,), 1.0)) == 1
    assert consumer.resend((65501,), 1.07) == []  # it is still on its way
    again = consumer.resend((65501,), 1.1)
    assert len(again) == copies
    assert len({data[2:4] for data in again}) == (copies if rtx else 1)


def test_on_a_thin_line_a_packet_goes_again_only_once_that_may_have_been_lost() -> None:
    """However often it is asked for while it waits, and while it is in the line's own queue."""
    _, consumer, _ = flowing(rtx=True, packets=10)
    consumer.resending.round_trip_s = 0.1
    pacer = plan_of(consumer).pacer = Pacer()
    left = []
    for tick in range(100):
        now = 1.0 + tick / 100
        assert consumer.resend((65501,), now) == []
        if tick >= 20:
            left += [now for each in pacer.due(now) if isinstance(each, bytes)]
    period = pacer.line_queue_s + PACED_MARGIN_S + ON_ITS_WAY * 0.1
    assert left == pytest.approx([1.2 + period * n for n in range(len(left))], abs=0.011 * 4)
    assert len(left) == 3


def test_what_has_not_left_is_neither_sent_again_nor_padding() -> None:
    producer, consumer, outlet = flowing(rtx=True, packets=10)
    pacer = plan_of(consumer).pacer = Pacer()
    for number in range(10, 30):
        outlet.feed(producer, [video(number)])
    assert consumer.resend((65515,), 1.0) == []
    assert all(isinstance(each, Waiting) for each in pacer.due(1.0))
    repeated = {
        unwrap_rtx(parse_rtp(data), 120, 7000).sequence_number
        for data in consumer.padding(100_000, 1000, 1.0)
    }
    assert repeated
    assert not any(pacer.holds(plan_of(consumer), number) for number in repeated)


def test_padding_is_there_after_what_was_sent_is_forgotten() -> None:
    """The estimate of a line too thin for anything could not rise again otherwise."""
    _, consumer, _ = flowing(rtx=True, packets=10)
    plan_of(consumer).forget_sent()
    for wanted, most in ((1500, 1200), (700, 200), (100, 300), (0, 200)):
        padding = consumer.padding(wanted, most, 1.0)
        assert sum(map(len, padding)) >= wanted
        assert all(len(data) <= most for data in padding)
        packets = [parse_rtp(data) for data in padding]
        assert all(packet.payload == b"" and packet.padding_size for packet in packets)
        assert {packet.ssrc for packet in packets} <= {consumer.media.rtx_ssrc}
        numbers = [packet.sequence_number for packet in packets]
        assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("number", [65499, 65510, 0, 30000])
def test_what_was_never_sent_is_not_sent_again(number: int) -> None:
    _, consumer, _ = flowing(rtx=True, packets=10)
    assert consumer.resend((number,), 1.0) == []


def test_what_is_too_old_is_not_sent_again() -> None:
    _, consumer, _ = flowing(rtx=True, packets=HISTORY + 1)
    assert consumer.resend((65500,), 1.0) == []
    assert len(consumer.resend((65501,), 1.0)) == 1


def test_on_a_thin_line_nothing_from_before_the_last_keyframe_begun_at_is_sent_again() -> None:
    producer, consumer, outlet = flowing(rtx=True, packets=10)
    producer.pause(consumer)
    producer.resume(consumer)
    outlet.feed(producer, [video(10, keyframe=True), video(11)])
    before, after = (65505,), (65511,)
    assert len(consumer.resend(before, 1.0)) == 1
    pacer = plan_of(consumer).pacer = Pacer()
    assert consumer.resend((*before, *after), 2.0) == []
    assert len(pacer.drain()) == 1


def test_a_storm_of_nacks_gets_a_share_of_what_was_sent() -> None:
    producer, consumer, outlet = flowing(rtx=True, packets=400)
    numbers = tuple((65500 + index) & 0xFFFF for index in range(400))
    resent = sum(len(consumer.resend(numbers, 1.0 + second)) for second in range(50))
    assert resent == RESEND_BURST
    assert consumer.resending.refused > 0
    for number in range(400, 500):
        outlet.feed(producer, [video(number)])
    assert len(consumer.resend(numbers, 100.0)) == 100 * RESEND_SHARE
