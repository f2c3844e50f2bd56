"""A track's stream made continuous for whoever comes, whatever the publisher does."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from sfu.bandwidth.sent_packets import SentLog
from sfu.encoding import MAX_LEFT_SSRCS, MAX_TAIL, RETURN_AFTER_S, passed_on
from sfu.rtp_parameters import AUDIO_LEVEL_URI, MID_URI, VIDEO_ORIENTATION_URI
from sfu.wire.rtp import RtpPacket, build_extensions, parse_extensions
from sfu.wire.seq import seq_diff, ts_diff
from tests.sfu.streams import (
    OPUS,
    VP8,
    Outlet,
    audio,
    make_consumer,
    make_producer,
    plan_of,
    video,
)


def payloads(packets: list[RtpPacket]) -> list[bytes]:
    return [packet.payload for packet in packets]


def test_video_begins_at_a_keyframe_and_audio_at_once() -> None:
    outlet = Outlet()
    camera, microphone = make_producer(), make_producer(OPUS)
    seen, heard = make_consumer(camera), make_consumer(microphone)
    camera.resume(seen)
    microphone.resume(heard)
    outlet.feed(camera, [video(1), video(2), video(3, keyframe=True), video(4)])
    outlet.feed(microphone, [audio(1), audio(2)])
    assert payloads(outlet.got(seen)) == payloads([video(3, keyframe=True), video(4)])
    assert outlet.numbers(seen) == [100, 101]
    assert outlet.numbers(heard) == [100, 101]
    assert (camera.encodings[0].keyframes.due(0), microphone.encodings[0].keyframes.due(0)) == (
        False,
        False,
    )


def test_a_waiting_consumer_asks_for_a_keyframe() -> None:
    producer = make_producer()
    producer.resume(make_consumer(producer))
    assert producer.encodings[0].keyframes.due(0.0)


@pytest.mark.parametrize(
    ("silent_s", "next_number", "asks"),
    [(9.0, 70, True), (0.4, 9, False), (9.0, 2, False)],
    ids=["interrupted", "a moment", "paused by the publisher"],
)
def test_after_an_interruption_a_keyframe_is_asked_for_at_once(
    silent_s: float, next_number: int, asks: bool
) -> None:
    producer, outlet = make_producer(), Outlet()
    producer.resume(make_consumer(producer))
    outlet.feed(producer, [video(1, keyframe=True)], 10.0)
    requester = producer.encodings[0].keyframes
    assert not requester.due(10.0)
    outlet.feed(producer, [video(next_number, 9000)], 10.0 + silent_s)
    assert requester.due(10.0 + silent_s) == asks


def test_what_overtook_the_keyframe_is_not_lost() -> None:
    producer, outlet = make_producer(), Outlet()
    consumer = make_consumer(producer)
    producer.resume(consumer)
    outlet.feed(producer, [video(4), video(2), video(3, keyframe=True), video(5)])
    assert sorted(outlet.numbers(consumer)) == [100, 101, 102]


def test_a_second_consumer_changes_nothing_for_the_first() -> None:
    producer, outlet = make_producer(), Outlet()
    first, second = make_consumer(producer, 7000), make_consumer(producer, 8000, 500)
    producer.resume(first)
    outlet.feed(producer, [video(1, keyframe=True)])
    producer.resume(second)
    outlet.feed(producer, [video(2)])
    outlet.feed(producer, [video(3, keyframe=True), video(4)])
    assert outlet.numbers(first) == [100, 101, 102, 103]
    assert outlet.numbers(second) == [500, 501]


@pytest.mark.parametrize("watchers", [1, 2, 5])
def test_everyone_gets_a_track_back_that_was_muted(watchers: int) -> None:
    producer, outlet = make_producer(), Outlet()
    consumers = [make_consumer(producer, 7000 + 2 * index) for index in range(watchers)]
    for consumer in consumers:
        producer.resume(consumer)
    outlet.feed(producer, [video(1, keyframe=True)])
    producer.set_muted(True)
    outlet.feed(producer, [video(2), video(3, keyframe=True)])
    producer.set_muted(False)
    assert producer.encodings[0].keyframes.due(0.0)
    outlet.feed(producer, [video(4), video(5, keyframe=True)])
    for consumer in consumers:
        assert outlet.numbers(consumer) == [100, 101]
        assert payloads(outlet.got(consumer))[-1] == video(5, keyframe=True).payload


def test_one_leaves_and_the_others_go_on_over_a_mute() -> None:
    producer, outlet = make_producer(), Outlet()
    staying, leaving = make_consumer(producer, 7000), make_consumer(producer, 8000)
    producer.resume(staying)
    producer.resume(leaving)
    outlet.feed(producer, [video(1, keyframe=True)])
    producer.remove_consumer(leaving)
    producer.set_muted(True)
    producer.set_muted(False)
    outlet.feed(producer, [video(2, keyframe=True)])
    assert outlet.numbers(staying) == [100, 101]
    assert outlet.numbers(leaving) == [100]


def test_a_consumer_that_joins_while_muted_begins_after() -> None:
    producer, outlet = make_producer(muted=True), Outlet()
    consumer = make_consumer(producer)
    producer.resume(consumer)
    outlet.feed(producer, [video(1, keyframe=True)])
    assert outlet.numbers(consumer) == []
    producer.set_muted(False)
    assert producer.encodings[0].keyframes.due(0.0)
    outlet.feed(producer, [video(2, keyframe=True)])
    assert outlet.numbers(consumer) == [100]


def test_resuming_twice_sends_once() -> None:
    producer, outlet = make_producer(), Outlet()
    consumer = make_consumer(producer)
    for keyframe in (True, False, True):
        producer.resume(consumer)
        producer.resume(consumer)
        outlet.feed(producer, [video(1 if keyframe else 2, keyframe=keyframe)])
    assert outlet.numbers(consumer) == [100, 101]


def test_a_new_ssrc_goes_on_with_numbers_and_clock() -> None:
    producer, outlet = make_producer(), Outlet()
    consumer = make_consumer(producer)
    producer.resume(consumer)
    outlet.feed(producer, [video(65000, 4_000_000_000, keyframe=True)], 10.0)
    assert not producer.encodings[0].keyframes.due(10.0)
    outlet.feed(producer, [video(7, 5, ssrc=2)], 10.4)
    assert producer.encodings[0].keyframes.due(10.4)  # another encoder: its frames need a keyframe
    outlet.feed(producer, [video(8, 5 + 9000, ssrc=2, keyframe=True)], 10.5)
    first, second = outlet.got(consumer)
    assert second.sequence_number - first.sequence_number == 1
    assert ts_diff(second.timestamp, first.timestamp) == pytest.approx(45000, abs=10)
    assert producer.encodings[0].rtp_time(5 + 9000) == second.timestamp


def test_late_packets_from_before_a_new_streams_first_never_take_sent_numbers() -> None:
    producer, outlet = make_producer(OPUS), Outlet()
    consumer = make_consumer(producer)
    producer.resume(consumer)
    outlet.feed(producer, [audio(number) for number in range(20)])
    outlet.feed(producer, [audio(1001, ssrc=2), audio(1000, ssrc=2), audio(1002, ssrc=2)])
    numbers = outlet.numbers(consumer)
    assert len(numbers) == len(set(numbers)) == 22


def test_a_restarted_numbering_goes_on_without_a_hole() -> None:
    producer, outlet = make_producer(OPUS), Outlet()
    consumer = make_consumer(producer)
    producer.resume(consumer)
    outlet.feed(producer, [audio(10, 1000), audio(11, 1960)], 1.0)
    outlet.feed(producer, [audio(30000, 5), audio(30001, 965), audio(30002, 1925)], 2.0)
    assert outlet.numbers(consumer) == [100, 101, 102, 103]
    times = [packet.timestamp for packet in outlet.got(consumer)]
    assert times == [1000, 1960, 1960 + 48000, 1960 + 48960]


def test_the_stream_that_was_left_does_not_come_back_while_its_successor_lives() -> None:
    producer, outlet = make_producer(OPUS), Outlet()
    consumer = make_consumer(producer)
    producer.resume(consumer)
    outlet.feed(producer, [audio(1, ssrc=1)], 0.0)
    outlet.feed(producer, [audio(1, ssrc=2)], 0.1)
    outlet.feed(producer, [audio(2, ssrc=1)], 0.2)
    assert (producer.encodings[0].strays, len(outlet.numbers(consumer))) == (1, 2)
    outlet.feed(producer, [audio(3, ssrc=1)], 0.2 + RETURN_AFTER_S)
    assert outlet.numbers(consumer) == [100, 101, 102]


def test_a_retransmission_never_switches_streams() -> None:
    producer = make_producer()
    assert producer.encodings[0].receive(video(1, ssrc=1), 0.0, retransmitted=True) is None
    producer.encodings[0].receive(video(1, ssrc=1), 0.0)
    producer.encodings[0].receive(video(1, ssrc=2), 0.1)
    assert producer.encodings[0].receive(video(2, ssrc=3), 9.0, retransmitted=True) is None
    assert producer.encodings[0].stream is not None
    assert producer.encodings[0].stream.ssrc == 2


def test_ever_new_ssrcs_are_bounded_and_stay_continuous() -> None:
    producer, outlet = make_producer(OPUS), Outlet()
    consumer = make_consumer(producer)
    producer.resume(consumer)
    for ssrc in range(10 * MAX_LEFT_SSRCS):
        outlet.feed(producer, [audio(ssrc * 77, ssrc=ssrc + 1)], ssrc * 0.01)
    assert len(producer.encodings[0]._left) <= MAX_LEFT_SSRCS
    numbers = outlet.numbers(consumer)
    steps = {seq_diff(b, a) for a, b in pairwise(numbers)}
    assert steps == {1}


def test_an_oversized_packet_is_left_out_and_counted() -> None:
    producer = make_producer()
    packet = video(1, keyframe=True)
    packet.payload += bytes(MAX_TAIL)
    assert producer.encodings[0].receive(packet, 0.0) is None
    assert producer.encodings[0].oversized == 1


def test_the_same_codec_under_other_numbers_goes_on_another_does_not() -> None:
    producer = make_producer()
    renumbered = replace(VP8, payload_type=50)
    assert producer.negotiated(renumbered, {})
    assert producer.codec is renumbered
    assert not producer.negotiated(replace(VP8, name="H264"), {})
    assert not producer.negotiated(replace(VP8, parameters=(("x", "y"),)), {})


def test_header_extensions_are_renumbered_and_others_dropped() -> None:
    assert passed_on("video", {VIDEO_ORIENTATION_URI: 11, MID_URI: 4}) == {11: 4}
    assert passed_on("audio", {AUDIO_LEVEL_URI: 7, VIDEO_ORIENTATION_URI: 11}) == {7: 1}
    producer = make_producer()
    producer.negotiated(VP8, {11: 4})
    packet = video(1, keyframe=True)
    packet.extension_profile, packet.extension_data = build_extensions([(11, b"\x01"), (3, b"zz")])
    outlet, consumer = Outlet(), make_consumer(producer)
    producer.resume(consumer)
    outlet.feed(producer, [packet], 1.0)
    (got,) = outlet.got(consumer)
    elements = parse_extensions(got.extension_profile, got.extension_data)
    assert elements == {3: bytes(2), 2: (1 << 18).to_bytes(3, "big"), 4: b"\x01"}


@pytest.mark.parametrize("size", [3, 16, 17, 60])
def test_every_packet_carries_a_transport_wide_number(size: int) -> None:
    producer = make_producer()
    producer.negotiated(VP8, {11: 12})
    outlet, consumer = Outlet(), make_consumer(producer)
    log = plan_of(consumer).sent_log = SentLog()
    log.note_run(1000, 1000, 0.0)
    producer.resume(consumer)
    given = bytes(range(size))  # beyond 16 bytes it takes the two-byte form (RFC 8285 section 4.3)
    for number in range(2):
        packet = video(number, keyframe=not number)
        packet.extension_profile, packet.extension_data = build_extensions([(11, given)])
        outlet.feed(producer, [packet], 1.0)
    for number, got in enumerate(outlet.got(consumer)):
        elements = parse_extensions(got.extension_profile, got.extension_data)
        assert elements[3] == (1000 + number).to_bytes(2, "big")
        assert elements[12] == given


def test_a_broken_header_extension_does_not_cost_the_packet() -> None:
    producer = make_producer()
    producer.negotiated(VP8, {11: 4})
    packet = video(1, keyframe=True)
    packet.extension_profile, packet.extension_data = 0xBEDE, b"\xbf\x00\x00\x00"
    assert producer.encodings[0].receive(packet, 0.0) is not None
