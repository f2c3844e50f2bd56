"""What handlers need, and where they find it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web

from signaling.ice import IceServers
from signaling.live_port import LivePort
from signaling.service import Services
from signaling.trusted_proxies import TrustedProxies, subscriber

if TYPE_CHECKING:  # loaded where an identity provider is configured
    from signaling.external_accounts import ExternalAccounts

_HOST = re.compile(r"[A-Za-z0-9.:\[\]_-]{1,255}")


@dataclass(frozen=True, slots=True)
class Context:
    """One server's parts. ``public_url`` is empty or without a trailing slash."""

    services: Services
    live: LivePort
    ice: IceServers
    public_url: str = ""
    external: ExternalAccounts | None = None
    proxies: TrustedProxies = field(default_factory=TrustedProxies)


CONTEXT: web.AppKey[Context] = web.AppKey("context", Context)


def context_of(request: web.Request) -> Context:
    return request.app[CONTEXT]


def base_url(request: web.Request) -> str:
    """The address people use: the configured one, else the one this request came to."""
    configured = context_of(request).public_url
    if configured:
        return configured
    host = request.host if _HOST.fullmatch(request.host or "") else "localhost"
    proxies = context_of(request).proxies
    forwarded_proto = request.headers.get("X-Forwarded-Proto")
    return f"{proxies.scheme(request.remote, request.scheme, forwarded_proto)}://{host}"


def caller_address(request: web.Request) -> str:
    """What attempts are counted by: the client's address, or its network; "" where there is none.
    What stands in ``X-Forwarded-For`` counts only behind a trusted proxy."""
    forwarded_for = request.headers.getall("X-Forwarded-For", [])
    return subscriber(context_of(request).proxies.client(request.remote, forwarded_for))


def share_url(request: web.Request, session_token: str) -> str:
    return f"{base_url(request)}/s/{session_token}"


def signaling_url(request: web.Request, connect_token: str) -> str:
    """``ws://`` or ``wss://``, as the page's own address is http or https."""
    return f"ws{base_url(request).removeprefix('http')}/ws?token={connect_token}"
