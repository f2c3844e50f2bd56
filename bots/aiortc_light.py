"""The one module of the bots that knows aiortc's private names.

Two needs go beyond its public interface:

* Counting packets without decoding. aiortc's router hands packets to any object with the three
  methods of `PacketCounter`; installed in the place of an RTCRtpReceiver it saves the jitter
  buffer, the decoder and the decoder's thread, which are nearly all of a receiver's cost. Building
  on the bare DTLS and ICE objects would save no more and would need an offer/answer of our own,
  and then the bot would no longer be the ordinary client that it is here to be.
* Receiving again on a section that carried another track before. aiortc starts a receiver once,
  with the SSRC of that time; here the section gets a new receiver.

``tests/bots/test_aiortc_light.py`` asserts every private name used.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from aiortc import RTCRtpReceiver, RTCRtpSender, RTCRtpTransceiver
from aiortc.rtcrtpparameters import RTCRtpReceiveParameters
from aiortc.rtcrtpreceiver import RemoteStreamTrack
from aiortc.rtp import RtcpPsfbPacket, RtcpReceiverInfo, RtcpRrPacket, RtcpSrPacket, RtpPacket

from bots.receive_count import ReceiveCount

REPORT_INTERVAL_MS = 1000
_PLI = 1  # RFC 4585 section 6.3.1

TRANSPORT_NAMES = ("_register_rtp_receiver", "_unregister_rtp_receiver", "_send_rtp")
RECEIVER_NAMES = (
    "_handle_disconnect",
    "_handle_rtcp_packet",
    "_handle_rtp_packet",
    "_set_rtcp_ssrc",
)
SENDER_NAMES = ("_send_keyframe",)
TRANSCEIVER_RECEIVER = "_RTCRtpTransceiver__receiver"


class PacketCounter:
    """Takes the packets of one receiver and only counts them.

    Sends a receiver report at most once a second, when a packet arrives, and asks for a keyframe
    only when told to.
    """

    def __init__(
        self, transceiver: RTCRtpTransceiver, on_packet: Callable[[], None] = lambda: None
    ) -> None:
        self._transport = transceiver.receiver.transport
        self._reporter_ssrc = transceiver.sender._ssrc
        self._on_packet = on_packet
        self._rtx_types: frozenset[int] = frozenset()
        self._ssrc: int | None = None
        self._last_report: tuple[int, float] | None = None  # middle NTP bits, arrival in seconds
        self._reported_ms = 0
        self.count = ReceiveCount()
        self.rtx_packets = 0

    async def start(self, parameters: RTCRtpReceiveParameters) -> None:
        """Stands in for `RTCRtpReceiver.receive`; called again at every negotiation."""
        if self._rtx_types or self._ssrc is not None:
            return
        self._rtx_types = frozenset(
            codec.payloadType
            for codec in parameters.codecs
            if codec.name.lower() == "rtx" and codec.payloadType is not None
        )
        self._ssrc = parameters.encodings[0].ssrc if parameters.encodings else None
        self._transport._register_rtp_receiver(self, parameters)

    def stop(self) -> None:
        self._transport._unregister_rtp_receiver(self)

    async def request_keyframe(self) -> None:
        """Send a picture loss indication."""
        if self._ssrc is not None:
            await self._send(RtcpPsfbPacket(_PLI, self._reporter_ssrc, self._ssrc))

    def _handle_disconnect(self) -> None:
        """Nothing to end: there is no decoder."""

    async def _handle_rtcp_packet(self, packet: Any) -> None:
        if isinstance(packet, RtcpSrPacket):
            middle = packet.sender_info.ntp_timestamp >> 16 & 0xFFFFFFFF
            self._last_report = (middle, time.monotonic())

    async def _handle_rtp_packet(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        if packet.payload_type in self._rtx_types:
            self.rtx_packets += 1
            return
        self._ssrc = packet.ssrc
        self.count.add(packet.sequence_number, len(packet.payload), bool(packet.marker))
        self._on_packet()
        if arrival_time_ms - self._reported_ms >= REPORT_INTERVAL_MS:
            self._reported_ms = arrival_time_ms
            await self._send(RtcpRrPacket(self._reporter_ssrc, [self._report()]))

    def _report(self) -> RtcpReceiverInfo:
        assert self._ssrc is not None
        last, delay = 0, 0
        if self._last_report is not None:
            last = self._last_report[0]
            delay = int((time.monotonic() - self._last_report[1]) * 65536) & 0xFFFFFFFF
        return RtcpReceiverInfo(
            ssrc=self._ssrc,
            fraction_lost=self.count.fraction_lost(),
            packets_lost=min(self.count.lost, 0x7FFFFF),
            highest_sequence=self.count.highest,
            jitter=0,
            lsr=last,
            dlsr=delay,
        )

    async def _send(self, packet: RtcpRrPacket | RtcpPsfbPacket) -> None:
        try:
            await self._transport._send_rtp(bytes(packet))
        except ConnectionError:
            self._last_report = None  # closing: the transport's own state change tells the bot


def count_only(transceiver: RTCRtpTransceiver, on_packet: Callable[[], None]) -> PacketCounter:
    """Make ``transceiver`` count instead of decode. Call it after the remote description is set
    and before the local one: the receiver must not have started."""
    counter = PacketCounter(transceiver, on_packet)
    transceiver.receiver.receive = counter.start  # type: ignore[method-assign]
    return counter


async def renew_receiver(transceiver: RTCRtpTransceiver, track_id: str) -> None:
    """Give ``transceiver`` a fresh receiver, at the same moment as `count_only`."""
    old = transceiver.receiver
    await old.stop()
    fresh = RTCRtpReceiver(transceiver.kind, old.transport)
    fresh._set_rtcp_ssrc(transceiver.sender._ssrc)
    fresh._track = RemoteStreamTrack(kind=transceiver.kind, id=track_id)
    setattr(transceiver, TRANSCEIVER_RECEIVER, fresh)


def on_keyframe_request(sender: RTCRtpSender, callback: Callable[[], None]) -> None:
    """Call ``callback`` when the other side asks for a keyframe (PLI or FIR)."""
    sender._send_keyframe = callback  # type: ignore[method-assign]
