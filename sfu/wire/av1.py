"""AV1 payloads (RTP Payload Format For AV1, version 1.0.0, section 4): OBUs they hold, and where
a keyframe starts."""

from __future__ import annotations

from dataclasses import dataclass

from sfu.wire.errors import WireError

OBU_SEQUENCE_HEADER = 1


@dataclass(frozen=True, slots=True)
class Av1Payload:
    """The aggregation header (section 4.4), and the OBUs that begin in the payload."""

    continues_obu: bool  # Z: the first element continues the last of the packet before
    obu_continues: bool  # Y: the last element goes on in the next packet
    starts_sequence: bool  # N: first packet of a coded video sequence
    obu_types: tuple[int, ...]  # 0..15, of the OBUs that begin here, in order

    @property
    def is_keyframe(self) -> bool:
        """Whether a decoder can start here: a coded video sequence, or its header, begins."""
        return self.starts_sequence or OBU_SEQUENCE_HEADER in self.obu_types


def parse_av1(payload: bytes) -> Av1Payload:
    """What ``payload`` (an RTP payload without padding) holds. Raises `WireError`."""
    if not payload:
        raise WireError("empty AV1 payload")
    first = payload[0]
    continues = first & 0x80 != 0
    starts_sequence = first & 0x08 != 0
    if continues and starts_sequence:
        raise WireError("AV1 payload both continues an OBU and starts a sequence")
    types = tuple(
        payload[start] >> 3 & 0x0F
        for index, (start, end) in enumerate(_elements(payload, first >> 4 & 3))
        if start < end and not (continues and index == 0)
    )
    return Av1Payload(continues, first & 0x40 != 0, starts_sequence, types)


def _elements(payload: bytes, count: int) -> list[tuple[int, int]]:
    """Where the OBU elements start and end. ``count`` is W of the aggregation header: with 1..3
    the last element has no length, with 0 all have."""
    elements: list[tuple[int, int]] = []
    position, size = 1, len(payload)
    while position < size:
        end = size
        if len(elements) + 1 != count:
            length, position = _leb128(payload, position)
            end = position + length
        if end > size:
            raise WireError("AV1 OBU element beyond the payload's end")
        elements.append((position, end))
        position = end
    if len(elements) < count or (count and len(elements) > count):
        raise WireError("AV1 payload does not hold the OBU elements it announces")
    return elements


def _leb128(payload: bytes, position: int) -> tuple[int, int]:
    """A length (AV1 bitstream specification section 4.10.5), and where what follows starts."""
    value = 0
    for index, byte in enumerate(payload[position : position + 8]):
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value, position + index + 1
    raise WireError("AV1 OBU element length malformed or beyond the payload's end")
