"""Streams made by hand, and a fan-out that protects nothing, to test the core with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy

from sfu.consumer import Consumer
from sfu.fanout import Fanout
from sfu.packet import MediaPacket
from sfu.plan import Plan
from sfu.producer import Producer
from sfu.red import dispatches
from sfu.rtp_parameters import (
    AcceptedMedia,
    Codec,
    ForwardedMedia,
    PublishedMedia,
)
from sfu.send_stamps import restamped
from sfu.wire.rtp import RtpPacket, parse_rtp

VP8 = Codec(
    "video",
    "VP8",
    90000,
    96,
    feedback=("nack", "nack pli", "transport-cc"),
    rtx_payload_type=97,
)
OPUS = Codec("audio", "opus", 48000, 111, 2)
SSRC = 1111
RTX_SSRC = 2222


class PlainArena:
    """Protection that changes nothing, where it does not fail."""

    def __init__(self, size: int = 1 << 17, fails: Callable[[], bool] = lambda: False) -> None:
        self.buffer = bytearray(size)
        self._fails = fails

    def protect(self) -> Callable[[object, int, int], int]:
        return lambda srtp, offset, length: -1 if self._fails() else length


def vp8_payload(keyframe: bool = False, start: bool = True, mark: bytes = b"") -> bytes:
    """A VP8 payload (RFC 7741) that ``mark`` tells from others."""
    head = (b"\x00" if keyframe else b"\x01") + b"\x00\x00\x9d\x01\x2a\x80\x02\xe0\x01"
    return (b"\x10" if start else b"\x00") + head + mark


def video(sequence: int, timestamp: int = 0, ssrc: int = SSRC, keyframe: bool = False) -> RtpPacket:
    """A VP8 packet; its payload names SSRC, sequence number and timestamp."""
    mark = b"%d/%d/%d" % (ssrc, sequence & 0xFFFF, timestamp)
    return RtpPacket(
        payload_type=VP8.payload_type,
        sequence_number=sequence & 0xFFFF,
        timestamp=timestamp & 0xFFFFFFFF,
        ssrc=ssrc,
        payload=vp8_payload(keyframe, mark=mark),
    )


def audio(sequence: int, timestamp: int = 0, ssrc: int = SSRC) -> RtpPacket:
    return RtpPacket(
        payload_type=OPUS.payload_type,
        sequence_number=sequence & 0xFFFF,
        timestamp=timestamp & 0xFFFFFFFF,
        ssrc=ssrc,
        payload=b"sound%d" % sequence,
    )


def unstamped(packet: RtpPacket) -> RtpPacket:
    """A forwarded packet without the time of its sending: sent again, it bears another."""
    if not packet.extension_profile:
        return packet
    head = packet.extension_profile.to_bytes(2, "big") + bytes(2)
    other = copy(packet)
    other.extension_data = restamped(head + packet.extension_data, 0.0)[len(head) :]
    return other


def make_producer(codec: Codec = VP8, name: str = "track", muted: bool = False) -> Producer:
    return Producer(
        track_id=name,
        connection_id="publisher",
        kind=codec.kind,
        source="camera" if codec.kind == "video" else "microphone",
        codec=codec,
        extensions={},
        muted=muted,
    )


def make_consumer(
    producer: Producer, ssrc: int = 7000, first_sequence: int = 100, rtx: bool = True
) -> Consumer:
    """Accepted by its subscriber, and not resumed yet."""
    repaired = rtx and producer.codec.rtx_payload_type is not None
    media = ForwardedMedia(
        mid="0",
        kind=producer.kind,
        codec=producer.codec,
        ssrc=ssrc,
        rtx_ssrc=ssrc + 1 if repaired else None,
        stream_id="stream",
        track_id=producer.track_id,
        cname="cname",
    )
    consumer = Consumer("consumer", media, first_sequence)
    consumer.accept(AcceptedMedia("0", True, 120, 121 if repaired else None), object())
    producer.add_consumer(consumer)
    return consumer


def plan_of(consumer: Consumer) -> Plan:
    assert consumer.plan is not None
    return consumer.plan


def published(
    codec: Codec = VP8, mid: str = "0", active: bool = True, **extensions: int
) -> PublishedMedia:
    repaired = codec.rtx_payload_type is not None
    return PublishedMedia(
        mid=mid,
        kind=codec.kind,
        active=active,
        codecs=(codec,),
        ssrcs=(SSRC,),
        rtx_ssrcs={RTX_SSRC: SSRC} if repaired else {},
        extensions=extensions,
    )


class Outlet:
    """Carries out what a producer dispatches, and keeps what each plan was sent."""

    def __init__(self, fails: Callable[[], bool] = lambda: False) -> None:
        self._arena = PlainArena(fails=fails)
        self._fanout = Fanout(self._arena)
        self.sent: dict[object, list[bytes]] = {}  # by destination

    def forward(self, producer: Producer, packets: Sequence[MediaPacket]) -> None:
        for dispatch in dispatches(producer, packets):
            for runs in self._fanout(dispatch.packets, dispatch.plans, 0.0):
                for run in runs:
                    for start in range(run.start, run.end, run.segment):
                        end = min(start + run.segment, run.end)
                        datagram = bytes(self._arena.buffer[start:end])
                        self.sent.setdefault(run.destination, []).append(datagram)

    def feed(self, producer: Producer, packets: Sequence[RtpPacket], now: float = 0.0) -> None:
        """Everything in one batch."""
        taken = [producer.encodings[0].receive(packet, now) for packet in packets]
        self.forward(producer, [packet for packet in taken if packet is not None])

    def raw(self, consumer: Consumer) -> list[bytes]:
        return self.sent.get(plan_of(consumer).destination, [])

    def got(self, consumer: Consumer) -> list[RtpPacket]:
        return [parse_rtp(data) for data in self.raw(consumer)]

    def numbers(self, consumer: Consumer) -> list[int]:
        return [packet.sequence_number for packet in self.got(consumer)]


def flowing(rtx: bool, packets: int) -> tuple[Producer, Consumer, Outlet]:
    producer, outlet = make_producer(), Outlet()
    consumer = make_consumer(producer, first_sequence=65500, rtx=rtx)
    producer.resume(consumer)
    outlet.feed(producer, [video(0, keyframe=True)])
    for number in range(1, packets):
        outlet.feed(producer, [video(number, timestamp=number * 3000)])
    return producer, consumer, outlet
