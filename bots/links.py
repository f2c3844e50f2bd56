"""Share links, and the addresses that follow from them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from bots.errors import BotError

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,256}")
_WEBSOCKET_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}


@dataclass(frozen=True, slots=True)
class ShareLink:
    """Where a server is, and the secret that opens one of its sessions."""

    origin: str
    token: str = field(repr=False)

    @property
    def registration_url(self) -> str:
        return f"{self.origin}/api/v1/sessions/by-token/{quote(self.token)}/participants"


def parse_share_link(url: str) -> ShareLink:
    """``https://host/s/{token}``, also below a path prefix and with a query or fragment.

    Raises `BotError` (``link_invalid``) without repeating the link, which is a secret.
    """
    parts = urlsplit(url.strip())
    prefix, separator, token = parts.path.rstrip("/").rpartition("/s/")
    if parts.scheme not in ("http", "https") or not parts.hostname or not separator:
        raise BotError("link_invalid", "not a share link", "Use http(s)://HOST/s/TOKEN.")
    if _TOKEN.fullmatch(token) is None:
        raise BotError("link_invalid", "the link has no session token", "Copy the whole link.")
    return ShareLink(urlunsplit((parts.scheme, parts.netloc, prefix, "", "")), token)


def websocket_url(origin: str, signaling_url: str, connect_token: str) -> str:
    """The WebSocket address with the connect token in its query.

    ``signaling_url`` is as the server gave it: absolute or relative, ``http(s)`` or ``ws(s)``.
    Raises `BotError` (``answer_invalid``).
    """
    parts = urlsplit(urljoin(origin + "/", signaling_url))
    scheme = _WEBSOCKET_SCHEMES.get(parts.scheme)
    if scheme is None or not parts.hostname:
        raise BotError("answer_invalid", "the signaling address is not one")
    query = dict(parse_qsl(parts.query))
    query.setdefault("token", connect_token)
    return urlunsplit((scheme, parts.netloc, parts.path, urlencode(query), ""))
