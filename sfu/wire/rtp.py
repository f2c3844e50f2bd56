"""RTP packets (RFC 3550 section 5), their retransmission format (RFC 4588), and telling apart
what arrives on one port (RFC 7983, RFC 5761)."""

from __future__ import annotations

from struct import Struct
from struct import error as struct_error

from sfu.wire.errors import WireError

HEADER_SIZE = 12
ONE_BYTE_PROFILE = 0xBEDE
TWO_BYTE_PROFILE = 0x1000

_HEADER = Struct("!BBHII")
_EXTENSION_HEADER = Struct("!HH")
_unpack_header = _HEADER.unpack_from
_new = object.__new__
_OSN = Struct("!H")
_CSRCS = tuple(Struct(f"!{count}I") for count in range(16))


def is_stun(data: bytes) -> bool:
    """Whether a datagram is STUN by its first byte (RFC 7983 section 7)."""
    return len(data) >= 20 and data[0] < 4


def is_dtls(data: bytes) -> bool:
    """Whether a datagram is DTLS by its first byte (RFC 7983 section 7)."""
    return len(data) >= 13 and 19 < data[0] < 64


def is_rtcp(data: bytes) -> bool:
    """Whether a datagram is RTCP or SRTCP: second byte 192..223 (RFC 5761 section 4)."""
    return len(data) >= 4 and 127 < data[0] < 192 and 191 < data[1] < 224


def is_rtp(data: bytes) -> bool:
    """Whether a datagram is RTP or SRTP: a whole fixed header, and not RTCP."""
    return len(data) >= HEADER_SIZE and 127 < data[0] < 192 and not 191 < data[1] < 224


class RtpPacket:
    """One RTP packet as values. Nothing here is validated: `parse_rtp` gives valid ones."""

    __slots__ = (
        "csrcs",
        "extension_data",
        "extension_profile",
        "marker",
        "padding_size",
        "payload",
        "payload_type",
        "sequence_number",
        "ssrc",
        "timestamp",
    )

    def __init__(
        self,
        *,
        payload_type: int,
        sequence_number: int,
        timestamp: int,
        ssrc: int,
        payload: bytes = b"",
        marker: bool = False,
        csrcs: tuple[int, ...] = (),
        extension_profile: int = 0,
        extension_data: bytes = b"",
        padding_size: int = 0,
    ) -> None:
        """
        :param payload_type: 0..127
        :param sequence_number: 0..65535
        :param timestamp: 32 bits, ticks of the codec's clock
        :param ssrc: 32 bits
        :param payload: without padding
        :param csrcs: at most 15 contributing sources
        :param extension_profile: "defined by profile" of the header extension, 0 if there is none
        :param extension_data: the header extension's body, a multiple of four bytes
        :param padding_size: bytes of padding after the payload, 0..255
        """
        self.marker = marker
        self.payload_type = payload_type
        self.sequence_number = sequence_number
        self.timestamp = timestamp
        self.ssrc = ssrc
        self.csrcs = csrcs
        self.extension_profile = extension_profile
        self.extension_data = extension_data
        self.payload = payload
        self.padding_size = padding_size

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RtpPacket):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return (
            f"RtpPacket(pt={self.payload_type}, seq={self.sequence_number}, "
            f"ts={self.timestamp}, ssrc={self.ssrc}, marker={self.marker}, "
            f"payload={len(self.payload)} bytes)"
        )

    def serialize(self) -> bytes:
        """The packet's bytes. Raises `WireError` if a value does not fit its field."""
        first = 0x80
        tail = self.payload
        if self.padding_size:
            first |= 0x20
            tail += _padding(self.padding_size)
        if self.extension_profile or self.extension_data:
            first |= 0x10
            tail = _extension(self.extension_profile, self.extension_data) + tail
        if self.csrcs:
            first |= len(self.csrcs)
            tail = _contributors(self.csrcs) + tail
        payload_type = self.payload_type
        if payload_type > 127:
            raise WireError(f"payload type {payload_type} exceeds 127")
        second = payload_type | 0x80 if self.marker else payload_type
        try:
            return (
                _HEADER.pack(first, second, self.sequence_number, self.timestamp, self.ssrc) + tail
            )
        except struct_error as error:
            raise WireError(f"RTP header field out of range: {error}") from error


def parse_rtp(data: bytes) -> RtpPacket:
    """The packet in ``data``, a whole decrypted RTP packet. Raises `WireError`.

    Contributing sources, header extension and padding are checked to lie inside ``data``; what
    the extension holds is left to `parse_extensions`, asked only when it is needed.
    """
    size = len(data)
    if size < HEADER_SIZE:
        raise WireError("RTP packet shorter than its fixed header")
    packet = _new(RtpPacket)
    first, second, packet.sequence_number, packet.timestamp, packet.ssrc = _unpack_header(data)
    packet.marker = second > 127
    packet.payload_type = second & 0x7F
    packet.padding_size = 0
    packet.csrcs = ()
    if first == 0x90:  # by far the most frequent: only an extension
        start = _take_extension(packet, data, HEADER_SIZE)
        packet.payload = data[start:]
        return packet
    packet.extension_profile = 0
    packet.extension_data = b""
    if first == 0x80:
        packet.payload = data[HEADER_SIZE:]
        return packet
    return _parse_options(packet, first, data)


def _parse_options(packet: RtpPacket, first: int, data: bytes) -> RtpPacket:
    """Complete a packet whose first byte announces contributing sources or padding."""
    if first >> 6 != 2:
        raise WireError(f"RTP version {first >> 6}, not 2")
    start = HEADER_SIZE
    if first & 0x0F:
        start += 4 * (first & 0x0F)
        if start > len(data):
            raise WireError("RTP contributing sources beyond the packet's end")
        packet.csrcs = _CSRCS[first & 0x0F].unpack_from(data, HEADER_SIZE)
    if first & 0x10:
        start = _take_extension(packet, data, start)
    end = len(data)
    if first & 0x20:
        packet.padding_size = data[-1]
        end -= data[-1]
        if end < start or not data[-1]:
            raise WireError("RTP padding does not fit the packet")
    packet.payload = data[start:end]
    return packet


def _take_extension(packet: RtpPacket, data: bytes, start: int) -> int:
    """Take the header extension at ``start`` into ``packet``; return where it ends."""
    body = start + 4
    if body > len(data):
        raise WireError("RTP header extension beyond the packet's end")
    words: int
    packet.extension_profile, words = _EXTENSION_HEADER.unpack_from(data, start)
    end = body + 4 * words
    if end > len(data):
        raise WireError("RTP header extension beyond the packet's end")
    packet.extension_data = data[body:end]
    return end


def _padding(size: int) -> bytes:
    if not 0 < size < 256:
        raise WireError(f"RTP padding of {size} bytes")
    return bytes(size - 1) + bytes((size,))


def _extension(profile: int, data: bytes) -> bytes:
    if len(data) % 4 or len(data) > 4 * 0xFFFF or not 0 <= profile <= 0xFFFF:
        raise WireError("RTP header extension does not fit its format")
    return _EXTENSION_HEADER.pack(profile, len(data) // 4) + data


def _contributors(csrcs: tuple[int, ...]) -> bytes:
    try:
        return _CSRCS[len(csrcs)].pack(*csrcs)
    except (IndexError, struct_error) as error:
        raise WireError("RTP contributing sources out of range") from error


# --- header extensions (RFC 8285) ---------------------------------------------------------------


def parse_extensions(profile: int, data: bytes) -> dict[int, bytes]:
    """The header extension's elements by id; the last wins where an id occurs twice.

    A profile other than the one-byte (0xBEDE) and two-byte (0x1000..0x100F) forms holds no
    elements we know: the result is empty. Raises `WireError` if an element passes the end.
    """
    if profile == ONE_BYTE_PROFILE:
        return _parse_one_byte(data)
    if profile & 0xFFF0 == TWO_BYTE_PROFILE:
        return _parse_two_byte(data)
    return {}


def _parse_one_byte(data: bytes) -> dict[int, bytes]:
    """RFC 8285 section 4.2: length minus one beside the id; id 15 and a padding byte with a
    length end the extension."""
    elements: dict[int, bytes] = {}
    position, size = 0, len(data)
    while position < size:
        head = data[position]
        position += 1
        if not head:
            continue
        if head < 0x10 or head > 0xEF:
            break
        end = position + (head & 0x0F) + 1
        if end > size:
            raise WireError("RTP extension element beyond the extension's end")
        elements[head >> 4] = data[position:end]
        position = end
    return elements


def _parse_two_byte(data: bytes) -> dict[int, bytes]:
    """RFC 8285 section 4.3: id, length, value; id 0 is one byte of padding."""
    elements: dict[int, bytes] = {}
    position, size = 0, len(data)
    while position < size:
        identifier = data[position]
        if not identifier:
            position += 1
            continue
        start = position + 2
        position = start + data[position + 1] if start <= size else size + 1
        if position > size:
            raise WireError("RTP extension element beyond the extension's end")
        elements[identifier] = data[start:position]
    return elements


def build_extensions(
    elements: list[tuple[int, bytes]], *, first_at_two: bool = False
) -> tuple[int, bytes]:
    """The profile and body that carry ``elements`` (id, value), padded to four bytes.

    :param first_at_two: put the first value behind two bytes of the body in either form, in the
        one-byte form behind a byte of padding

    The one-byte form where every element fits it (id 1..14, 1..16 bytes), else the two-byte
    form (id 1..255, 0..255 bytes); ``(0, b"")`` for no elements. Raises `WireError` for others.
    """
    if not elements:
        return 0, b""
    one_byte = all(0 < identifier < 15 and 0 < len(value) <= 16 for identifier, value in elements)
    parts: list[bytes] = [b"\x00"] if first_at_two and one_byte else []
    for identifier, value in elements:
        if one_byte:
            parts.append(bytes(((identifier << 4) | (len(value) - 1),)))
        elif 0 < identifier < 256 and len(value) < 256:
            parts.append(bytes((identifier, len(value))))
        else:
            raise WireError(f"RTP extension element {identifier} of {len(value)} bytes")
        parts.append(value)
    body = b"".join(parts)
    return ONE_BYTE_PROFILE if one_byte else TWO_BYTE_PROFILE, body + bytes(-len(body) % 4)


# --- retransmission (RFC 4588 section 4) --------------------------------------------------------


def unwrap_rtx(packet: RtpPacket, payload_type: int, ssrc: int) -> RtpPacket:
    """The original of a retransmission packet, given the original stream's type and SSRC.

    Raises `WireError` if there is no original sequence number: such a packet is bare padding,
    as bandwidth probes are.
    """
    if len(packet.payload) < 2:
        raise WireError("RTX packet without an original sequence number")
    return RtpPacket(
        payload_type=payload_type,
        sequence_number=(packet.payload[0] << 8) | packet.payload[1],
        timestamp=packet.timestamp,
        ssrc=ssrc,
        payload=packet.payload[2:],
        marker=packet.marker,
        csrcs=packet.csrcs,
        extension_profile=packet.extension_profile,
        extension_data=packet.extension_data,
    )


def wrap_rtx(packet: RtpPacket, payload_type: int, ssrc: int, sequence_number: int) -> RtpPacket:
    """``packet`` as a packet of the retransmission stream that ``ssrc`` names.

    The original's padding is left out (RFC 4588 section 4).
    """
    return RtpPacket(
        payload_type=payload_type,
        sequence_number=sequence_number,
        timestamp=packet.timestamp,
        ssrc=ssrc,
        payload=_OSN.pack(packet.sequence_number) + packet.payload,
        marker=packet.marker,
        csrcs=packet.csrcs,
        extension_profile=packet.extension_profile,
        extension_data=packet.extension_data,
    )
