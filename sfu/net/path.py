"""A pair of addresses that datagrams travel between: one of ours and one of the peer's."""

from __future__ import annotations

import ctypes
import errno
import socket
from collections.abc import Hashable
from struct import pack
from typing import Any, ClassVar, Literal, Protocol

from sfu.net.sockaddr import to_sockaddr

UDP_SEGMENT = 103  # linux/udp.h; Python 3.11 has no name for it
_NO_OFFLOAD = (errno.EIO, errno.ENOPROTOOPT)  # of this kernel or device
_NOT_THIS_RUN = (errno.EINVAL, errno.EMSGSIZE)  # datagrams larger than the path's MTU


Way = Literal["udp", "tcp", "relay"]
"""How a path's datagrams travel, as this end knows it: a peer's own relay looks like UDP."""


class SendCounters(ctypes.Structure):
    """What all paths of a server have sent: ``struct counters`` of ``native/fanout.c``."""

    datagrams: int
    calls: int
    blocked: int  # datagrams dropped because the socket's buffer was full
    failed: int
    tcp_blocked: int  # as `blocked`, of one TCP connection
    offload: int  # 0 once the kernel has refused segmentation offload

    _fields_ = (
        ("datagrams", ctypes.c_uint64),
        ("calls", ctypes.c_uint64),
        ("blocked", ctypes.c_uint64),
        ("failed", ctypes.c_uint64),
        ("tcp_blocked", ctypes.c_uint64),
        ("offload", ctypes.c_uint8),
    )

    def __init__(self) -> None:
        super().__init__(offload=1)


class Route(ctypes.Structure):
    """Where native code sends a transport's datagrams: ``struct route`` of ``native/fanout.c``.

    All zero where nothing is known, or where they do not go over a UDP socket of ours."""

    descriptor_at: int  # address of the socket's number, which is negative once that is closed
    length: int
    address: ctypes.Array[ctypes.c_uint8]

    _fields_ = (
        ("descriptor_at", ctypes.c_uint64),
        ("length", ctypes.c_uint32),
        ("address", ctypes.c_uint8 * 28),
    )

    def set(self, path: Path | None) -> None:
        """Follow a transport to another path, or to none."""
        other = None if path is None else path.route
        if other is None:
            ctypes.memset(ctypes.addressof(self), 0, ctypes.sizeof(self))
        else:
            ctypes.pointer(self)[0] = other


class Path(Hashable, Protocol):
    """A way to one address of a peer: `UdpPath`, `sfu.net.tcp_path.TcpPath`. Sending never waits
    and never raises: what cannot leave is counted."""

    @property
    def peer(self) -> object:
        """The transport that the address has proved to be."""

    @property
    def address(self) -> Any:
        """As the socket names it."""

    @property
    def host(self) -> tuple[str, int]:
        """The peer's IP address and port."""

    @property
    def route(self) -> Route | None:
        """The same for native code, where that can send on it; valid as long as the path is."""

    @property
    def way(self) -> Way: ...

    def send(self, data: bytes | memoryview) -> None:
        """Send one datagram."""

    def send_run(self, datagrams: memoryview, segment: int) -> None:
        """Send datagrams that stand one behind the other, each ``segment`` bytes long but for the
        last, which may be shorter. The memory may be used again afterwards."""


class UdpPath:
    """Sends to one address from one socket."""

    __slots__ = ("_counters", "_descriptor", "address", "peer", "sock")
    way: ClassVar[Way] = "udp"

    def __init__(
        self,
        sock: socket.socket,
        address: Any,
        counters: SendCounters,
        peer: object,
        descriptor: ctypes.c_int32 | None = None,
    ) -> None:
        """:param descriptor: the socket's number, -1 once it is closed, for native code to use"""
        self.sock = sock
        self._descriptor = descriptor
        self.address = address
        self.peer = peer
        self._counters = counters

    @property
    def host(self) -> tuple[str, int]:
        return self.address[0], self.address[1]

    @property
    def route(self) -> Route | None:
        if self._descriptor is None:
            return None
        name = to_sockaddr(self.sock.family, self.address)
        route = Route(descriptor_at=ctypes.addressof(self._descriptor), length=len(name))
        ctypes.memmove(route.address, name, len(name))
        return route

    def send(self, data: bytes | memoryview) -> None:
        counters = self._counters
        counters.calls += 1
        try:
            self.sock.sendto(data, self.address)
        except BlockingIOError:
            counters.blocked += 1
        except OSError:
            counters.failed += 1
        else:
            counters.datagrams += 1

    def send_run(self, datagrams: memoryview, segment: int) -> None:
        """In one call where the kernel cuts them itself (UDP segmentation offload)."""
        size = len(datagrams)
        if size <= segment:
            self.send(datagrams)
            return
        counters = self._counters
        if counters.offload:
            count = -(-size // segment)
            counters.calls += 1
            ancillary = [(socket.SOL_UDP, UDP_SEGMENT, pack("=H", segment))]
            try:
                self.sock.sendmsg([datagrams], ancillary, 0, self.address)
            except BlockingIOError:
                counters.blocked += count
                return
            except OSError as exc:
                if exc.errno in _NO_OFFLOAD:
                    counters.offload = False
                elif exc.errno not in _NOT_THIS_RUN:
                    counters.failed += count
                    return
            else:
                counters.datagrams += count
                return
        for start in range(0, size, segment):
            self.send(datagrams[start : start + segment])
