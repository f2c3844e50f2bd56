"""Several providers in order: the next answers when one fails, and the failure is visible."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from turn.provider import Clock, ErrorCode, IceServerError, IceServerList, IceServerProvider

HOLD_OFF_S = 5.0

_logger = logging.getLogger("roda.turn")


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """What operators see of one provider. Holds no secret.

    ``last_error`` is the code of its last call when that failed, else None.
    """

    name: str
    answered: int = 0
    failed: int = 0
    passed_over: int = 0
    last_error: ErrorCode | None = None


@dataclass(slots=True)
class _Link:
    provider: IceServerProvider
    answered: int = 0
    failed: int = 0
    passed_over: int = 0
    last_error: ErrorCode | None = None
    held_off_until: float = float("-inf")

    def status(self) -> ProviderStatus:
        return ProviderStatus(
            self.provider.name, self.answered, self.failed, self.passed_over, self.last_error
        )


class ProviderChain:
    """The first provider that answers wins.

    One that timed out is passed over for `HOLD_OFF_S`, so that an outage upstream costs one join
    its time limit and not every join. ``now`` is monotonic, in seconds.
    """

    name = "chain"

    def __init__(self, providers: Sequence[IceServerProvider], now: Clock) -> None:
        self._links = [_Link(provider) for provider in providers]
        self._now = now

    async def ice_servers(self, participant: str) -> IceServerList:
        """Raises the last `IceServerError` when nobody answers."""
        last = IceServerError("upstream_unreachable", "no ICE server provider answered")
        for link in self._links:
            if self._now() < link.held_off_until:
                link.passed_over += 1
                continue
            try:
                answer = await link.provider.ice_servers(participant)
            except IceServerError as exc:
                self._failed(link, exc)
                last = exc
            else:
                link.answered += 1
                link.last_error = None
                return answer
        raise last

    def status(self) -> tuple[ProviderStatus, ...]:
        """Counters of every provider, in order."""
        return tuple(link.status() for link in self._links)

    def _failed(self, link: _Link, failure: IceServerError) -> None:
        link.failed += 1
        link.last_error = failure.code
        if failure.code == "upstream_timeout":
            link.held_off_until = self._now() + HOLD_OFF_S
        _logger.warning(
            "ICE servers of %s: %s %s", link.provider.name, failure.code, failure.detail
        )
