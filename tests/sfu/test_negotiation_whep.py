"""Offers to receive, as Chromium and others make them, and what the server answers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription

from sfu.negotiation import NegotiationError, answer_play, parse_sdp, read_play_offer
from sfu.negotiation_whep import PlaySection
from sfu.rtp_parameters import ABS_SEND_TIME_URI, AUDIO_LEVEL_URI, Codec, ForwardedMedia
from tests.sfu.sdp_fixtures import H264, LOCAL, OPUS, VP8, read

VP9 = Codec("video", "VP9", 90000, 98, parameters=(("profile-id", "0"),))


def media_for(sections: list[PlaySection]) -> list[ForwardedMedia]:
    return [
        ForwardedMedia(
            section.mid,
            section.kind,
            section.codecs[0],
            1000 + number,
            2000 + number if section.kind == "video" else None,
            "stream",
            f"track{number}",
            "stream",
        )
        for number, section in enumerate(sections)
    ]


def test_reads_what_chromium_wants_to_receive() -> None:
    sections = read_play_offer(parse_sdp(read("chromium_receive")))
    assert {section.kind for section in sections} == {"audio", "video"}
    video = next(section for section in sections if section.kind == "video")
    assert {codec.name for codec in video.codecs} == {"VP8", "VP9", "H264", "AV1"}
    assert all(codec.rtx_payload_type is not None for codec in video.codecs)
    for section in sections:
        offered = {item.uri: item.id for item in section.extensions}
        known = {AUDIO_LEVEL_URI: 1, ABS_SEND_TIME_URI: 2}
        assert offered.items() <= known.items()


def test_answers_in_the_clients_numbers_with_streams_and_the_chosen_codec_first() -> None:
    offer = parse_sdp(read("chromium_receive"))
    sections = read_play_offer(offer)
    media = media_for(sections)
    wanted = next(s.codec_for(H264) for s in sections if s.kind == "video")
    assert wanted is not None
    media = [replace(item, codec=wanted) if item.kind == "video" else item for item in media]
    answer = parse_sdp(answer_play(offer, LOCAL, sections, media).sdp)
    assert [section.mid for section in answer.media] == [section.mid for section in offer.media]
    for section, item in zip(answer.media, media, strict=True):
        assert section.direction == "sendonly"
        assert section.setup == "passive"
        assert section.payload_types[0] == item.codec.payload_type
        assert section.ssrcs[0] == item.ssrc
        assert section.msids[0].track == item.track_id
        assert set(section.payload_types) <= set(offer.media[0].payload_types) | set(
            offer.media[1].payload_types
        )


@pytest.mark.parametrize(
    ("track", "offered", "fits"),
    [
        (VP8, VP8, True),
        (VP8, VP9, False),
        (VP9, replace(VP9, parameters=()), True),  # profile 0 by default
        (replace(VP9, parameters=(("profile-id", "2"),)), VP9, False),
        (H264, H264, True),
        (H264, replace(H264, parameters=()), True),  # names nothing, takes anything
        (H264, replace(H264, parameters=(("profile-level-id", "42e01f"),)), False),  # mode 0
        (H264, replace(H264, parameters=(("packetization-mode", "1"),)), False),  # baseline
        (OPUS, replace(OPUS, parameters=()), True),
        (replace(OPUS, parameters=(("sprop-stereo", "1"),)), OPUS, True),
    ],
)
def test_which_track_fits_which_codec(track: Codec, offered: Codec, fits: bool) -> None:
    offered = replace(offered, payload_type=77)
    found = PlaySection("0", offered.kind, (offered,), ()).codec_for(track)
    assert found == (offered if fits else None)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a=recvonly", "a=sendonly"),
        ("a=recvonly", "a=inactive"),
        ("a=rtcp-mux\r\n", ""),
        ("a=group:BUNDLE", "a=group:LS"),
        ("UDP/TLS/RTP/SAVPF", "UDP/DTLS/SCTP"),
    ],
)
def test_offers_that_leave_nothing_to_send_on(before: str, after: str) -> None:
    with pytest.raises(NegotiationError) as caught:
        read_play_offer(parse_sdp(read("chromium_receive").replace(before, after)))
    assert caught.value.code == "sdp_unsupported"


@pytest.mark.parametrize("line", ["a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:"])
def test_offers_without_a_transport(line: str) -> None:
    kept = [text for text in read("chromium_receive").split("\r\n") if not text.startswith(line)]
    offer = parse_sdp("\r\n".join(kept))
    sections = read_play_offer(offer)
    with pytest.raises(NegotiationError) as caught:
        answer_play(offer, LOCAL, sections, media_for(sections))
    assert caught.value.code == "sdp_invalid"


def test_a_section_to_send_on_is_refused_beside_one_to_receive_on() -> None:
    text = read("chromium_receive").replace("a=recvonly", "a=sendonly", 1)
    offer = parse_sdp(text)
    sections = read_play_offer(offer)
    answer = parse_sdp(answer_play(offer, LOCAL, sections, media_for(sections)).sdp)
    assert [section.rejected for section in answer.media] == [True, False]
    assert answer.groups[0].mids == (sections[0].mid,)


async def test_aiortc_takes_the_answer() -> None:
    peer = RTCPeerConnection()
    peer.addTransceiver("audio", direction="recvonly")
    peer.addTransceiver("video", direction="recvonly")
    await peer.setLocalDescription(await peer.createOffer())
    offer = parse_sdp(peer.localDescription.sdp)
    sections = read_play_offer(offer)
    answer = answer_play(offer, LOCAL, sections, media_for(sections))
    await peer.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))
    assert [t.currentDirection for t in peer.getTransceivers()] == ["recvonly", "recvonly"]
    await peer.close()
