"""What every source of ICE servers offers, and the one error it may raise."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

MAX_SERVERS = 16
MAX_URLS_PER_SERVER = 16
MAX_URL_CHARS = 512
MAX_CREDENTIAL_CHARS = 1024

Clock = Callable[[], float]
"""Seconds. Monotonic for ages, Unix time where a credential's expiry is written down."""

ErrorCode = Literal[
    "upstream_unauthorized",
    "upstream_rate_limited",
    "upstream_failed",
    "upstream_unreachable",
    "upstream_timeout",
    "upstream_invalid",
]

_URL = re.compile(r"(stuns?|turns?):[A-Za-z0-9._\-\[\]:%]+(\?transport=(udp|tcp))?")
_RELAY = ("turn:", "turns:")


class IceServerError(Exception):
    """A provider has no list to give. ``code`` says why; ``detail`` never holds a secret."""

    def __init__(self, code: ErrorCode, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code: ErrorCode = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class IceServer:
    """One entry of ``RTCConfiguration.iceServers``. Its repr shows no credential.

    Raises `ValueError` for no URL, a URL that is not a STUN or TURN one (RFC 7064 and 7065), a
    TURN URL without credentials, or anything over the limits above.
    """

    urls: tuple[str, ...]
    username: str | None = field(default=None, repr=False)
    credential: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not 0 < len(self.urls) <= MAX_URLS_PER_SERVER:
            raise ValueError(f"an ICE server has 1 to {MAX_URLS_PER_SERVER} URLs")
        for url in self.urls:
            check_url(url)
        secrets = (self.username, self.credential)
        if any(url.startswith(_RELAY) for url in self.urls) and not all(secrets):
            raise ValueError("a TURN server needs a username and a credential")
        if any(len(value or "") > MAX_CREDENTIAL_CHARS for value in secrets):
            raise ValueError("an ICE server's credential is too long")


@dataclass(frozen=True, slots=True)
class IceServerList:
    """ICE servers in order of preference, good for ``ttl_s`` more seconds."""

    servers: tuple[IceServer, ...]
    ttl_s: int


class IceServerProvider(Protocol):
    """A source of ICE servers."""

    @property
    def name(self) -> str:
        """Short and stable: it labels counters and log lines."""
        ...

    async def ice_servers(self, participant: str) -> IceServerList:
        """A list for one participant (an opaque id). Raises `IceServerError`."""
        ...


def check_url(url: str) -> str:
    """``url``, when it is a STUN or TURN URL (RFC 7064, RFC 7065); else `ValueError`."""
    if len(url) > MAX_URL_CHARS or _URL.fullmatch(url) is None:
        raise ValueError(f"not a stun:, stuns:, turn: or turns: URL: {url[:80]!r}")
    return url
