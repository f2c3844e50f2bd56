"""A pair of addresses that datagrams travel between: one of ours and one of the peer's."""

from __future__ import annotations

import errno
import socket
from collections.abc import Hashable
from struct import pack
from typing import Any, Protocol

UDP_SEGMENT = 103  # linux/udp.h; Python 3.11 has no name for it
_NO_OFFLOAD = (errno.EIO, errno.ENOPROTOOPT)  # of this kernel or device
_NOT_THIS_RUN = (errno.EINVAL, errno.EMSGSIZE)  # datagrams larger than the path's MTU


class SendCounters:
    """What all paths of a server have sent."""

    __slots__ = ("blocked", "calls", "datagrams", "failed", "offload", "tcp_blocked")

    def __init__(self) -> None:
        self.datagrams = 0
        self.calls = 0
        self.blocked = 0  # datagrams dropped because the socket's buffer was full
        self.tcp_blocked = 0  # likewise, of one TCP connection
        self.failed = 0
        self.offload = True  # false once the kernel has refused segmentation offload


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

    def send(self, data: bytes | memoryview) -> None:
        """Send one datagram."""

    def send_run(self, datagrams: memoryview, segment: int) -> None:
        """Send datagrams that stand one behind the other, each ``segment`` bytes long but for the
        last, which may be shorter. The memory may be used again afterwards."""


class UdpPath:
    """Sends to one address from one socket."""

    __slots__ = ("_counters", "address", "peer", "sock")

    def __init__(
        self, sock: socket.socket, address: Any, counters: SendCounters, peer: object
    ) -> None:
        self.sock = sock
        self.address = address
        self.peer = peer
        self._counters = counters

    @property
    def host(self) -> tuple[str, int]:
        return self.address[0], self.address[1]

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
