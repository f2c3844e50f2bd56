"""What the rest of the server asks for ICE servers, built from the settings."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from turn.cache import CachedProvider, per_participant
from turn.chain import ProviderChain, ProviderStatus
from turn.coturn import CoturnProvider
from turn.provider import Clock, IceServerError, IceServerList, IceServerProvider
from turn.static import StaticProvider
from turn.twilio_nts import TwilioAccount, TwilioProvider

EMPTY_TTL_S = 60


@dataclass(frozen=True, slots=True)
class IceSettings:
    """The settings that concern ICE servers, as ``RODA_…`` names them. Secrets are not in the repr.

    Twilio is used when ``twilio_account_sid`` is given, coturn when ``turn_urls`` are, the static
    list when ``stun_urls`` are; asked in this order.
    """

    twilio_account_sid: str | None = None
    twilio_auth_token: str | None = field(default=None, repr=False)
    twilio_api_key: str | None = field(default=None, repr=False)
    twilio_api_secret: str | None = field(default=None, repr=False)
    twilio_base_url: str | None = None
    turn_urls: tuple[str, ...] = ()
    turn_secret: str | None = field(default=None, repr=False)
    stun_urls: tuple[str, ...] = ()


class IceServerService:
    """ICE servers for participants. Never fails: without any, a call over a direct path still
    works, so a join must not depend on them; `status` shows what went wrong."""

    def __init__(
        self,
        providers: Sequence[IceServerProvider],
        now: Clock = time.monotonic,
        on_close: Sequence[Callable[[], None]] = (),
    ) -> None:
        self._chain = ProviderChain(providers, now)
        self._on_close = tuple(on_close)

    async def ice_servers(self, participant: str) -> IceServerList:
        """The list for one participant; empty, and good for a minute, when nobody answers."""
        try:
            return await self._chain.ice_servers(participant)
        except IceServerError:
            return IceServerList((), EMPTY_TTL_S)

    def status(self) -> tuple[ProviderStatus, ...]:
        """Counters and the last error's code of every provider, for metrics and readiness."""
        return self._chain.status()

    def close(self) -> None:
        """Release threads. Idempotent."""
        for close in self._on_close:
            close()


def build_service(
    settings: IceSettings,
    monotonic: Clock = time.monotonic,
    unix_time: Clock = time.time,
) -> IceServerService:
    """The service these settings describe. Raises `ValueError`, naming the setting but never a
    secret's value, for a setting that is wrong or incomplete."""
    providers: list[IceServerProvider] = []
    closes: list[Callable[[], None]] = []
    twilio = _twilio(settings)
    if twilio is not None:
        providers.append(CachedProvider(twilio, monotonic, per_participant))
        closes.append(twilio.close)
    if settings.turn_urls:
        providers.append(_coturn(settings, unix_time))
    if settings.stun_urls:
        providers.append(_static(settings))
    return IceServerService(providers, monotonic, closes)


def _twilio(settings: IceSettings) -> TwilioProvider | None:
    given = (settings.twilio_auth_token, settings.twilio_api_key, settings.twilio_api_secret)
    if not settings.twilio_account_sid:
        if any(given):
            raise ValueError("RODA_TWILIO_…: RODA_TWILIO_ACCOUNT_SID is missing")
        return None
    try:
        account = TwilioAccount(
            settings.twilio_account_sid,
            settings.twilio_auth_token,
            settings.twilio_api_key,
            settings.twilio_api_secret,
            settings.twilio_base_url,
        )
    except ValueError as exc:
        raise ValueError(f"RODA_TWILIO_…: {exc}") from None
    return TwilioProvider(account)


def _coturn(settings: IceSettings, unix_time: Clock) -> CoturnProvider:
    if not settings.turn_secret:
        raise ValueError("RODA_TURN_URLS needs RODA_TURN_SECRET")
    try:
        return CoturnProvider(settings.turn_urls, settings.turn_secret, unix_time)
    except ValueError as exc:
        raise ValueError(f"RODA_TURN_URLS: {exc}") from None


def _static(settings: IceSettings) -> StaticProvider:
    try:
        return StaticProvider(settings.stun_urls)
    except ValueError as exc:
        raise ValueError(f"RODA_STUN_URLS: {exc}") from None
