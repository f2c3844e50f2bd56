"""Every peer on one UDP port: one socket per local address, read until nothing waits."""

from __future__ import annotations

import asyncio
import ctypes
import socket
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from sfu.net.demultiplexer import Demultiplexer, MuxPeer
from sfu.net.path import Path, SendCounters, UdpPath
from sfu.net.receiver import Receiver


class UdpPort:
    """One socket and the paths known on it (`sfu.net.demultiplexer.Endpoint`)."""

    __slots__ = ("_descriptor", "_receiver", "_sent", "paths", "sock")

    def __init__(self, sock: socket.socket, sent: SendCounters, receiver: Receiver) -> None:
        self.sock = sock
        self.paths: dict[Hashable, Path] = {}  # by the source of what comes from there
        self._receiver = receiver
        self._sent = sent
        self._descriptor = ctypes.c_int32(sock.fileno())

    def new_path(self, address: Any, peer: MuxPeer) -> UdpPath:
        named = self._receiver.address(address)
        return UdpPath(self.sock, named, self._sent, peer, self._descriptor)

    def admit(self, path: Path) -> None:
        self.paths[self._source(path)] = path

    def forget(self, path: Path) -> None:
        source = self._source(path)
        if self.paths.get(source) is path:
            del self.paths[source]

    def close(self) -> None:
        self._descriptor.value = -1
        self.sock.close()

    def _source(self, path: Path) -> Hashable:
        return self._receiver.source(self.sock.family, path.address)


class UdpMux:
    """Reads the sockets, all on the same port number."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        sockets: Sequence[socket.socket],
        demultiplexer: Demultiplexer,
        receiver: Receiver,
    ) -> None:
        self._loop = loop
        self._demultiplexer = demultiplexer
        self._receiver = receiver
        self._ports = [UdpPort(sock, demultiplexer.sent, receiver) for sock in sockets]
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
        take = self._demultiplexer.take
        paths = port.paths
        now = self._loop.time()
        touched: dict[int, MuxPeer] = {}
        for data, source in self._receiver(port.sock, now):
            peer = take(port, data, source, paths.get(source), now)
            if peer is not None:
                touched[id(peer)] = peer
        self._demultiplexer.flush(touched.values(), now)
