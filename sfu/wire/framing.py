"""Datagrams over a byte stream, as ICE-TCP sends them (RFC 4571, RFC 6544 section 3)."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct

from sfu.wire.errors import WireError

MAX_FRAME = 2048  # bytes; the format's own limit is 65535, no packet of a call is that long

_LENGTH = Struct("!H")
LENGTH_SIZE = _LENGTH.size


def frame_prefix(size: int) -> bytes:
    """What stands before a datagram of ``size`` bytes, 0..65535."""
    return _LENGTH.pack(size)


class FrameReader:
    """Takes a stream in any pieces, gives the datagrams it is made of."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""  # the beginning of a frame, at most MAX_FRAME + 1 bytes

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The datagrams that ``data`` completes; empty ones are left out. Take them all before
        the next piece is fed.

        Raises `WireError` when a frame longer than `MAX_FRAME` is announced: what stands before
        it has been given, and there is no way on."""
        if self._rest:
            data = self._rest + data
            self._rest = b""
        at, end = 0, len(data)
        while end - at >= LENGTH_SIZE:
            size: int = _LENGTH.unpack_from(data, at)[0]
            if size > MAX_FRAME:
                raise WireError(f"a frame of {size} bytes")
            following = at + LENGTH_SIZE + size
            if following > end:
                break
            if size:
                yield data[at + LENGTH_SIZE : following]
            at = following
        self._rest = data[at:]
