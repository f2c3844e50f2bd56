"""Short-lived credentials for coturn's ``use-auth-secret``.

TURN REST, draft-uberti-behave-turn-rest section 2.2. The server and coturn share a secret; nothing
is asked of anyone. coturn checks the expiry at every refresh of an allocation as well, so the life
given here has to outlast the longest call.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence

from turn.provider import Clock, IceServer, IceServerList

DEFAULT_TTL_S = 43_200
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")


def turn_credentials(secret: str, participant: str, expires_at: int) -> tuple[str, str]:
    """``(username, credential)``: ``expiry:name`` and base64 of its HMAC-SHA1 under the secret.

    ``expires_at`` is Unix time in seconds. Characters that coturn could read as a separator are
    replaced in the name.
    """
    username = f"{expires_at}:{_UNSAFE.sub('_', participant)[:64]}"
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return username, base64.b64encode(digest).decode()


class CoturnProvider:
    """TURN servers with credentials made on the spot, different for each participant.

    Raises `ValueError` at construction for a URL that is not a TURN one or an empty secret.
    """

    name = "coturn"

    def __init__(
        self, turn_urls: Sequence[str], secret: str, now: Clock, ttl_s: int = DEFAULT_TTL_S
    ) -> None:
        if not secret:
            raise ValueError("the TURN secret is empty")
        for url in turn_urls:
            if not url.startswith(("turn:", "turns:")):
                raise ValueError(f"not a turn: or turns: URL: {url[:80]!r}")
        self._urls = tuple(turn_urls)
        self._secret = secret
        self._now = now
        self._ttl_s = ttl_s
        IceServer(self._urls, *turn_credentials(secret, "", 0))  # refuses a bad list now

    async def ice_servers(self, participant: str) -> IceServerList:
        expires_at = int(self._now()) + self._ttl_s
        username, credential = turn_credentials(self._secret, participant, expires_at)
        return IceServerList((IceServer(self._urls, username, credential),), self._ttl_s)
