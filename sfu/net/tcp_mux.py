"""ICE-TCP, passive: peers that no UDP gets through to connect to the media port (RFC 6544)."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import resource
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from struct import pack
from typing import Any

from sfu.net.demultiplexer import Demultiplexer, MuxPeer
from sfu.net.path import Path
from sfu.net.tcp_path import UNSENT_BYTES, TcpPath
from sfu.wire.errors import WireError
from sfu.wire.framing import FrameReader

READ_BYTES = 64 * 1024  # in one wake-up, then others get a turn
MAX_ACCEPTS = 32  # likewise
NO_DESCRIPTORS_S = 1.0  # until the listeners are asked again


def _half_of_the_descriptors() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 4096 if soft == resource.RLIM_INFINITY else min(4096, soft // 2)


@dataclass(frozen=True, slots=True)
class TcpLimits:
    """What strangers may take. Of those who have not proved to be a peer the oldest gives way to
    the newest: an honest one proves it within a round trip."""

    first_check_s: float = 10.0  # from the connection to the first valid check
    refused_frames: int = 8  # before it
    strangers: int = 512
    strangers_per_host: int = 32  # IPv4 address or IPv6 network of 64 bits
    connections: int = field(default_factory=_half_of_the_descriptors)


class TcpCounters:
    __slots__ = ("accepted", "evicted", "expired", "malformed")

    def __init__(self) -> None:
        self.accepted = 0
        self.expired = 0  # proved nothing in time, or sent too much that proved nothing
        self.evicted = 0  # gave way to newer ones, or found no room
        self.malformed = 0  # announced a frame of absurd length


class TcpConnection:
    """One connection (`sfu.net.demultiplexer.Endpoint`). It can become one peer's path."""

    __slots__ = ("_mux", "address", "closed", "frames", "link", "opened_at", "path", "refused")

    def __init__(self, mux: TcpMux, link: TcpPath, now: float) -> None:
        self.link = link
        self.path: TcpPath | None = None  # the link, once it has proved whose it is
        self.address = link.address
        self.opened_at = now
        self.frames = FrameReader()
        self.refused = 0  # frames that proved nothing
        self.closed = False
        self._mux = mux

    def new_path(self, address: Any, peer: MuxPeer) -> TcpPath:
        """Raises `WireError` if the connection is another peer's."""
        if self.path is not None:
            raise WireError("the connection is another peer's")
        self.link.peer = peer
        return self.link

    def admit(self, path: Path) -> None:
        if self.path is None:
            self.path = self.link
            self._mux.no_stranger(self)

    def forget(self, path: Path) -> None:
        self._mux.end(self)


class TcpMux:
    """Accepts and reads connections, and keeps strangers within `TcpLimits`."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        listeners: Sequence[socket.socket],
        demultiplexer: Demultiplexer,
        limits: TcpLimits,
    ) -> None:
        self.counters = TcpCounters()
        self._loop = loop
        self._listeners = list(listeners)
        self._demultiplexer = demultiplexer
        self._limits = limits
        self._connections: set[TcpConnection] = set()
        # Both in the order of their arrival.
        self._strangers: dict[TcpConnection, None] = {}
        self._by_host: dict[str, dict[TcpConnection, None]] = {}
        self._listen()

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """(IP address, port) of every listener."""
        return [listener.getsockname()[:2] for listener in self._listeners]

    def stats(self) -> dict[str, object]:
        """Numbers of now and counters, for the metrics."""
        counted = {f"tcp_{name}": getattr(self.counters, name) for name in TcpCounters.__slots__}
        connections, strangers = len(self._connections), len(self._strangers)
        return {"tcp_connections": connections, "tcp_strangers": strangers, **counted}

    def tick(self, now: float) -> None:
        """Close what has not proved itself in time."""
        while self._strangers:
            oldest = next(iter(self._strangers))
            if now - oldest.opened_at <= self._limits.first_check_s:
                return
            self.counters.expired += 1
            self.end(oldest)

    def close(self) -> None:
        self._pause()
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()
        for connection in list(self._connections):
            self.end(connection)

    # --- connections ----------------------------------------------------------------------------

    def no_stranger(self, connection: TcpConnection) -> None:
        """It is counted among the strangers no more."""
        del self._strangers[connection]
        host = _host_of(connection.address)
        of_host = self._by_host[host]
        del of_host[connection]
        if not of_host:
            del self._by_host[host]

    def end(self, connection: TcpConnection) -> None:
        """Close it. Idempotent."""
        if connection.closed:
            return
        connection.closed = True
        self._connections.discard(connection)
        sock = connection.link.sock
        connection.link.close()
        if connection.path is None:
            self.no_stranger(connection)
            with contextlib.suppress(OSError):  # leave nothing of a stranger in the kernel
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, pack("ii", 1, 0))
        self._loop.remove_reader(sock.fileno())
        sock.close()

    def _listen(self) -> None:
        for listener in self._listeners:
            self._loop.add_reader(listener.fileno(), partial(self._accept, listener))

    def _pause(self) -> None:
        for listener in self._listeners:
            self._loop.remove_reader(listener.fileno())

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(MAX_ACCEPTS):
            try:
                sock, address = listener.accept()
            except BlockingIOError:
                return
            except ConnectionError:
                continue
            except OSError:  # no descriptors: the listener would wake the loop without end
                self._pause()
                self._loop.call_later(NO_DESCRIPTORS_S, self._listen)
                return
            self.counters.accepted += 1
            self._open(sock, address)

    def _open(self, sock: socket.socket, address: Any) -> None:
        host = _host_of(address)
        if not self._make_room(host):
            self.counters.evicted += 1
            sock.close()
            return
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
        link = TcpPath(self._loop, sock, address, self._demultiplexer.sent)
        connection = TcpConnection(self, link, self._loop.time())
        self._connections.add(connection)
        self._strangers[connection] = None
        self._by_host.setdefault(host, {})[connection] = None
        self._loop.add_reader(sock.fileno(), partial(self._read, connection))

    def _make_room(self, host: str) -> bool:
        limits = self._limits
        of_host = self._by_host.get(host, {})
        if len(of_host) >= limits.strangers_per_host:
            oldest = next(iter(of_host))
        elif (
            len(self._strangers) >= limits.strangers or len(self._connections) >= limits.connections
        ):
            if not self._strangers:
                return False
            oldest = next(iter(self._strangers))
        else:
            return True
        self.counters.evicted += 1
        self.end(oldest)
        return True

    # --- reading --------------------------------------------------------------------------------

    def _read(self, connection: TcpConnection) -> None:
        try:
            data = connection.link.sock.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lose(connection)
            return
        now = self._loop.time()
        peer: MuxPeer | None = None
        try:
            for datagram in connection.frames.feed(data):
                peer = self._take(connection, datagram, now) or peer
                if connection.closed:
                    break
        except WireError:
            self.counters.malformed += 1
            self._lose(connection)
        if peer is not None:
            self._demultiplexer.flush((peer,), now)

    def _take(self, connection: TcpConnection, datagram: bytes, now: float) -> MuxPeer | None:
        path = connection.path
        peer = self._demultiplexer.take(connection, datagram, connection.address, path, now)
        if connection.path is None and not connection.closed:
            connection.refused += 1
            if connection.refused >= self._limits.refused_frames:
                self.counters.expired += 1
                self.end(connection)
        return peer

    def _lose(self, connection: TcpConnection) -> None:
        path = connection.path
        self.end(connection)
        if path is not None:
            self._demultiplexer.lose(path)


def _host_of(address: Any) -> str:
    """Whom a limit concerns: an IPv4 address, or the network that one IPv6 host commands."""
    text: str = address[0].partition("%")[0]
    if ":" not in text:
        return text
    return str(ipaddress.IPv6Network((text, 64), strict=False))
