"""RTCP feedback (RFC 4585, RFC 5104, REMB): loss, keyframe requests, receiver's estimate."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from struct import error as struct_error

from sfu.wire.errors import WireError
from sfu.wire.rtcp_header import pack_rtcp
from sfu.wire.rtcp_reports import pack_ssrcs

TRANSPORT_LAYER_FEEDBACK = 205
PAYLOAD_SPECIFIC_FEEDBACK = 206

FORMAT_NACK = 1
FORMAT_PLI = 1
FORMAT_FIR = 4
FORMAT_APPLICATION = 15

_SSRCS = Struct("!II")
_SSRC = Struct("!I")
_NACK_ITEM = Struct("!HH")
_FIR_ITEM = Struct("!IB3x")
_REMB_ID = b"REMB"
_MANTISSA_BITS = 18


@dataclass(frozen=True, slots=True)
class Nack:
    """Generic NACK (RFC 4585 section 6.2.1).

    Numbers given in ascending order come out the same after serializing and parsing.
    """

    sender_ssrc: int
    media_ssrc: int
    sequence_numbers: tuple[int, ...]

    def serialize(self) -> bytes:
        """Raises `WireError` if a value does not fit its field."""
        body = pack_ssrcs((self.sender_ssrc, self.media_ssrc))
        return pack_rtcp(
            TRANSPORT_LAYER_FEEDBACK, FORMAT_NACK, body + _pack_lost(self.sequence_numbers)
        )


@dataclass(frozen=True, slots=True)
class PictureLossIndication:
    """RFC 4585 section 6.3.1."""

    sender_ssrc: int
    media_ssrc: int

    def serialize(self) -> bytes:
        """Raises `WireError` if a value does not fit its field."""
        body = pack_ssrcs((self.sender_ssrc, self.media_ssrc))
        return pack_rtcp(PAYLOAD_SPECIFIC_FEEDBACK, FORMAT_PLI, body)


@dataclass(frozen=True, slots=True)
class FullIntraRequest:
    """RFC 5104 section 4.3.1."""

    sender_ssrc: int
    entries: tuple[tuple[int, int], ...]  # (SSRC asked, command number 0..255)
    media_ssrc: int = 0  # "SHALL be set to 0"

    def serialize(self) -> bytes:
        """Raises `WireError` if a value does not fit its field."""
        body = pack_ssrcs((self.sender_ssrc, self.media_ssrc))
        try:
            items = b"".join(_FIR_ITEM.pack(*entry) for entry in self.entries)
        except struct_error as error:
            raise WireError("FIR entry out of range") from error
        return pack_rtcp(PAYLOAD_SPECIFIC_FEEDBACK, FORMAT_FIR, body + items)


@dataclass(frozen=True, slots=True)
class Remb:
    """Receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb-03 section 2.2)."""

    sender_ssrc: int
    bitrate_bps: int  # 64 bits; what 18 bits of mantissa do not hold is rounded down
    ssrcs: tuple[int, ...]  # at most 255
    media_ssrc: int = 0

    def serialize(self) -> bytes:
        """Raises `WireError` if a value does not fit its field."""
        if not 0 <= self.bitrate_bps < 1 << 64 or len(self.ssrcs) > 255:
            raise WireError("REMB out of range")
        exponent = max(0, self.bitrate_bps.bit_length() - _MANTISSA_BITS)
        rate = exponent << _MANTISSA_BITS | self.bitrate_bps >> exponent
        body = (
            pack_ssrcs((self.sender_ssrc, self.media_ssrc))
            + _REMB_ID
            + bytes((len(self.ssrcs),))
            + rate.to_bytes(3, "big")
            + pack_ssrcs(self.ssrcs)
        )
        return pack_rtcp(PAYLOAD_SPECIFIC_FEEDBACK, FORMAT_APPLICATION, body)


def is_remb(body: bytes) -> bool:
    """Whether application layer feedback, without its header, is a REMB."""
    return body[8:12] == _REMB_ID


def parse_nack(body: bytes) -> Nack:
    """A NACK from what follows its header. Raises `WireError`."""
    sender, media = parse_feedback_ssrcs(body)
    if len(body) % 4:
        raise WireError("NACK is not whole items")
    lost: list[int] = []
    for first, mask in _NACK_ITEM.iter_unpack(body[8:]):
        lost.append(first)
        following = first
        while mask:
            following += 1
            if mask & 1:
                lost.append(following & 0xFFFF)
            mask >>= 1
    return Nack(sender, media, tuple(lost))


def parse_pli(body: bytes) -> PictureLossIndication:
    """A picture loss indication from what follows its header. Raises `WireError`."""
    return PictureLossIndication(*parse_feedback_ssrcs(body))


def parse_fir(body: bytes) -> FullIntraRequest:
    """A full intra request from what follows its header. Raises `WireError`."""
    sender, media = parse_feedback_ssrcs(body)
    if len(body) % 8:
        raise WireError("FIR is not whole entries")
    return FullIntraRequest(sender, tuple(_FIR_ITEM.iter_unpack(body[8:])), media)


def parse_remb(body: bytes) -> Remb:
    """A REMB from what follows its header. Raises `WireError`."""
    sender, media = parse_feedback_ssrcs(body)
    if len(body) < 16 or len(body) != 16 + 4 * body[12]:
        raise WireError("REMB length does not match its sources")
    rate = int.from_bytes(body[13:16], "big")
    bitrate = (rate & ((1 << _MANTISSA_BITS) - 1)) << (rate >> _MANTISSA_BITS)
    if bitrate >= 1 << 64:
        raise WireError("REMB bitrate beyond 64 bits")
    return Remb(sender, bitrate, tuple(ssrc for (ssrc,) in _SSRC.iter_unpack(body[16:])), media)


def parse_feedback_ssrcs(body: bytes) -> tuple[int, int]:
    """The sender's and the media's SSRC, first in every feedback. Raises `WireError`."""
    if len(body) < 8:
        raise WireError("RTCP feedback too short")
    sender, media = _SSRCS.unpack_from(body)
    return sender, media


def _pack_lost(sequence_numbers: tuple[int, ...]) -> bytes:
    """Items of a number and a mask of the 16 that follow it, in the order given."""
    items: list[tuple[int, int]] = []
    for number in sequence_numbers:
        if not 0 <= number <= 0xFFFF:
            raise WireError(f"sequence number {number}")
        distance = (number - items[-1][0]) & 0xFFFF if items else 0
        if 1 <= distance <= 16:
            items[-1] = (items[-1][0], items[-1][1] | 1 << (distance - 1))
        else:
            items.append((number, 0))
    return b"".join(_NACK_ITEM.pack(*item) for item in items)
