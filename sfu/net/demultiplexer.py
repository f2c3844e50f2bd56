"""Who a datagram is for: by its first byte (RFC 7983), its ufrag, and what its source proved."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, Protocol

from sfu.ice_lite import IceLiteAgent
from sfu.net.path import Path, SendCounters
from sfu.wire.errors import WireError
from sfu.wire.stun import BINDING, REQUEST, parse_stun

MAX_PATHS = 16  # addresses that one transport may have proved to be

logger = logging.getLogger(__name__)


class MuxPeer(Protocol):
    """A transport as the demultiplexer sees it."""

    @property
    def agent(self) -> IceLiteAgent: ...

    def path_selected(self, path: Path, now: float) -> None: ...

    def path_lost(self, path: Path) -> None:
        """Nothing more can be sent there."""

    def receive_dtls(self, data: bytes, now: float) -> None: ...

    def receive_media(self, data: bytes, path: Path, now: float) -> None: ...

    def flush(self, now: float) -> None:
        """All datagrams that waited have been handed over: forward what came."""


class Endpoint(Protocol):
    """Where datagrams come in: a UDP socket, or one TCP connection. Keeps the paths it has."""

    def new_path(self, address: Any, peer: MuxPeer) -> Path: ...

    def admit(self, path: Path) -> None:
        """The path has proved to be its peer's."""

    def forget(self, path: Path) -> None:
        """It is nobody's any more. Unknown paths are let be."""


class MuxCounters:
    __slots__ = ("failed", "received", "stun_refused", "unknown")

    def __init__(self) -> None:
        self.received = 0
        self.unknown = 0  # from addresses that have proved nothing
        self.stun_refused = 0
        self.failed = 0  # handlers that raised: faults of ours


class Demultiplexer:
    """The peers of a media port, by ufrag and by the paths they have proved."""

    def __init__(self) -> None:
        self.counters = MuxCounters()
        self.sent = SendCounters()
        self._by_ufrag: dict[str, MuxPeer] = {}
        self._paths: dict[int, list[tuple[Endpoint, Path]]] = {}  # id(peer) → its paths

    def add(self, ufrag: str, peer: MuxPeer) -> None:
        self._by_ufrag[ufrag] = peer

    def remove_ufrag(self, ufrag: str) -> None:
        self._by_ufrag.pop(ufrag, None)

    def remove(self, peer: MuxPeer) -> None:
        """Forget the peer and every path it had."""
        for endpoint, path in self._paths.pop(id(peer), []):
            endpoint.forget(path)

    def lose(self, path: Path) -> None:
        """A path has ended by itself."""
        peer: MuxPeer = path.peer  # type: ignore[assignment]
        known = self._paths.get(id(peer), [])
        known[:] = [pair for pair in known if pair[1] is not path]
        peer.path_lost(path)

    def take(
        self, endpoint: Endpoint, data: bytes, address: Any, path: Path | None, now: float
    ) -> MuxPeer | None:
        """Hand one datagram over; the peer if it was media and `flush` is due.

        :param address: its source, as ``endpoint`` names it
        :param path: the one of that source, if it has proved to be somebody's
        """
        self.counters.received += 1
        first = data[0] if data else 255
        try:
            if 127 < first < 192 and path is not None:
                peer: MuxPeer = path.peer  # type: ignore[assignment]
                peer.receive_media(data, path, now)
                return peer
            if first < 4:
                self._take_stun(endpoint, data, address, path, now)
            elif 19 < first < 64 and path is not None:
                path.peer.receive_dtls(data, now)  # type: ignore[attr-defined]
            else:
                self.counters.unknown += 1
        except Exception:  # a fault of ours, which concerns nobody else
            self.counters.failed += 1
            logger.exception("a datagram's handler failed")
        return None

    def flush(self, peers: Iterable[MuxPeer], now: float) -> None:
        """All that waited has been taken."""
        for peer in peers:
            try:
                peer.flush(now)
            except Exception:
                self.counters.failed += 1
                logger.exception("forwarding failed")

    def _take_stun(
        self, endpoint: Endpoint, data: bytes, address: Any, path: Path | None, now: float
    ) -> None:
        try:
            message = parse_stun(data)
            if message.method != BINDING or message.message_class != REQUEST:
                raise WireError("not a check")
            peer = self._by_ufrag.get((message.username or "").partition(":")[0])
            if peer is None:
                raise WireError("unknown ufrag")
            if path is None or path.peer is not peer:
                path = endpoint.new_path(address, peer)
            result = peer.agent.check(message, path, path.host, now)
        except WireError:
            self.counters.stun_refused += 1
            return
        if result.authenticated:
            self._know(endpoint, path, peer)
        else:
            self.counters.stun_refused += 1
        if result.response is not None:
            path.send(result.response)
        if result.selected:
            peer.path_selected(path, now)

    def _know(self, endpoint: Endpoint, path: Path, peer: MuxPeer) -> None:
        endpoint.admit(path)
        known = self._paths.setdefault(id(peer), [])
        if any(other is path for _, other in known):
            return
        known.append((endpoint, path))
        if len(known) > MAX_PATHS:
            stale = next(pair for pair in known if pair[1] is not peer.agent.selected)
            known.remove(stale)
            stale[0].forget(stale[1])
