"""RTCP of RFC 3550: sender and receiver reports, source description, goodbye."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct
from struct import error as struct_error

from sfu.wire.errors import WireError
from sfu.wire.rtcp_header import pack_rtcp

SENDER_REPORT = 200
RECEIVER_REPORT = 201
SOURCE_DESCRIPTION = 202
GOODBYE = 203

SDES_CNAME = 1

_BLOCK = Struct("!IB3sIIII")
_SENDER = Struct("!IQIII")
_SSRC = Struct("!I")


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What a receiver says of one source (RFC 3550 section 6.4.1)."""

    ssrc: int
    fraction_lost: int  # of 256, since the last report
    packets_lost: int  # since the start, -2**23..2**23-1
    highest_sequence: int  # extended: cycles << 16 | sequence number
    jitter: int  # RTP ticks
    lsr: int  # compact NTP time of the last sender report, 0 if none came
    dlsr: int  # time since then, 1/65536 s


@dataclass(frozen=True, slots=True)
class SenderReport:
    """RFC 3550 section 6.4.1."""

    ssrc: int
    ntp_time: int  # 64 bits, 32.32 fixed point
    rtp_timestamp: int  # the same instant in RTP ticks
    packet_count: int  # modulo 2**32
    octet_count: int  # payload bytes, modulo 2**32
    reports: tuple[ReportBlock, ...] = ()  # at most 31

    def serialize(self) -> bytes:
        """Raises `WireError` if a value does not fit its field."""
        try:
            head = _SENDER.pack(
                self.ssrc,
                self.ntp_time,
                self.rtp_timestamp,
                self.packet_count,
                self.octet_count,
            )
        except struct_error as error:
            raise WireError(f"sender report out of range: {error}") from error
        return pack_rtcp(SENDER_REPORT, len(self.reports), head + _pack_blocks(self.reports))


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """RFC 3550 section 6.4.2."""

    ssrc: int  # of the reporter
    reports: tuple[ReportBlock, ...] = ()  # at most 31

    def serialize(self) -> bytes:
        """Raises `WireError` if a value does not fit its field."""
        body = pack_ssrcs((self.ssrc,)) + _pack_blocks(self.reports)
        return pack_rtcp(RECEIVER_REPORT, len(self.reports), body)


@dataclass(frozen=True, slots=True)
class SdesChunk:
    """What one source says of itself: items of type 1..255 and at most 255 bytes."""

    ssrc: int
    items: tuple[tuple[int, bytes], ...]

    @property
    def cname(self) -> str | None:
        """The canonical name (RFC 3550 section 6.5.1), undecodable bytes replaced."""
        for item, value in self.items:
            if item == SDES_CNAME:
                return value.decode(errors="replace")
        return None


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """RFC 3550 section 6.5."""

    chunks: tuple[SdesChunk, ...]  # at most 31

    @classmethod
    def of_cname(cls, ssrc: int, cname: str) -> SourceDescription:
        """The description of one source by its canonical name, at most 255 bytes of UTF-8."""
        return cls((SdesChunk(ssrc, ((SDES_CNAME, cname.encode()),)),))

    def serialize(self) -> bytes:
        """Raises `WireError` if a value does not fit its field."""
        body = b"".join(_pack_chunk(chunk) for chunk in self.chunks)
        return pack_rtcp(SOURCE_DESCRIPTION, len(self.chunks), body)


@dataclass(frozen=True, slots=True)
class Bye:
    """RFC 3550 section 6.6. ``reason`` is UTF-8 as it came, at most 255 bytes."""

    ssrcs: tuple[int, ...]  # at most 31
    reason: bytes = b""

    def serialize(self) -> bytes:
        """Raises `WireError` if a value does not fit its field."""
        body = pack_ssrcs(self.ssrcs)
        if len(self.reason) > 255:
            raise WireError("BYE reason too long")
        if self.reason:
            text = bytes((len(self.reason),)) + self.reason
            body += text + bytes(-len(text) & 3)
        return pack_rtcp(GOODBYE, len(self.ssrcs), body)


def parse_sender_report(count: int, body: bytes) -> SenderReport:
    """A sender report from what follows its header. Raises `WireError`.

    Profile-specific extensions after the blocks are ignored, here and in receiver reports.
    """
    if len(body) < _SENDER.size:
        raise WireError("sender report too short")
    ssrc, ntp_time, rtp_timestamp, packets, octets = _SENDER.unpack_from(body)
    blocks = _parse_blocks(count, body, _SENDER.size)
    return SenderReport(ssrc, ntp_time, rtp_timestamp, packets, octets, blocks)


def parse_receiver_report(count: int, body: bytes) -> ReceiverReport:
    """A receiver report from what follows its header. Raises `WireError`."""
    if len(body) < 4:
        raise WireError("receiver report too short")
    (ssrc,) = _SSRC.unpack_from(body)
    return ReceiverReport(ssrc, _parse_blocks(count, body, _SSRC.size))


def parse_source_description(count: int, body: bytes) -> SourceDescription:
    """A source description from what follows its header. Raises `WireError`."""
    chunks: list[SdesChunk] = []
    position = 0
    for _ in range(count):
        if position + 4 > len(body):
            raise WireError("source description too short")
        (ssrc,) = _SSRC.unpack_from(body, position)
        items, position = _parse_items(body, position + 4)
        chunks.append(SdesChunk(ssrc, items))
    return SourceDescription(tuple(chunks))


def parse_bye(count: int, body: bytes) -> Bye:
    """A goodbye from what follows its header. Raises `WireError`."""
    end = 4 * count
    if end > len(body):
        raise WireError("BYE too short")
    ssrcs = tuple(ssrc for (ssrc,) in _SSRC.iter_unpack(body[:end]))
    if end == len(body):
        return Bye(ssrcs)
    reason = body[end + 1 : end + 1 + body[end]]
    if len(reason) != body[end]:
        raise WireError("BYE reason beyond the packet's end")
    return Bye(ssrcs, reason)


def pack_ssrcs(ssrcs: Sequence[int]) -> bytes:
    """SSRCs in network order. Raises `WireError` if one does not fit 32 bits."""
    try:
        return b"".join(map(_SSRC.pack, ssrcs))
    except struct_error as error:
        raise WireError("SSRC out of range") from error


def _parse_blocks(count: int, body: bytes, start: int) -> tuple[ReportBlock, ...]:
    end = start + count * _BLOCK.size
    if end > len(body):
        raise WireError("report blocks beyond the packet's end")
    return tuple(
        ReportBlock(
            ssrc, fraction, int.from_bytes(lost, "big", signed=True), highest, jitter, lsr, dlsr
        )
        for ssrc, fraction, lost, highest, jitter, lsr, dlsr in _BLOCK.iter_unpack(body[start:end])
    )


def _pack_blocks(blocks: Sequence[ReportBlock]) -> bytes:
    try:
        return b"".join(
            _BLOCK.pack(
                block.ssrc,
                block.fraction_lost,
                block.packets_lost.to_bytes(3, "big", signed=True),
                block.highest_sequence,
                block.jitter,
                block.lsr,
                block.dlsr,
            )
            for block in blocks
        )
    except (struct_error, OverflowError) as error:
        raise WireError(f"report block out of range: {error}") from error


def _parse_items(body: bytes, position: int) -> tuple[tuple[tuple[int, bytes], ...], int]:
    """A chunk's items, and where the next chunk starts."""
    items: list[tuple[int, bytes]] = []
    while position < len(body):
        item = body[position]
        if not item:
            return tuple(items), position + 4 - position % 4
        start = position + 2
        if start > len(body):
            break
        position = start + body[position + 1]
        items.append((item, body[start:position]))
    raise WireError("source description items beyond the packet's end")


def _pack_chunk(chunk: SdesChunk) -> bytes:
    parts: list[bytes] = []
    for item, value in chunk.items:
        if not 0 < item < 256 or len(value) > 255:
            raise WireError(f"source description item {item} of {len(value)} bytes")
        parts.append(bytes((item, len(value))) + value)
    items = b"".join(parts)
    return pack_ssrcs((chunk.ssrc,)) + items + bytes(4 - len(items) % 4)
