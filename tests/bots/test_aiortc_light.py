"""The private names of aiortc that the bots rest on, and what is built on them."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiortc import (
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpreceiver import RemoteStreamTrack
from aiortc.rtp import RtpPacket

from bots.aiortc_light import (
    RECEIVER_NAMES,
    SENDER_NAMES,
    TRANSCEIVER_RECEIVER,
    TRANSPORT_NAMES,
    count_only,
    on_keyframe_request,
    renew_receiver,
)
from bots.recorded import RecordedTrack, encode_pattern
from bots.sinks import VideoSink
from bots.sources import SyntheticSettings
from tests.support.eventually import eventually

SETTINGS = SyntheticSettings(colour=(140, 50, 170), frame_rate=50)


@pytest.mark.parametrize(
    ("owner", "names"),
    [
        (RTCDtlsTransport, TRANSPORT_NAMES),
        (RTCRtpReceiver, RECEIVER_NAMES),
        (RTCRtpSender, SENDER_NAMES),
    ],
)
def test_the_methods_exist(owner: type, names: tuple[str, ...]) -> None:
    for name in names:
        assert inspect.isfunction(getattr(owner, name)), name


async def test_the_attributes_exist() -> None:
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    transceiver = pc.addTransceiver("video", direction="recvonly")
    assert getattr(transceiver, TRANSCEIVER_RECEIVER) is transceiver.receiver
    assert isinstance(transceiver.sender._ssrc, int)
    assert transceiver.receiver._track is None
    assert RemoteStreamTrack(kind="video", id="x").id == "x"
    await pc.close()


@dataclass
class Pair:
    """A sending and a receiving peer connection; the sender offers."""

    sending: RTCPeerConnection
    receiving: RTCPeerConnection

    async def negotiate(self, edit_offer: tuple[str, str] = ("", "")) -> RTCRtpTransceiver:
        """Up to the moment between the remote and the local description of the answer."""
        await self.sending.setLocalDescription(await self.sending.createOffer())
        sdp = self.sending.localDescription.sdp.replace(*edit_offer)
        await self.receiving.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        return self.receiving.getTransceivers()[0]

    async def answer(self) -> None:
        await self.receiving.setLocalDescription(await self.receiving.createAnswer())
        await self.sending.setRemoteDescription(self.receiving.localDescription)


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    made = Pair(*(RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2)))
    yield made
    await made.sending.close()
    await made.receiving.close()


@pytest.mark.e2e
async def test_packets_are_counted_without_a_decoder(pair: Pair) -> None:
    track = RecordedTrack("video", encode_pattern(SETTINGS), 1800, 90_000)
    sender = pair.sending.addTrack(track)
    asked: list[bool] = []
    on_keyframe_request(sender, lambda: asked.append(True))
    transceiver = await pair.negotiate()
    told: list[bool] = []
    counter = count_only(transceiver, lambda: told.append(True))
    await pair.answer()
    await eventually(lambda: counter.count.frames > 30, "frames")
    assert len(told) == counter.count.packets
    assert counter.count.lost == 0
    assert counter.count.packets >= counter.count.frames
    await counter.request_keyframe()
    await eventually(lambda: asked, "the keyframe request's arrival")
    stats = await sender.getStats()
    reported = [entry for entry in stats.values() if entry.type == "remote-inbound-rtp"]
    assert [entry.packetsLost for entry in reported] == [0]
    counter.stop()
    before = counter.count.packets
    await asyncio.sleep(0.1)
    assert counter.count.packets == before


@pytest.mark.e2e
async def test_a_section_that_carries_another_stream_is_received_again(pair: Pair) -> None:
    """The second stream has another SSRC and starts anywhere, as a server's reuse looks."""
    for _ in range(2):  # with one section alone, aiortc finds the receiver by payload type
        pair.sending.addTransceiver("video", direction="sendonly")
    transceiver = await pair.negotiate()
    sink = VideoSink()
    sink.start(transceiver.receiver.track)
    await pair.answer()
    await eventually(lambda: pair.receiving.connectionState == "connected", "the connection")
    sender = pair.sending.getTransceivers()[0].sender
    await send_pictures(sender, sender._ssrc, first_sequence=100)
    await eventually(lambda: sink.frames > 5, "the first stream")
    await sink.stop()

    other_ssrc = sender._ssrc ^ 0x5A5A5A5A
    transceiver = await pair.negotiate((str(sender._ssrc), str(other_ssrc)))
    await renew_receiver(transceiver, "second")
    assert transceiver.receiver.track.id == "second"
    second = VideoSink()
    second.start(transceiver.receiver.track)
    await pair.answer()
    await send_pictures(sender, other_ssrc, first_sequence=40_000)
    await eventually(lambda: second.frames > 5, "the second stream")
    await second.stop()


async def send_pictures(sender: RTCRtpSender, ssrc: int, first_sequence: int) -> None:
    encoder, sequence = Vp8Encoder(), first_sequence
    for number, picture in enumerate(encode_pattern(SETTINGS)[:20]):
        payloads = encoder._packetize(picture, number)
        for index, payload in enumerate(payloads):
            packet = RtpPacket(
                payload_type=97,
                sequence_number=sequence,
                timestamp=number * 1800,
                ssrc=ssrc,
                payload=payload,
                marker=int(index == len(payloads) - 1),
            )
            sequence += 1
            await sender.transport._send_rtp(packet.serialize())
        await asyncio.sleep(0.01)
