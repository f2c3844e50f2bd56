"""Redundant audio payloads (RFC 2198): earlier sound beside the newest, so that lost packets leave
no hole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sfu.wire.errors import WireError

MAX_BLOCKS = 16
_HEADER_SIZE = 4


class RedBlock(NamedTuple):
    """One piece of sound. The newest one's offset is 0."""

    payload_type: int  # 0..127
    offset: int  # ticks before the packet's timestamp, 0..16383
    data: bytes  # at most 1023 bytes, but for the newest


def parse_red(payload: bytes) -> list[RedBlock]:
    """The blocks of a RED payload, the newest last. Raises `WireError`."""
    headers: list[tuple[int, int, int]] = []
    position = 0
    while position < len(payload) and payload[position] & 0x80:
        if position + _HEADER_SIZE > len(payload) or len(headers) >= MAX_BLOCKS:
            raise WireError("RED headers cut short, or too many")
        header = int.from_bytes(payload[position : position + _HEADER_SIZE], "big")
        headers.append((header >> 24 & 0x7F, header >> 10 & 0x3FFF, header & 0x3FF))
        position += _HEADER_SIZE
    if position >= len(payload):
        raise WireError("RED without its last header")
    newest = payload[position]
    position += 1
    blocks = []
    for payload_type, offset, length in headers:
        if position + length > len(payload):
            raise WireError("RED block cut short")
        blocks.append(RedBlock(payload_type, offset, payload[position : position + length]))
        position += length
    blocks.append(RedBlock(newest, 0, payload[position:]))
    return blocks


def build_red(blocks: Sequence[RedBlock]) -> bytes:
    """The payload of these blocks, of which the last is the newest."""
    *earlier, newest = blocks
    headers = b"".join(
        (0x80000000 | b.payload_type << 24 | b.offset << 10 | len(b.data)).to_bytes(4, "big")
        for b in earlier
    )
    return b"".join((headers, bytes((newest.payload_type,)), *(b.data for b in blocks)))
