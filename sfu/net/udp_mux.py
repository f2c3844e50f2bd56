"""Every peer on one UDP port: one socket per local address, read until nothing waits."""

from __future__ import annotations

import asyncio
import ctypes
import socket
from collections.abc import Callable, Sequence
from typing import Any

from sfu.net.demultiplexer import Demultiplexer, MuxPeer
from sfu.net.path import Path, SendCounters, UdpPath

MAX_DATAGRAMS = 128  # read in one wake-up, then the loop gets a turn
MAX_SIZE = 2048  # longer datagrams are cut, and fail their authentication


class UdpPort:
    """One socket and the paths known on it (`sfu.net.demultiplexer.Endpoint`)."""

    __slots__ = ("_descriptor", "_sent", "paths", "sock")

    def __init__(self, sock: socket.socket, sent: SendCounters) -> None:
        self.sock = sock
        self.paths: dict[Any, Path] = {}  # by the peer's address
        self._sent = sent
        self._descriptor = ctypes.c_int32(sock.fileno())

    def new_path(self, address: Any, peer: MuxPeer) -> UdpPath:
        return UdpPath(self.sock, address, self._sent, peer, self._descriptor)

    def admit(self, path: Path) -> None:
        self.paths[path.address] = path

    def forget(self, path: Path) -> None:
        if self.paths.get(path.address) is path:
            del self.paths[path.address]

    def close(self) -> None:
        self._descriptor.value = -1
        self.sock.close()


class UdpMux:
    """Reads the sockets, all on the same port number."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        sockets: Sequence[socket.socket],
        demultiplexer: Demultiplexer,
    ) -> None:
        self._loop = loop
        self._demultiplexer = demultiplexer
        self._ports = [UdpPort(sock, demultiplexer.sent) for sock in sockets]
        for port in self._ports:
            loop.add_reader(port.sock.fileno(), self._reader(port))

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """(IP address, port) of every socket."""
        return [port.sock.getsockname()[:2] for port in self._ports]

    @property
    def paths(self) -> list[Path]:
        """All that have proved to be somebody's."""
        return [path for port in self._ports for path in port.paths.values()]

    def close(self) -> None:
        for port in self._ports:
            self._loop.remove_reader(port.sock.fileno())
            port.close()
        self._ports.clear()

    def _reader(self, port: UdpPort) -> Callable[[], None]:
        def read() -> None:
            self._read(port)

        return read

    def _read(self, port: UdpPort) -> None:
        receive = port.sock.recvfrom
        take = self._demultiplexer.take
        paths = port.paths
        now = self._loop.time()
        touched: dict[int, MuxPeer] = {}
        for _ in range(MAX_DATAGRAMS):
            try:
                data, address = receive(MAX_SIZE)
            except BlockingIOError:
                break
            except OSError:  # an ICMP error of an earlier send
                continue
            peer = take(port, data, address, paths.get(address), now)
            if peer is not None:
                touched[id(peer)] = peer
        self._demultiplexer.flush(touched.values(), now)
