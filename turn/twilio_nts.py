"""Twilio's Network Traversal Service: STUN and TURN servers with short-lived credentials.

https://www.twilio.com/docs/stun-turn/api: ``POST /2010-04-01/Accounts/{sid}/Tokens.json`` answers
201 with ``ice_servers`` (each ``urls`` and, older, ``url``) and ``ttl``, seconds as a string.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from turn.provider import MAX_SERVERS, ErrorCode, IceServer, IceServerError, IceServerList

DEFAULT_TTL_S = 43_200
MAX_TTL_S = 604_800
TIME_LIMIT_S = 3.0
_THREADS = 4
_SCHEMES = ("stun:", "stuns:", "turn:", "turns:")
_STATUS_CODES: Mapping[int, ErrorCode] = {
    401: "upstream_unauthorized",
    403: "upstream_unauthorized",
    429: "upstream_rate_limited",
}


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """Who asks: the account, and either its auth token or an API key with its secret.

    ``base_url`` replaces ``https://api.twilio.com``, so that tests can stand in for it.
    Raises `ValueError` when neither pair is complete.
    """

    account_sid: str
    auth_token: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)
    api_secret: str | None = field(default=None, repr=False)
    base_url: str | None = None

    def __post_init__(self) -> None:
        if bool(self.api_key) != bool(self.api_secret):
            raise ValueError("a Twilio API key and its secret are given together")
        if not self.account_sid or not (self.auth_token or self.api_key):
            raise ValueError("Twilio needs an account SID and an auth token, or an API key")
        if self.base_url and not self.base_url.startswith(("http://", "https://")):
            raise ValueError("the Twilio base URL is not an http: or https: URL")

    def log_in(self) -> tuple[str, str]:
        """User name and password of HTTP basic authentication; the API key is preferred."""
        if self.api_key and self.api_secret:
            return self.api_key, self.api_secret
        return self.account_sid, self.auth_token or ""


class TwilioProvider:
    """A fresh token for each call; put a `turn.cache.CachedProvider` before it.

    The library blocks, so it runs in threads of its own. A caller is freed after ``time_limit_s``
    whatever the thread does; the thread itself ends within twice that.
    """

    name = "twilio"

    def __init__(
        self,
        account: TwilioAccount,
        ttl_s: int = DEFAULT_TTL_S,
        time_limit_s: float = TIME_LIMIT_S,
    ) -> None:
        self._account = account
        self._ttl_s = ttl_s
        self._time_limit_s = time_limit_s
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="roda-twilio")

    async def ice_servers(self, participant: str) -> IceServerList:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._time_limit_s):
                return await loop.run_in_executor(self._threads, self._ask)
        except TimeoutError:
            raise IceServerError("upstream_timeout", f"{self._time_limit_s:g} s") from None

    def close(self) -> None:
        """Let go of the threads without waiting for an upstream that does not answer."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _ask(self) -> IceServerList:
        """Blocking. Raises `IceServerError`, without a cause: upstream's words may echo what was
        sent to it."""
        import requests
        from twilio.base.exceptions import TwilioException
        from twilio.rest import Client

        from turn.twilio_http import BoundedHttpClient, ResponseTooLarge

        user, password = self._account.log_in()
        client = Client(
            user,
            password,
            account_sid=self._account.account_sid,
            http_client=BoundedHttpClient(self._time_limit_s),
        )
        if self._account.base_url:
            client.api.base_url = self._account.base_url
        try:
            token = client.tokens.create(ttl=self._ttl_s)
        except requests.Timeout:
            raise IceServerError("upstream_timeout") from None
        except ResponseTooLarge:
            raise IceServerError("upstream_invalid", "the answer is too large") from None
        except requests.RequestException as exc:
            raise IceServerError("upstream_unreachable", type(exc).__name__) from None
        except TwilioException as exc:
            raise _refusal(getattr(exc, "status", None)) from None
        except (ValueError, TypeError, AttributeError, RecursionError):
            raise IceServerError("upstream_invalid", "not a token") from None
        return parse_token(token.ice_servers, token.ttl)


def _refusal(status: object) -> IceServerError:
    if not isinstance(status, int):
        return IceServerError("upstream_invalid", "no status")
    return IceServerError(_STATUS_CODES.get(status, "upstream_failed"), f"HTTP {status}")


def parse_token(ice_servers: object, ttl: object) -> IceServerList:
    """A token's fields as a list. Raises `IceServerError` (``upstream_invalid``) for any other
    shape than the documented one; URLs of schemes we do not know are left out."""
    if not isinstance(ice_servers, list) or len(ice_servers) > MAX_SERVERS:
        raise IceServerError("upstream_invalid", "ice_servers is not a short list")
    try:
        servers = tuple(s for s in map(_parse_server, ice_servers) if s is not None)
    except (ValueError, TypeError, AttributeError):
        raise IceServerError("upstream_invalid", "an ICE server of another shape") from None
    if not servers:
        raise IceServerError("upstream_invalid", "no ICE server")
    return IceServerList(servers, _parse_ttl(ttl))


def _parse_server(value: Any) -> IceServer | None:
    given = value.get("urls") or value.get("url") or []
    candidates = [given] if isinstance(given, str) else list(given)
    urls = tuple(url for url in candidates if url.startswith(_SCHEMES))
    if not urls:
        return None
    username, credential = value.get("username"), value.get("credential")
    if any(not isinstance(field_, str | None) for field_ in (username, credential)):
        raise TypeError("credentials are strings")
    return IceServer(urls, username, credential)


def _parse_ttl(ttl: object) -> int:
    text = str(ttl)
    if not (text.isascii() and text.isdigit() and len(text) <= 9) or isinstance(ttl, bool):
        raise IceServerError("upstream_invalid", "ttl is not a number of seconds")
    if int(text) == 0:
        raise IceServerError("upstream_invalid", "ttl is 0")
    return min(int(text), MAX_TTL_S)
