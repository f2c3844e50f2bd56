"""A fixed list of STUN servers."""

from __future__ import annotations

from collections.abc import Sequence

from turn.provider import IceServer, IceServerList

STATIC_TTL_S = 86_400


class StaticProvider:
    """The same URLs for everyone; nothing to ask, so it never fails.

    Raises `ValueError` at construction for a URL that is not a ``stun:`` or ``stuns:`` one.
    """

    name = "static"

    def __init__(self, stun_urls: Sequence[str]) -> None:
        for url in stun_urls:
            if not url.startswith(("stun:", "stuns:")):
                raise ValueError(f"not a stun: or stuns: URL: {url[:80]!r}")
        self._list = IceServerList((IceServer(urls=tuple(stun_urls)),), STATIC_TTL_S)

    async def ice_servers(self, participant: str) -> IceServerList:
        return self._list
