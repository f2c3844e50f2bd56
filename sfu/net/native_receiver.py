"""Takes what waits on a UDP socket in one call: ``native/receive.c``, where it has been built."""

from __future__ import annotations

import ctypes
import socket
from collections.abc import Hashable, Sequence
from struct import Struct
from typing import Any

from sfu.net.native_library import NativeLibrary
from sfu.net.receiver import MAX_DATAGRAMS, MAX_SIZE
from sfu.net.sockaddr import IPV6_BYTES, from_sockaddr, to_sockaddr

_DATAGRAM = Struct(f"=I{IPV6_BYTES}s")  # struct datagram
_STARTS = range(0, MAX_SIZE * MAX_DATAGRAMS, MAX_SIZE)

LAYOUT = (_DATAGRAM.size, IPV6_BYTES, MAX_DATAGRAMS, MAX_SIZE)


class NativeReceiver:
    """`sfu.net.receiver.Receiver`; one for all sockets. A source is the bytes of its ``sockaddr``,
    so that an address is only written out where nobody is known by it yet."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._function = library.roda_receive
        self._function.restype = ctypes.c_uint32
        self._function.argtypes = [ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p]
        datagrams = ctypes.create_string_buffer(_DATAGRAM.size * MAX_DATAGRAMS)
        self._records = memoryview(datagrams)
        self._datagrams_at = ctypes.addressof(datagrams)
        self._arena: Any = ctypes.create_string_buffer(MAX_SIZE * MAX_DATAGRAMS)
        self._arena_at = ctypes.addressof(self._arena)

    @classmethod
    def load(cls, library: NativeLibrary | None) -> NativeReceiver | None:
        """None where it has not been built, or not from this source."""
        if library is None or not library.agrees("roda_receive_layout", LAYOUT):
            return None
        return cls(library.functions)

    def __call__(self, sock: socket.socket) -> Sequence[tuple[bytes, Hashable]]:
        count = self._function(sock.fileno(), self._datagrams_at, self._arena_at)
        arena = self._arena
        records = _DATAGRAM.iter_unpack(self._records[: count * _DATAGRAM.size])
        return [
            (arena[start : start + length], source)
            for start, (length, source) in zip(_STARTS, records, strict=False)
        ]

    def source(self, family: socket.AddressFamily, address: Any) -> Hashable:
        return to_sockaddr(family, address).ljust(IPV6_BYTES, b"\0")

    def address(self, source: Any) -> Any:
        return from_sockaddr(source)
