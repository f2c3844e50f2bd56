"""The common header of RTCP packets (RFC 3550 section 6.4.1), written."""

from __future__ import annotations

from struct import Struct

from sfu.wire.errors import WireError

_HEADER = Struct("!BBH")
_PADDING = (b"", b"\x01", b"\x00\x02", b"\x00\x00\x03")


def pack_rtcp(packet_type: int, count: int, body: bytes) -> bytes:
    """One RTCP packet; a body that does not end on a 32-bit boundary is padded.

    :param packet_type: 0..255
    :param count: reports, sources or feedback message type, 0..31

    Raises `WireError` if a value does not fit its field.
    """
    padding = _PADDING[-len(body) & 3]
    words = (len(body) + len(padding)) // 4
    if not 0 <= count <= 31 or not 0 <= packet_type <= 255 or words > 0xFFFF:
        raise WireError(f"RTCP packet of type {packet_type} does not fit its header")
    first = 0xA0 | count if padding else 0x80 | count
    return _HEADER.pack(first, packet_type, words) + body + padding
