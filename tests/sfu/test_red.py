"""Redundant audio from a publisher to subscribers who take it, and to those who do not."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sfu.negotiation import make_subscribe_offer, parse_sdp, read_subscribe_answer
from sfu.packet import MediaPacket
from sfu.producer import Producer
from sfu.publisher import Publisher
from sfu.red_numbers import OPUS_NUMBER, RED_CODEC, RED_NUMBER
from sfu.rtp_parameters import AcceptedMedia, Codec
from sfu.wire.red import RedBlock, build_red, parse_red
from sfu.wire.rtp import RtpPacket, parse_rtp
from tests.sfu.sdp_fixtures import LOCAL, OPUS, forwarded
from tests.sfu.streams import Outlet, make_consumer, plan_of, published
from tests.sfu.test_publisher import new_publisher

HERS = replace(OPUS, payload_type=109)  # the publisher's numbers
RED = Codec("audio", "red", 48000, 62, 2)
OLD, NEW = b"old sound", b"new sound"


def negotiated() -> tuple[Publisher, Producer]:
    publisher = new_publisher()
    section = replace(published(HERS), codecs=(RED, HERS))
    (producer,), _ = publisher.negotiate([section], {}, lambda: "track")
    return publisher, producer


def packet(number: int, payload_type: int, payload: bytes) -> bytes:
    return RtpPacket(
        payload_type=payload_type,
        sequence_number=number,
        timestamp=960 * number,
        ssrc=1111,
        payload=payload,
    ).serialize()


def received(publisher: Publisher, *packets: bytes) -> list[MediaPacket]:
    taken = [publisher.receive_rtp(data, 1.0) for data in packets]
    return [found[1] for found in taken if found is not None]


def test_red_to_who_takes_it_and_the_newest_sound_to_who_does_not() -> None:
    publisher, producer = negotiated()
    taking, other = make_consumer(producer, 7000), make_consumer(producer, 8000)
    taking.accept(AcceptedMedia("0", True, RED_NUMBER, red=True), plan_of(taking).destination)
    other.accept(AcceptedMedia("0", True, OPUS_NUMBER), plan_of(other).destination)
    for consumer in (taking, other):
        producer.resume(consumer)
    hers = build_red([RedBlock(109, 960, OLD), RedBlock(109, 0, NEW)])
    packets = received(publisher, packet(1, 62, hers), packet(2, 109, b"plain"))
    outlet = Outlet()
    outlet.forward(producer, packets)
    as_red = [parse_red(one.payload) for one in outlet.got(taking)]
    assert as_red == [
        [RedBlock(OPUS_NUMBER, 960, OLD), RedBlock(OPUS_NUMBER, 0, NEW)],
        [RedBlock(OPUS_NUMBER, 0, b"plain")],
    ]
    assert [one.payload for one in outlet.got(other)] == [NEW, b"plain"]
    assert [one.payload_type for one in outlet.got(taking)] == [RED_NUMBER] * 2
    assert [one.payload_type for one in outlet.got(other)] == [OPUS_NUMBER] * 2
    assert outlet.numbers(taking) == outlet.numbers(other) == [100, 101]


def test_red_that_is_malformed_or_of_another_codec_is_not_forwarded() -> None:
    publisher, _ = negotiated()
    foreign = build_red([RedBlock(0, 0, b"pcmu")])
    assert received(publisher, packet(1, 62, b"\xff"), packet(2, 62, foreign)) == []
    assert publisher.invalid_packets == 2
    assert received(publisher, packet(3, 63, NEW)) == []
    assert publisher.unknown_packets == 1


def test_red_is_offered_where_opus_has_its_usual_number() -> None:
    stereo = replace(OPUS, parameters=(("stereo", "1"), ("sprop-stereo", "1")))
    media = [
        forwarded("0", OPUS, red=True),
        forwarded("1", OPUS),
        forwarded("2", stereo, red=True),
    ]
    offer = parse_sdp(make_subscribe_offer(media, LOCAL, 1, 1))
    formats = [section.formats for section in offer.media]
    assert formats == [("63", "111"), ("111",), ("112",)]
    assert offer.media[0].fmtps["63"] == (("", "111/111"),)
    assert offer.media[0].rtpmaps[63].name == RED_CODEC.name


def test_an_answer_may_take_it_or_leave_it() -> None:
    media = [forwarded("0", OPUS, red=True)]
    answer = parse_sdp(make_subscribe_offer(media, LOCAL, 1, 1))
    answer.media[0].setup = "active"
    answer.media[0].direction = "recvonly"
    (taken,) = read_subscribe_answer(answer, media).media
    assert (taken.payload_type, taken.red) == (RED_NUMBER, True)
    answer.media[0].formats = ("111",)
    (left,) = read_subscribe_answer(answer, media).media
    assert (left.payload_type, left.red) == (OPUS_NUMBER, False)


def test_a_track_that_begins_or_ends_to_be_red_is_another() -> None:
    publisher, producer = negotiated()
    added, ended = publisher.negotiate([published(HERS)], {}, lambda: "again")
    assert (ended, [one.red for one in added]) == ([producer], [None])


@given(st.lists(st.sampled_from(("red", "plain", "late", "answer")), max_size=40))
def test_what_was_sent_is_sent_again_as_it_was(events: list[str]) -> None:
    """Also by who comes to take RED, or no longer does."""
    publisher, producer = negotiated()
    outlet, sent = Outlet(), 0
    taking, other = make_consumer(producer, 7000), make_consumer(producer, 8000)
    for consumer in (taking, other):
        producer.resume(consumer)
        consumer.accept(AcceptedMedia("0", True, 120, red=consumer is taking), object())
    for number, event in enumerate(events):
        if event == "answer":
            red = not plan_of(taking).red
            taking.accept(AcceptedMedia("0", True, 120, red=red), object())
            other.accept(AcceptedMedia("0", True, 120, red=not red), object())
            sent = len(outlet.raw(taking))
        else:
            blocks = [RedBlock(109, 960, b"old%d" % number), RedBlock(109, 0, b"new%d" % number)]
            payload = b"plain%d" % number if event == "plain" else build_red(blocks)
            # The number before is missing, and may come late.
            sequence = 2 * number + (5 if event == "late" else 10)
            data = packet(sequence, 109 if event == "plain" else 62, payload)
            outlet.forward(producer, received(publisher, data))
    for consumer in (taking, other):
        left = {parse_rtp(data).sequence_number: data for data in outlet.raw(consumer)}
        assert len(left) == len(outlet.raw(consumer))
        for index, (number, data) in enumerate(left.items()):
            assert consumer.resend((number,), 2.0) == ([data] if index >= sent else [])
