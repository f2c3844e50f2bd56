"""Bearer tokens of the configured identity provider, and the way to its keys."""

from __future__ import annotations

import time

import aiohttp

from signaling.config import Settings
from signaling.external_accounts import ExternalAccounts, by_keys, by_secret
from signaling.external_identity import ExternalRules
from signaling.key_set import FetchError, KeySet
from signaling.store.store import Store

FETCH_TIME_LIMIT_S = 5.0
MAX_KEY_SET_BYTES = 256 * 1024


def external_accounts(settings: Settings, store: Store) -> ExternalAccounts:
    """For settings that name an issuer."""
    rules = ExternalRules(
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        role_claim=settings.oidc_role_claim,
        skew_s=float(settings.oidc_clock_skew_seconds),
    )
    secret = settings.oidc_shared_secret.get_secret_value()
    url = settings.oidc_jwks_url
    verify = by_secret(secret) if secret else by_keys(KeySet(lambda: fetch(url), time.monotonic))
    return ExternalAccounts(store, rules, verify)


async def fetch(url: str) -> bytes:
    """The provider's answer. Raises `FetchError`."""
    limit = aiohttp.ClientTimeout(total=FETCH_TIME_LIMIT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=limit) as http,
            http.get(url, allow_redirects=False, headers={"Accept": "application/json"}) as answer,
        ):
            if answer.status != 200:
                raise FetchError(f"status {answer.status}")
            text = bytearray()
            async for chunk in answer.content.iter_chunked(16 * 1024):
                text += chunk
                if len(text) > MAX_KEY_SET_BYTES:
                    raise FetchError("too large")
            return bytes(text)
    except (aiohttp.ClientError, OSError, TimeoutError) as exc:
        raise FetchError(type(exc).__name__) from exc
