"""Takes what waits on a UDP socket in one call: ``native/receive.c``, where it has been built."""

from __future__ import annotations

import ctypes
import logging
import socket
from collections.abc import Hashable, Sequence
from struct import Struct
from typing import Any

from sfu.net.demultiplexer import MuxCounters
from sfu.net.native_library import NativeLibrary
from sfu.net.native_listeners import AS_IT_CAME, NativeListeners
from sfu.net.receiver import MAX_DATAGRAMS, MAX_SIZE
from sfu.net.sockaddr import IPV6_BYTES, from_sockaddr, to_sockaddr

_DATAGRAM = Struct(f"=III{IPV6_BYTES}sQ")  # struct datagram

LAYOUT = (_DATAGRAM.size, IPV6_BYTES, MAX_DATAGRAMS, MAX_SIZE)


logger = logging.getLogger(__name__)


class NativeReceiver:
    """`sfu.net.receiver.Receiver`; one for all sockets. A source is the bytes of its ``sockaddr``,
    so that an address is only written out where nobody is known by it yet."""

    def __init__(
        self, library: ctypes.CDLL, listeners: NativeListeners | None, counters: MuxCounters
    ) -> None:
        """:param listeners: given their feedback where it is read"""
        pointer = ctypes.c_void_p
        self._function = library.roda_receive
        self._function.restype = ctypes.c_uint32
        self._function.argtypes = [ctypes.c_int32, pointer, pointer, pointer, ctypes.c_double]
        self._listeners = listeners
        self._listeners_at = None if listeners is None else listeners.address
        self._counters = counters
        datagrams = ctypes.create_string_buffer(_DATAGRAM.size * MAX_DATAGRAMS)
        self._records = memoryview(datagrams)
        self._datagrams_at = ctypes.addressof(datagrams)
        self._arena: Any = ctypes.create_string_buffer(MAX_SIZE * MAX_DATAGRAMS)
        self._arena_at = ctypes.addressof(self._arena)

    @classmethod
    def load(
        cls,
        library: NativeLibrary | None,
        listeners: NativeListeners | None,
        counters: MuxCounters,
    ) -> NativeReceiver | None:
        """None where it has not been built, or not from this source."""
        if library is None or not library.agrees("roda_receive_layout", LAYOUT):
            return None
        return cls(library.functions, listeners, counters)

    def __call__(self, sock: socket.socket, now: float) -> Sequence[tuple[bytes, Hashable]]:
        count = self._function(
            sock.fileno(), self._datagrams_at, self._arena_at, self._listeners_at, now
        )
        arena = self._arena
        taken = []
        for start, length, kind, source, listener_at in _DATAGRAM.iter_unpack(
            self._records[: count * _DATAGRAM.size]
        ):
            data = arena[start : start + length]
            if kind == AS_IT_CAME:
                taken.append((data, source))
            else:
                self._tell(kind, listener_at, data, now)
        return taken

    def source(self, family: socket.AddressFamily, address: Any) -> Hashable:
        return to_sockaddr(family, address).ljust(IPV6_BYTES, b"\0")

    def address(self, source: Any) -> Any:
        return from_sockaddr(source)

    def _tell(self, kind: int, listener_at: int, data: bytes, now: float) -> None:
        assert self._listeners is not None
        self._counters.received += 1
        try:
            self._listeners.tell(kind, listener_at, data, now)
        except Exception:  # a fault of ours, which concerns nobody else
            self._counters.failed += 1
            logger.exception("a datagram's handler failed")
