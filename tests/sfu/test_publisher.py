"""Which track a packet belongs to, and what the publisher is told."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.nack import MAX_TRIES
from sfu.producer import Producer
from sfu.publisher import MAX_NACK_ITEMS, Publisher
from sfu.rtp_parameters import (
    MID_URI,
    REPAIRED_RID_URI,
    RID_URI,
    TRANSPORT_CC_URI,
    PublishedMedia,
)
from sfu.ssrc_table import MAX_LEARNED
from sfu.wire.ntp import ntp_from_unix, unix_from_ntp
from sfu.wire.rtcp import RtcpPacket
from sfu.wire.rtcp_feedback import Nack, PictureLossIndication
from sfu.wire.rtcp_reports import ReceiverReport, SenderReport
from sfu.wire.rtp import RtpPacket, build_extensions, wrap_rtx
from sfu.wire.transport_feedback import TransportFeedback
from tests.sfu.streams import OPUS, RTX_SSRC, SSRC, VP8, audio, published, video

WALL = 1_700_000_000.0


def new_publisher(*media: PublishedMedia) -> Publisher:
    publisher = Publisher("connection", "cname", 9, WALL)
    negotiate(publisher, *media)
    return publisher


def negotiate(
    publisher: Publisher, *media: PublishedMedia
) -> tuple[list[Producer], list[Producer]]:
    names = count(len(publisher.producers))
    return publisher.negotiate(media, {}, lambda: f"t{next(names)}")


def with_extensions(packet: RtpPacket, *elements: tuple[int, bytes]) -> RtpPacket:
    packet.extension_profile, packet.extension_data = build_extensions(list(elements))
    return packet


def of_type(packets: list[RtcpPacket], kind: type) -> list[RtcpPacket]:
    return [packet for packet in packets if isinstance(packet, kind)]


CAMERA = replace(published(mid="0"), extensions={MID_URI: 4, TRANSPORT_CC_URI: 5})
SCREEN = replace(published(mid="1"), ssrcs=(), rtx_ssrcs={}, extensions={MID_URI: 4})
SOUND = replace(published(OPUS, mid="2"), ssrcs=(), extensions={MID_URI: 4})


@pytest.mark.parametrize(
    ("packet", "mid"),
    [
        (video(1), "0"),  # by the SSRC that the SDP names
        (with_extensions(video(1, ssrc=5), (4, b"1")), "1"),  # by MID
        (with_extensions(video(1, ssrc=5), (4, b"9")), None),  # a MID that there is not
        (with_extensions(video(1, ssrc=5), (4, b"\xff")), None),
        (video(1, ssrc=5), None),  # two tracks have that payload type
        (audio(1, ssrc=5), "2"),  # one has
        (with_extensions(audio(1, ssrc=5), (4, b"0")), None),  # that track has other types
    ],
)
def test_packets_find_their_track(packet: RtpPacket, mid: str | None) -> None:
    publisher = new_publisher(CAMERA, SCREEN, SOUND)
    received = publisher.receive_rtp(packet.serialize(), 0.0)
    found = received[0] if received is not None else None
    assert found is (None if mid is None else publisher.producers[mid])
    assert publisher.unknown_packets == (mid is None)


def test_an_ssrc_once_known_needs_no_mid() -> None:
    publisher = new_publisher(CAMERA, SCREEN)
    publisher.receive_rtp(with_extensions(video(1, ssrc=5), (4, b"1")).serialize(), 0.0)
    received = publisher.receive_rtp(video(2, ssrc=5).serialize(), 0.0)
    assert received is not None
    assert received[0] is publisher.producers["1"]


@pytest.mark.parametrize("payload_type", [0, 95, 98, 127])
def test_wrong_payload_types_are_counted_and_dropped(payload_type: int) -> None:
    publisher = new_publisher(CAMERA)
    packet = video(1)
    packet.payload_type = payload_type
    assert publisher.receive_rtp(packet.serialize(), 0.0) is None
    assert publisher.unknown_packets == 1


def test_ten_thousand_ssrcs_from_one_peer_are_bounded() -> None:
    publisher = new_publisher(CAMERA, SOUND)
    for ssrc in range(10_000):
        publisher.receive_rtp(audio(1, ssrc=5000 + ssrc).serialize(), ssrc * 0.001)
    assert publisher.unknown_packets == 10_000 - MAX_LEARNED
    assert publisher.receive_rtp(video(1).serialize(), 11.0) is not None


def test_retransmissions_are_unwrapped_by_the_sdp_or_the_track() -> None:
    publisher = new_publisher(CAMERA, SCREEN)
    publisher.receive_rtp(video(1).serialize(), 0.0)
    publisher.receive_rtp(video(3).serialize(), 0.0)
    wrapped = wrap_rtx(video(2), 97, RTX_SSRC, 700)
    received = publisher.receive_rtp(wrapped.serialize(), 0.1)
    assert received is not None
    producer, packet = received
    assert (producer, packet.sequence) == (publisher.producers["0"], 2)
    assert producer.encodings[0].stream is not None
    assert producer.encodings[0].stream.retransmitted == 1


def test_probes_on_the_retransmission_stream_are_neither_media_nor_faults() -> None:
    publisher = new_publisher(CAMERA)
    probe = RtpPacket(
        payload_type=97, sequence_number=1, timestamp=0, ssrc=RTX_SSRC, padding_size=200
    )
    assert publisher.receive_rtp(probe.serialize(), 0.0) is None
    assert (publisher.probes, publisher.invalid_packets) == (1, 0)


@given(st.binary(max_size=80), st.booleans())
def test_any_bytes_are_taken_or_counted(data: bytes, plausible: bool) -> None:
    publisher = new_publisher(CAMERA, SOUND)
    if plausible:
        data = b"\x90\x60" + data[:6].ljust(6, b"\0") + SSRC.to_bytes(4, "big") + data[6:]
    received = publisher.receive_rtp(data, 0.0)
    if received is None:
        counted = publisher.unknown_packets + publisher.invalid_packets + publisher.probes
        assert counted == 1


def test_sections_that_end_lose_their_track_and_others_keep_theirs() -> None:
    publisher = new_publisher(CAMERA, SOUND)
    camera, sound = publisher.producers["0"], publisher.producers["2"]
    added, ended = negotiate(publisher, replace(CAMERA, active=False), SOUND)
    assert (added, ended) == ([], [camera])
    assert publisher.producers == {"2": sound}
    assert publisher.receive_rtp(video(1).serialize(), 0.0) is None


def test_another_codec_is_another_track_another_payload_type_is_not() -> None:
    publisher = new_publisher(CAMERA)
    renumbered = replace(CAMERA, codecs=(replace(VP8, payload_type=50),))
    assert negotiate(publisher, renumbered) == ([], [])
    packet = video(1)
    packet.payload_type = 50
    assert publisher.receive_rtp(packet.serialize(), 0.0) is not None
    added, ended = negotiate(publisher, replace(CAMERA, codecs=(replace(VP8, name="VP9"),)))
    assert (len(added), len(ended)) == (1, 1)


def test_what_a_layer_has_shown_holds_for_the_next_codec_too() -> None:
    """A browser that had a report on it names it no more, whatever becomes of its section."""
    layered = replace(
        CAMERA,
        ssrcs=(),
        rtx_ssrcs={},
        rids=("q", "f"),
        extensions={MID_URI: 4, RID_URI: 6, REPAIRED_RID_URI: 7},
    )
    publisher = new_publisher(layered, SCREEN)
    shown = with_extensions(video(1, ssrc=5), (4, b"0"), (6, b"f"))
    assert publisher.receive_rtp(shown.serialize(), 0.0) is not None
    again = with_extensions(wrap_rtx(video(2, ssrc=5), 97, 8, 1), (4, b"0"), (7, b"f"))
    assert publisher.receive_rtp(again.serialize(), 0.0) is not None
    (track,), _ = negotiate(publisher, replace(layered, codecs=(replace(VP8, name="VP9"),)), SCREEN)
    received = publisher.receive_rtp(video(3, ssrc=5).serialize(), 0.0)
    assert received is not None
    assert received[0] is track
    assert [encoding.stream is not None for encoding in track.encodings] == [False, True]
    assert publisher.receive_rtp(wrap_rtx(video(2, ssrc=5), 97, 8, 2).serialize(), 0.0) is not None
    negotiate(publisher, replace(layered, active=False), SCREEN, replace(SCREEN, mid="3"))
    assert publisher.receive_rtp(video(4, ssrc=5).serialize(), 0.0) is None


def test_kept_ssrcs_leave_room_for_new_ones() -> None:
    publisher = new_publisher(SCREEN)
    for ssrc in range(100, 100 + MAX_LEARNED + 1):
        publisher.receive_rtp(with_extensions(video(1, ssrc=ssrc), (4, b"1")).serialize(), 0.0)
    assert publisher.unknown_packets == 1
    negotiate(publisher, SCREEN)
    new = with_extensions(video(1, ssrc=99), (4, b"1"))
    assert publisher.receive_rtp(new.serialize(), 0.0) is not None


# --- what the publisher is told -----------------------------------------------------------------


def test_losses_are_asked_for_in_packets_that_fit_a_datagram() -> None:
    publisher = new_publisher(CAMERA)
    for number in (0, 500):
        publisher.receive_rtp(video(number).serialize(), 0.0)
    nacks = of_type(publisher.feedback(0.0), Nack)
    numbers = [n for nack in nacks if isinstance(nack, Nack) for n in nack.sequence_numbers]
    assert numbers == list(range(1, 500))
    assert all(len(nack.serialize()) < 1200 for nack in nacks)
    assert len(nacks) == -(-499 // MAX_NACK_ITEMS)


def test_what_is_given_up_becomes_a_keyframe_request() -> None:
    publisher = new_publisher(CAMERA)
    publisher.receive_rtp(video(0, keyframe=True).serialize(), 0.0)
    publisher.receive_rtp(video(2).serialize(), 0.0)
    told = [publisher.feedback(index * 0.05) for index in range(60)]
    requests = [
        index for index, packets in enumerate(told) if of_type(packets, PictureLossIndication)
    ]
    assert requests
    assert sum(len(of_type(packets, Nack)) for packets in told) == MAX_TRIES


def test_muted_video_is_not_asked_for_keyframes() -> None:
    publisher = new_publisher(CAMERA)
    publisher.receive_rtp(video(0).serialize(), 0.0)
    producer = publisher.producers["0"]
    producer.set_muted(True)
    producer.encodings[0].repair()
    assert not of_type(publisher.feedback(0.0), PictureLossIndication)
    producer.set_muted(False)
    assert of_type(publisher.feedback(0.1), PictureLossIndication)


def test_reports_come_once_a_second() -> None:
    publisher = new_publisher(CAMERA)
    assert publisher.feedback(0.0) == []
    publisher.receive_rtp(video(0).serialize(), 0.0)
    reported = [
        now for now in range(0, 3000, 50) if of_type(publisher.feedback(now / 1000), ReceiverReport)
    ]
    assert reported == [0, 1000, 2000]


def test_arrivals_are_fed_back_when_the_extension_was_negotiated() -> None:
    publisher = new_publisher(CAMERA)
    for number in (7, 9):
        packet = with_extensions(video(number), (5, number.to_bytes(2, "big")))
        publisher.receive_rtp(packet.serialize(), 1.0)
    (feedback,) = of_type(publisher.feedback(1.0), TransportFeedback)
    assert isinstance(feedback, TransportFeedback)
    assert (feedback.base_sequence, feedback.status_count) == (7, 3)
    assert [number for number, _ in feedback.received] == [7, 9]


def test_audio_and_video_of_one_instant_get_one_time() -> None:
    """Lip-sync: the same capture instant maps to the same server time on both tracks."""
    publisher = new_publisher(CAMERA, replace(SOUND, ssrcs=(77,)))
    publisher.receive_rtp(video(1, timestamp=90_000).serialize(), 0.0)
    publisher.receive_rtp(audio(1, timestamp=48_000, ssrc=77).serialize(), 0.0)
    theirs = 1_600_000_000.0  # a clock that is years behind
    for ssrc, timestamp, late_s in ((SSRC, 90_000, 0.02), (77, 48_000, 0.08)):
        report = SenderReport(ssrc, ntp_from_unix(theirs), timestamp, 1, 1)
        publisher.receive_rtcp([report], 10.0 + late_s)
    times = [
        publisher.sender_time(publisher.producers[mid].encodings[0], 15.0) for mid in ("0", "2")
    ]
    (video_ntp, video_rtp), (audio_ntp, audio_rtp) = (t for t in times if t is not None)
    assert unix_from_ntp(video_ntp) == pytest.approx(WALL + 15.0, abs=1e-3)
    assert video_ntp == audio_ntp
    assert (video_rtp - 90_000) / 90_000 == pytest.approx((audio_rtp - 48_000) / 48_000, abs=1e-3)


@pytest.mark.parametrize("ntp", [0, 1, (1 << 64) - 1])
def test_absurd_sender_reports_give_numbers_that_fit(ntp: int) -> None:
    publisher = new_publisher(CAMERA)
    publisher.receive_rtp(video(1).serialize(), 0.0)
    publisher.receive_rtcp([SenderReport(SSRC, ntp, 0xFFFFFFFF, 0, 0)], 1.0)
    times = publisher.sender_time(publisher.producers["0"].encodings[0], 2.0)
    assert times is not None
    assert SenderReport(1, *times, 0, 0).serialize()


def test_reports_of_unknown_streams_are_ignored() -> None:
    publisher = new_publisher(CAMERA)
    publisher.receive_rtcp([SenderReport(12345, 1, 1, 0, 0)], 1.0)
    assert publisher.sender_time(publisher.producers["0"].encodings[0], 2.0) is None
