"""The public keys of an identity provider (JWKS, RFC 7517): kept, and asked for anew with care.

Keys rotate: a token signed by a key not known yet makes the set be asked for again, but not more
often than `MIN_INTERVAL_S`, or strangers' tokens could make this server ask without end.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import jwt
import structlog

from signaling.errors import RodaError

MIN_INTERVAL_S = 30.0
MAX_AGE_S = 10 * 60.0
MAX_KEYS = 50
ALGORITHMS: Mapping[str, tuple[str, ...]] = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA",),
}
"""By key type (RFC 7518 section 6.1). No symmetric ones: those keys are not to be published."""
# Whose public key says nothing of the algorithm (RFC 7517 section 4.4).
DEFAULT_ALGORITHM: Mapping[str, str] = {"RSA": "RS256", "OKP": "EdDSA"}
CURVES: Mapping[str, str] = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}

log = structlog.stdlib.get_logger("roda.external")

Fetch = Callable[[], Awaitable[bytes]]


class FetchError(Exception):
    """The provider did not answer with its keys; the message holds no address."""


class KeySet:
    """:param fetch: asks for the JSON of the set; may raise `FetchError`
    :param now: seconds on a clock that only goes forward
    """

    def __init__(self, fetch: Fetch, now: Callable[[], float]) -> None:
        self._fetch = fetch
        self._now = now
        self._keys: dict[str, jwt.PyJWK] = {}
        self._asked_at: float | None = None
        self._fresh_until = -1.0
        self._lock = asyncio.Lock()

    async def key(self, key_id: str) -> jwt.PyJWK:
        """The key of that id. Where the provider cannot be reached, keys known before go on being
        good. Raises `RodaError`: ``not_authenticated`` (no such key),
        ``identity_provider_unreachable`` (no key at all)."""
        if not self._is_known(key_id):
            async with self._lock:
                if not self._is_known(key_id) and self._may_ask():
                    await self._refresh()
        if not self._keys:
            raise RodaError("identity_provider_unreachable")
        if key_id not in self._keys:
            raise RodaError("not_authenticated", "external token: unknown key")
        return self._keys[key_id]

    def _is_known(self, key_id: str) -> bool:
        return key_id in self._keys and self._now() < self._fresh_until

    def _may_ask(self) -> bool:
        return self._asked_at is None or self._now() - self._asked_at >= MIN_INTERVAL_S

    async def _refresh(self) -> None:
        self._asked_at = self._now()
        try:
            found = parse_keys(await self._fetch())
        except FetchError as exc:
            log.warning("keys_not_fetched", reason=str(exc), known=len(self._keys))
            return
        self._keys = found
        self._fresh_until = self._now() + MAX_AGE_S


def parse_keys(text: bytes) -> dict[str, jwt.PyJWK]:
    """The signature keys by their ids; others are left out. Raises `FetchError` where the text is
    no key set, or holds no key that can be used."""
    try:
        entries = json.loads(text)["keys"]
    except (ValueError, KeyError, TypeError, RecursionError) as exc:
        raise FetchError("not a key set") from exc
    if not isinstance(entries, list):
        raise FetchError("not a key set")
    keys = {}
    for entry in entries[:MAX_KEYS]:
        key = _parse_key(entry)
        if key is not None:
            keys[entry["kid"]] = key
    if not keys:
        raise FetchError("no usable key")
    return keys


def _parse_key(entry: Any) -> jwt.PyJWK | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str):
        return None
    kind = str(entry.get("kty"))
    guessed = DEFAULT_ALGORITHM.get(kind) or CURVES.get(str(entry.get("crv")))
    algorithm = entry.get("alg", guessed)
    if algorithm not in ALGORITHMS.get(kind, ()) or entry.get("use", "sig") != "sig":
        return None
    try:
        return jwt.PyJWK(entry, algorithm)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
