"""Which STUN and TURN server an ICE agent gathers candidates from (RFC 7064, RFC 7065)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field

from sfu.wire.errors import WireError

_PORTS = {"stun": 3478, "turn": 3478, "turns": 5349}

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class IceServer:
    """As a browser is told of it. The credential is not in the repr."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = field(default=None, repr=False)


AskServers = Callable[[], Awaitable[Sequence[IceServer]]]


@dataclass(frozen=True, slots=True)
class TurnServer:
    address: Address
    username: str
    credential: str = field(repr=False)
    tcp: bool = False
    tls: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """One of each at most. A TURN server answers for a STUN server that is missing."""

    stun: Address | None = None
    turn: TurnServer | None = None


def choose(servers: Iterable[IceServer]) -> Chosen:
    """The first STUN server, and the first TURN server over UDP, else over TCP, else over TLS.
    URLs that cannot be read are left out."""
    stun: Address | None = None
    turns: list[TurnServer] = []
    for server in servers:
        for url in server.urls:
            try:
                scheme, address, tcp = parse_url(url)
            except WireError:
                continue
            if scheme == "stun":
                stun = stun or address
            elif server.username is not None and server.credential is not None:
                tls = scheme == "turns"
                turns.append(
                    TurnServer(address, server.username, server.credential, tcp or tls, tls)
                )
    turn = min(turns, key=lambda one: one.tcp + one.tls, default=None)
    if stun is None and turn is not None and not turn.tcp:
        stun = turn.address
    return Chosen(stun, turn)


def parse_url(url: str) -> tuple[str, Address, bool]:
    """(scheme, (host, port), whether over TCP) of a ``stun:``, ``turn:`` or ``turns:`` URL. Raises
    `WireError`."""
    scheme, _, rest = url.partition(":")
    where, _, query = rest.partition("?")
    if scheme not in _PORTS:
        raise WireError("not a stun:, turn: or turns: URL")
    host, bracket, port = where.rpartition("]")
    if bracket:
        host = host.removeprefix("[")
        port = port.removeprefix(":")
    else:
        host, _, port = where.partition(":")
    if not host or (port and not (port.isascii() and port.isdigit() and int(port) < 65536)):
        raise WireError("no host, or a bad port")
    return scheme, (host, int(port or _PORTS[scheme])), query == "transport=tcp"
