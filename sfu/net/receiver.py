"""Takes what waits on a UDP socket."""

from __future__ import annotations

import socket
from collections.abc import Hashable, Sequence
from typing import Any, Protocol

MAX_DATAGRAMS = 128  # taken at once, then the loop gets a turn
MAX_SIZE = 2048  # longer datagrams are cut, and fail their authentication


class Receiver(Protocol):
    """Names a datagram's source in a way of its own, by which it can be looked up."""

    def __call__(self, sock: socket.socket, now: float) -> Sequence[tuple[bytes, Hashable]]:
        """The datagrams that wait, `MAX_DATAGRAMS` at most, and their sources; less what it has
        given to whom it is for. Never raises."""

    def source(self, family: socket.AddressFamily, address: Any) -> Hashable:
        """How it names an address of a socket of that family."""

    def address(self, source: Any) -> Any:
        """The address as the socket names it."""


class SocketReceiver:
    """By Python's own sockets, whose addresses are the sources."""

    def __call__(self, sock: socket.socket, now: float) -> Sequence[tuple[bytes, Hashable]]:
        taken: list[tuple[bytes, Hashable]] = []
        receive = sock.recvfrom
        for _ in range(MAX_DATAGRAMS):
            try:
                taken.append(receive(MAX_SIZE))
            except BlockingIOError:
                break
            except OSError:  # an ICMP error of an earlier send
                continue
        return taken

    def source(self, family: socket.AddressFamily, address: Any) -> Hashable:
        named: Hashable = address
        return named

    def address(self, source: Any) -> Any:
        return source
