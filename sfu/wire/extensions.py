"""Values of RTP header extension elements."""

from __future__ import annotations

from sfu.wire.errors import WireError

ABS_SEND_TIME_PER_SECOND = 1 << 18


def parse_audio_level(value: bytes) -> tuple[int, bool]:
    """Level in -dBov (0 loudest, 127 silent) and whether it is voice (RFC 6464 section 3)."""
    if not value:
        raise WireError("empty audio level")
    return value[0] & 0x7F, value[0] > 127


def build_audio_level(level: int, voice: bool) -> bytes:
    """The one-byte element of ``level`` (0..127, -dBov)."""
    if not 0 <= level <= 127:
        raise WireError(f"audio level {level}")
    return bytes((level | 0x80 if voice else level,))


def parse_abs_send_time(value: bytes) -> int:
    """Send time in 2**-18 seconds, 24 bits, wrapping every 64 s
    (webrtc.org experiments, abs-send-time)."""
    return _integer(value, 3, "abs-send-time")


def build_abs_send_time(seconds: float) -> bytes:
    """The element of a time in seconds; only its remainder by 64 s is kept."""
    return (int(seconds * ABS_SEND_TIME_PER_SECOND) & 0xFFFFFF).to_bytes(3, "big")


def parse_transport_sequence(value: bytes) -> int:
    """Transport-wide sequence number, 0..65535
    (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 2)."""
    return _integer(value, 2, "transport-wide sequence number")


def build_transport_sequence(sequence_number: int) -> bytes:
    """The element of ``sequence_number``, taken modulo 2**16."""
    return (sequence_number & 0xFFFF).to_bytes(2, "big")


def parse_sdes_text(value: bytes) -> str:
    """MID, RID or repaired RID (RFC 7941; RFC 8852 section 3.1): 1..255 printable ASCII bytes."""
    if not value or not value.isascii():
        raise WireError("SDES identifier is empty or not ASCII")
    text = value.decode("ascii")
    if not text.isprintable():
        raise WireError("SDES identifier is not printable")
    return text


def build_sdes_text(text: str) -> bytes:
    """The element of a MID, RID or repaired RID."""
    value = text.encode()
    parse_sdes_text(value)
    return value


def _integer(value: bytes, size: int, name: str) -> int:
    if len(value) != size:
        raise WireError(f"{name} of {len(value)} bytes, not {size}")
    return int.from_bytes(value, "big")
