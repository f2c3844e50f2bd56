"""The peers of a load: one publishes, one receives and gives the feedback that browsers give."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from random import Random

from bench.polled import PolledPeer
from sfu.net.aiortc_adapter import Certificate
from sfu.plan import TRANSPORT_NUMBER_AT
from sfu.wire.errors import WireError
from sfu.wire.rtcp import RtcpPacket, parse_rtcp
from sfu.wire.rtcp_feedback import Nack
from sfu.wire.rtcp_reports import ReceiverReport, ReportBlock, SenderReport
from sfu.wire.transport_feedback import TransportFeedback
from tests.support.peer import Peer, vp8_packet

PACKET_SIZE = 1100  # bytes of RTP, before protection
FRAME_PACKETS = 5
KEYFRAME_EVERY = 88  # frames; a multiple of four, as in temporal layers only those can be keys
HEADERS = 20  # bytes of a packet's fixed header and its header extension
FEEDBACK_INTERVAL_S = 1 / 16  # as often as Chromium gives it
REPORT_INTERVAL_S = 1.0
MEDIA_TYPE = 96
TRANSPORT_NUMBER = slice(TRANSPORT_NUMBER_AT, TRANSPORT_NUMBER_AT + 2)
SENDER_SSRC = 1

Stamp = Callable[[bytes], bytes]


class Publishing:
    """A peer that publishes VP8 at an even rate of packets or of bursts."""

    def __init__(self, peer: Peer, ssrc: int, layered: bool = False) -> None:
        """:param layered: in three temporal layers"""
        self.peer = peer
        self.layered = layered
        self.sent = 0
        self.ssrc = ssrc
        self._task: asyncio.Task[None] | None = None

    def start(
        self, packets_per_s: float, burst: int, offset_s: float, stamp: Stamp | None = None
    ) -> None:
        """:param stamp: given each packet when it is about to leave"""
        self._task = asyncio.create_task(self._run(packets_per_s, burst, offset_s, stamp))

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _run(
        self, packets_per_s: float, burst: int, offset_s: float, stamp: Stamp | None
    ) -> None:
        due = time.monotonic() + offset_s
        while True:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            due += burst / packets_per_s
            packets = [self._packet(self.sent + index) for index in range(burst)]
            if stamp is None:
                self.peer.send_rtp(packets)
            else:
                for packet in packets:
                    self.peer.send_rtp([stamp(packet)])
            self.sent += burst

    def _packet(self, number: int) -> bytes:
        frame, part = divmod(number, FRAME_PACKETS)
        return vp8_packet(
            self.ssrc,
            number,
            frame * 3000,
            marker=part == FRAME_PACKETS - 1,
            start=part == 0,
            key=frame % KEYFRAME_EVERY == 0,
            payload_size=PACKET_SIZE - HEADERS,
            transport_number=number,
            picture=frame if self.layered else None,
        )


class Receiving:
    """A peer that receives: transport-wide feedback, receiver reports, NACKs if told to."""

    def __init__(self, certificate: Certificate, profile: str) -> None:
        self.peer = PolledPeer(certificate, profile.encode(), self._take)
        self.on_media: Callable[[PolledPeer, bytes], None] | None = None  # gets protected packets
        self.packets = 0  # of media, without retransmissions and padding
        self.repaired = 0
        self._random = Random(1)
        self.nack_share = 0.0  # of the packets, asked for again
        self._arrivals: list[tuple[int, int]] = []
        self._newest = -1  # transport-wide number, extended
        self._highest: dict[int, int] = {}  # SSRC → sequence number
        self._reported: dict[int, tuple[int, float]] = {}  # SSRC → its last report, and when
        self._feedbacks = 0
        self._task: asyncio.Task[None] | None = None

    def start(self, offset_s: float) -> None:
        self._task = asyncio.create_task(self._report_for_ever(offset_s))

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
        await self.peer.close()

    def _take(self, data: bytes) -> None:
        if 191 < data[1] < 224:
            self._take_rtcp(data)
            return
        self._note_arrival(int.from_bytes(data[TRANSPORT_NUMBER], "big"))
        if data[1] & 0x7F != MEDIA_TYPE:
            self.repaired += 1
            return
        self.packets += 1
        ssrc, sequence = int.from_bytes(data[8:12], "big"), int.from_bytes(data[2:4], "big")
        self._highest[ssrc] = sequence
        if self.on_media is not None:
            self.on_media(self.peer, data)
        if self.nack_share and self._random.random() < self.nack_share:
            self.peer.send_rtcp([Nack(SENDER_SSRC, ssrc, (sequence,))])

    def _note_arrival(self, number16: int) -> None:
        if self._newest < 0:
            self._newest = number16
        number = self._newest + ((number16 - self._newest + 0x8000) & 0xFFFF) - 0x8000
        self._newest = max(self._newest, number)
        self._arrivals.append((number, self.peer.arrived_ns // 1000))

    def _take_rtcp(self, data: bytes) -> None:
        assert self.peer.inbound is not None
        plain = self.peer.inbound.unprotect_rtcp(data)
        for packet in parse_rtcp(plain) if plain is not None else ():
            if isinstance(packet, SenderReport):
                middle = (packet.ntp_time >> 16) & 0xFFFFFFFF
                self._reported[packet.ssrc] = (middle, time.monotonic())

    async def _report_for_ever(self, offset_s: float) -> None:
        await asyncio.sleep(offset_s)
        report_at = 0.0
        while True:
            await asyncio.sleep(FEEDBACK_INTERVAL_S)
            now = time.monotonic()
            packets: list[RtcpPacket] = []
            if now >= report_at:
                report_at = now + REPORT_INTERVAL_S
                packets.append(ReceiverReport(SENDER_SSRC, self._blocks(now)))
            packets += self._feedback()
            if packets:
                self.peer.send_rtcp(packets)

    def _feedback(self) -> list[RtcpPacket]:
        arrivals, self._arrivals = sorted(self._arrivals), []
        try:
            feedback = TransportFeedback.from_arrivals(SENDER_SSRC, 0, self._feedbacks, arrivals)
        except WireError:  # nothing arrived
            return []
        self._feedbacks += 1
        return [feedback]

    def _blocks(self, now: float) -> tuple[ReportBlock, ...]:
        blocks = []
        for ssrc, highest in list(self._highest.items())[:31]:
            middle, at = self._reported.get(ssrc, (0, now))
            blocks.append(ReportBlock(ssrc, 0, 0, highest, 0, middle, int((now - at) * 65536)))
        return tuple(blocks)
