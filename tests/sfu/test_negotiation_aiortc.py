"""aiortc's own peer connection, the bots' client, takes the server's answers and offers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

from sfu.negotiation import (
    PayloadTypes,
    SubscribeAnswer,
    answer_publish,
    make_subscribe_offer,
    parse_sdp,
    read_subscribe_answer,
)
from sfu.rtp_parameters import (
    ABS_SEND_TIME_URI,
    AUDIO_LEVEL_URI,
    MID_URI,
    ForwardedMedia,
    PublishedMedia,
)
from tests.sfu.sdp_fixtures import H264, LOCAL, OPUS, VP8, forwarded


@asynccontextmanager
async def _peer() -> AsyncIterator[RTCPeerConnection]:
    peer = RTCPeerConnection()
    try:
        yield peer
    finally:
        await peer.close()


async def _publish(
    peer: RTCPeerConnection, previous: tuple[PublishedMedia, ...] | None = None
) -> tuple[PublishedMedia, ...]:
    await peer.setLocalDescription(await peer.createOffer())
    answer = answer_publish(parse_sdp(peer.localDescription.sdp), LOCAL, previous)
    await peer.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))
    return answer.media


async def _subscribe(
    peer: RTCPeerConnection, media: list[ForwardedMedia], version: int, numbers: PayloadTypes
) -> SubscribeAnswer:
    offer = make_subscribe_offer(media, LOCAL, 7, version, numbers)
    await peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
    await peer.setLocalDescription(await peer.createAnswer())
    return read_subscribe_answer(peer.localDescription.sdp, media)


def _directions(peer: RTCPeerConnection) -> list[str | None]:
    return [transceiver.currentDirection for transceiver in peer.getTransceivers()]


async def test_publishes() -> None:
    async with _peer() as peer:
        peer.addTrack(AudioStreamTrack())
        peer.addTrack(VideoStreamTrack())
        audio, video = await _publish(peer)
        assert (audio.codecs[0].name, video.codecs[0].name) == ("opus", "VP8")
        assert len(video.rtx_ssrcs) == 1
        assert _directions(peer) == ["sendonly", "sendonly"]


async def test_publishes_beside_a_refused_data_channel() -> None:
    async with _peer() as peer:
        peer.createDataChannel("chat")
        peer.addTrack(VideoStreamTrack())
        (video,) = await _publish(peer)
        assert video.active
        assert _directions(peer) == ["sendonly"]


async def test_adds_a_track_and_ends_one() -> None:
    async with _peer() as peer:
        peer.addTrack(AudioStreamTrack())
        first = await _publish(peer)
        peer.addTrack(VideoStreamTrack())
        second = await _publish(peer, first)
        assert second[0] == first[0]
        peer.getTransceivers()[0].direction = "inactive"
        third = await _publish(peer, second)
        assert [media.active for media in third] == [False, True]


async def test_subscribes() -> None:
    async with _peer() as peer:
        media = [forwarded("0", OPUS), forwarded("1", VP8), forwarded("2", H264)]
        answer = await _subscribe(peer, media, 1, PayloadTypes())
        assert [item.active for item in answer.media] == [True, True, True]
        assert [item.payload_type for item in answer.media] == [111, 96, 102]
        assert [item.rtx_payload_type for item in answer.media] == [None, 97, 103]
        assert set(answer.media[0].extensions) == {AUDIO_LEVEL_URI, MID_URI}
        assert set(answer.media[1].extensions) == {ABS_SEND_TIME_URI, MID_URI}
        assert set(answer.media[1].feedback) == {"nack", "nack pli", "goog-remb"}
        assert answer.remote.setup == "active"
        assert answer.remote.candidates
        tracks = [transceiver.receiver.track.id for transceiver in peer.getTransceivers()]
        assert tracks == ["track0", "track1", "track2"]


async def test_sections_are_added_ended_and_reused() -> None:
    async with _peer() as peer:
        numbers = PayloadTypes()
        media = [forwarded("0", OPUS)]
        await _subscribe(peer, media, 1, numbers)
        media.append(forwarded("1", VP8))
        answer = await _subscribe(peer, media, 2, numbers)
        assert [item.active for item in answer.media] == [True, True]
        media[1] = forwarded("1", VP8, active=False)
        answer = await _subscribe(peer, media, 3, numbers)
        assert [item.active for item in answer.media] == [True, False]
        media[1] = forwarded("1", H264, ssrc=77, rtx_ssrc=78)
        answer = await _subscribe(peer, media, 4, numbers)
        assert [item.payload_type for item in answer.media] == [111, 102]
        assert _directions(peer) == ["recvonly", "recvonly"]
