"""Every peer on one UDP port: datagrams in, told apart by first byte and address (RFC 7983)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from sfu.ice_lite import IceLiteAgent
from sfu.net.path import Path, SendCounters
from sfu.wire.errors import WireError
from sfu.wire.stun import BINDING, REQUEST, parse_stun

MAX_DATAGRAMS = 128  # read in one wake-up, then the loop gets a turn
MAX_SIZE = 2048  # longer datagrams are cut, and fail their authentication
BUFFER_BYTES = 4 * 1024 * 1024
MAX_PATHS = 16  # addresses that one transport may have proved to be

logger = logging.getLogger(__name__)


class MuxPeer(Protocol):
    """A transport as the mux sees it."""

    @property
    def agent(self) -> IceLiteAgent: ...

    def path_selected(self, path: Path, now: float) -> None: ...

    def receive_dtls(self, data: bytes, now: float) -> None: ...

    def receive_media(self, data: bytes, now: float) -> None: ...

    def flush(self, now: float) -> None:
        """All datagrams that waited have been handed over: forward what came."""


class MuxCounters:
    __slots__ = ("failed", "received", "stun_refused", "unknown")

    def __init__(self) -> None:
        self.received = 0
        self.unknown = 0  # from addresses that have proved nothing
        self.stun_refused = 0
        self.failed = 0  # handlers that raised: faults of ours


class _Port:
    """One socket and the peers known on it."""

    __slots__ = ("paths", "sock")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.paths: dict[Any, Path] = {}


class UdpMux:
    """One socket per local address, all on the same port number."""

    def __init__(self, loop: asyncio.AbstractEventLoop, sockets: Sequence[socket.socket]) -> None:
        self.counters = MuxCounters()
        self.sent = SendCounters()
        self._loop = loop
        self._ports = [_Port(sock) for sock in sockets]
        self._by_ufrag: dict[str, MuxPeer] = {}
        self._paths: dict[int, list[tuple[_Port, Path]]] = {}  # id(peer) → its paths
        for port in self._ports:
            loop.add_reader(port.sock.fileno(), self._reader(port))

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """(IP address, port) of every socket."""
        return [port.sock.getsockname()[:2] for port in self._ports]

    def add(self, ufrag: str, peer: MuxPeer) -> None:
        self._by_ufrag[ufrag] = peer

    def remove_ufrag(self, ufrag: str) -> None:
        self._by_ufrag.pop(ufrag, None)

    def remove(self, peer: MuxPeer) -> None:
        """Forget the peer and every address it had."""
        for port, path in self._paths.pop(id(peer), []):
            if port.paths.get(path.address) is path:
                del port.paths[path.address]

    def close(self) -> None:
        for port in self._ports:
            self._loop.remove_reader(port.sock.fileno())
            port.sock.close()
        self._ports.clear()

    # --- reading --------------------------------------------------------------------------------

    def _reader(self, port: _Port) -> Callable[[], None]:
        def read() -> None:
            self._read(port)

        return read

    def _read(self, port: _Port) -> None:
        receive = port.sock.recvfrom
        now = self._loop.time()
        touched: dict[int, MuxPeer] = {}
        for _ in range(MAX_DATAGRAMS):
            try:
                data, address = receive(MAX_SIZE)
            except BlockingIOError:
                break
            except OSError:  # an ICMP error of an earlier send
                continue
            self.counters.received += 1
            try:
                peer = self._take(port, data, address, now)
            except Exception:
                self.counters.failed += 1
                logger.exception("a datagram's handler failed")
                continue
            if peer is not None:
                touched[id(peer)] = peer
        for peer in touched.values():
            try:
                peer.flush(now)
            except Exception:
                self.counters.failed += 1
                logger.exception("forwarding failed")

    def _take(self, port: _Port, data: bytes, address: Any, now: float) -> MuxPeer | None:
        """Hand one datagram over; the peer if it was media."""
        first = data[0] if data else 255
        path = port.paths.get(address)
        if 127 < first < 192 and path is not None:
            peer: MuxPeer = path.peer  # type: ignore[assignment]
            peer.receive_media(data, now)
            return peer
        if first < 4:
            self._take_stun(port, data, address, path, now)
        elif 19 < first < 64 and path is not None:
            path.peer.receive_dtls(data, now)  # type: ignore[attr-defined]
        else:
            self.counters.unknown += 1
        return None

    def _take_stun(
        self, port: _Port, data: bytes, address: Any, path: Path | None, now: float
    ) -> None:
        try:
            message = parse_stun(data)
            if message.method != BINDING or message.message_class != REQUEST:
                raise WireError("not a check")
            peer = self._by_ufrag.get((message.username or "").partition(":")[0])
            if peer is None:
                raise WireError("unknown ufrag")
            if path is None or path.peer is not peer:
                path = Path(port.sock, address, self.sent, peer)
            result = peer.agent.check(message, path, path.host, now)
        except WireError:
            self.counters.stun_refused += 1
            return
        if result.authenticated:
            self._know(port, path, peer)
        else:
            self.counters.stun_refused += 1
        if result.response is not None:
            path.send(result.response)
        if result.selected:
            peer.path_selected(path, now)

    def _know(self, port: _Port, path: Path, peer: MuxPeer) -> None:
        if port.paths.get(path.address) is path:
            return
        port.paths[path.address] = path
        known = self._paths.setdefault(id(peer), [])
        known.append((port, path))
        if len(known) > MAX_PATHS:
            stale = next(pair for pair in known if pair[1] is not peer.agent.selected)
            known.remove(stale)
            if stale[0].paths.get(stale[1].address) is stale[1]:
                del stale[0].paths[stale[1].address]


def bind_sockets(hosts: Sequence[str], port: int) -> list[socket.socket]:
    """Non-blocking UDP sockets on every host, all on one port number; ``port`` 0 picks one.

    Raises `OSError` if the first cannot be bound; of the others those that cannot are left out.
    """
    sockets: list[socket.socket] = []
    for host in hosts:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
                with contextlib.suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, option, BUFFER_BYTES)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind((host, port))
        except OSError as exc:
            sock.close()
            if not sockets:
                raise
            logger.warning("media port %s not bound on one address: %s", port, exc.strerror)
            continue
        port = port or sock.getsockname()[1]
        sockets.append(sock)
    return sockets
