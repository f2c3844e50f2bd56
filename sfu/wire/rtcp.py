"""Compound RTCP datagrams (RFC 3550 section 6.1), reduced-size ones too (RFC 5506)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from struct import Struct
from types import MappingProxyType

from sfu.wire.errors import WireError
from sfu.wire.ntp import compact_ntp, ntp_from_unix, unix_from_ntp
from sfu.wire.rtcp_feedback import (
    FORMAT_APPLICATION,
    FORMAT_FIR,
    FORMAT_NACK,
    FORMAT_PLI,
    PAYLOAD_SPECIFIC_FEEDBACK,
    TRANSPORT_LAYER_FEEDBACK,
    FullIntraRequest,
    Nack,
    PictureLossIndication,
    Remb,
    is_remb,
    parse_fir,
    parse_nack,
    parse_pli,
    parse_remb,
)
from sfu.wire.rtcp_header import pack_rtcp
from sfu.wire.rtcp_reports import (
    GOODBYE,
    RECEIVER_REPORT,
    SENDER_REPORT,
    SOURCE_DESCRIPTION,
    Bye,
    ReceiverReport,
    ReportBlock,
    SdesChunk,
    SenderReport,
    SourceDescription,
    parse_bye,
    parse_receiver_report,
    parse_sender_report,
    parse_source_description,
)
from sfu.wire.transport_feedback import (
    FORMAT_TRANSPORT_FEEDBACK,
    TransportFeedback,
    parse_transport_feedback,
)

__all__ = [
    "Bye",
    "FullIntraRequest",
    "Nack",
    "PictureLossIndication",
    "ReceiverReport",
    "Remb",
    "ReportBlock",
    "RtcpPacket",
    "SdesChunk",
    "SenderReport",
    "SourceDescription",
    "TransportFeedback",
    "UnknownRtcp",
    "compact_ntp",
    "ntp_from_unix",
    "parse_rtcp",
    "serialize_rtcp",
    "unix_from_ntp",
]

_HEADER = Struct("!BBH")


@dataclass(frozen=True, slots=True)
class UnknownRtcp:
    """A packet of a type or feedback format not known here, extended reports among them."""

    packet_type: int  # 0..255
    count: int  # 0..31
    body: bytes  # between header and padding

    def serialize(self) -> bytes:
        """Raises `WireError` if a value does not fit its field."""
        return pack_rtcp(self.packet_type, self.count, self.body)


RtcpPacket = (
    SenderReport
    | ReceiverReport
    | SourceDescription
    | Bye
    | Nack
    | PictureLossIndication
    | FullIntraRequest
    | Remb
    | TransportFeedback
    | UnknownRtcp
)

_BY_TYPE: Mapping[int, Callable[[int, bytes], RtcpPacket]] = MappingProxyType(
    {
        SENDER_REPORT: parse_sender_report,
        RECEIVER_REPORT: parse_receiver_report,
        SOURCE_DESCRIPTION: parse_source_description,
        GOODBYE: parse_bye,
    }
)
_BY_FEEDBACK: Mapping[tuple[int, int], Callable[[bytes], RtcpPacket]] = MappingProxyType(
    {
        (TRANSPORT_LAYER_FEEDBACK, FORMAT_NACK): parse_nack,
        (TRANSPORT_LAYER_FEEDBACK, FORMAT_TRANSPORT_FEEDBACK): parse_transport_feedback,
        (PAYLOAD_SPECIFIC_FEEDBACK, FORMAT_PLI): parse_pli,
        (PAYLOAD_SPECIFIC_FEEDBACK, FORMAT_FIR): parse_fir,
        (PAYLOAD_SPECIFIC_FEEDBACK, FORMAT_APPLICATION): parse_remb,
    }
)


def parse_rtcp(data: bytes) -> list[RtcpPacket]:
    """The packets of a decrypted datagram, in order. Raises `WireError` if any is malformed.

    The result's size is bounded by the datagram's: at most one packet per 4 bytes, one report
    block per 24, 17 lost sequence numbers per 4, one arrival per byte.
    """
    if not data:
        raise WireError("empty RTCP datagram")
    packets: list[RtcpPacket] = []
    position, size = 0, len(data)
    while position < size:
        if position + 4 > size:
            raise WireError("RTCP header beyond the datagram's end")
        first, packet_type, words = _HEADER.unpack_from(data, position)
        end = position + 4 + 4 * words
        if first >> 6 != 2 or end > size:
            raise WireError("RTCP packet malformed or beyond the datagram's end")
        body = data[position + 4 : end]
        if first & 0x20:
            body = _without_padding(body)
        packets.append(_parse_packet(packet_type, first & 0x1F, body))
        position = end
    return packets


def serialize_rtcp(packets: Iterable[RtcpPacket]) -> bytes:
    """The datagram of ``packets``. Raises `WireError` if a value does not fit its field."""
    return b"".join(packet.serialize() for packet in packets)


def _parse_packet(packet_type: int, count: int, body: bytes) -> RtcpPacket:
    parse = _BY_TYPE.get(packet_type)
    if parse is not None:
        return parse(count, body)
    parse_feedback = _BY_FEEDBACK.get((packet_type, count))
    if parse_feedback is None or (parse_feedback is parse_remb and not is_remb(body)):
        return UnknownRtcp(packet_type, count, body)
    return parse_feedback(body)


def _without_padding(body: bytes) -> bytes:
    """The body less its padding. Not only the last packet may have some, nor only multiples of
    four: browsers align transport feedback so, against RFC 3550 section 6.4.1."""
    if not body or not 0 < body[-1] <= len(body):
        raise WireError("RTCP padding does not fit the packet")
    return body[: -body[-1]]
