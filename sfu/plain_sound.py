"""What those get of redundant audio (RFC 2198) who do not take it."""

from __future__ import annotations

from copy import copy

from sfu.packet import MediaPacket
from sfu.wire.red import parse_red


def plain_sound(packet: MediaPacket) -> MediaPacket:
    """A RED packet with its newest block alone. Raises `WireError`."""
    plain = copy(packet)
    extension, payload = packet.tail[: packet.payload_at], packet.tail[packet.payload_at :]
    plain.tail = extension + parse_red(payload)[-1].data
    return plain
