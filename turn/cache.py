"""Keeps lists until three quarters of their life, and asks once for all who wait."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from turn.provider import Clock, IceServerError, IceServerList, IceServerProvider

FRESH_FRACTION = 0.75
RETRY_AFTER_S = 10.0
MAX_ENTRIES = 1024

_logger = logging.getLogger("roda.turn")


@dataclass(slots=True)
class _Entry:
    list: IceServerList
    obtained_at: float
    retry_at: float

    def aged(self, now: float) -> IceServerList:
        """The list with what is left of its life."""
        left = self.list.ttl_s - (now - self.obtained_at)
        return IceServerList(self.list.servers, int(left))


def per_participant(participant: str) -> str:
    """Cache key: credentials of one's own for everyone."""
    return participant


def shared(participant: str) -> str:
    """Cache key: the same credentials for all."""
    return ""


class CachedProvider:
    """Remembers what ``inner`` gave, for each key that ``key`` makes of a participant.

    A list is fresh for three quarters of its life. Then one request fetches the next one, and
    everybody who asks meanwhile waits for that same request. If it fails while the old list still
    lives, the old one is given, and nothing is asked for `RETRY_AFTER_S`.
    ``now`` is monotonic, in seconds. At most `MAX_ENTRIES` keys; the longest unused goes first.
    """

    def __init__(
        self,
        inner: IceServerProvider,
        now: Clock,
        key: Callable[[str], str] = per_participant,
    ) -> None:
        self._inner = inner
        self._now = now
        self._key = key
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._requests: dict[str, asyncio.Task[IceServerList]] = {}

    @property
    def name(self) -> str:
        return self._inner.name

    async def ice_servers(self, participant: str) -> IceServerList:
        key = self._key(participant)
        entry = self._entries.get(key)
        if entry is not None and self._now() < entry.retry_at:
            self._entries.move_to_end(key)
            return entry.aged(self._now())
        try:
            # Shielded: one caller that gives up must not take the answer from the others.
            return await asyncio.shield(self._request(key, participant))
        except IceServerError as exc:
            return self._old_list(key, exc)

    def _request(self, key: str, participant: str) -> asyncio.Task[IceServerList]:
        running = self._requests.get(key)
        if running is None:
            running = asyncio.create_task(self._fetch(key, participant))
            self._requests[key] = running
            running.add_done_callback(lambda task: self._finished(key, task))
        return running

    async def _fetch(self, key: str, participant: str) -> IceServerList:
        asked_at = self._now()
        fetched = await self._inner.ice_servers(participant)
        fresh_until = asked_at + fetched.ttl_s * FRESH_FRACTION
        self._entries[key] = _Entry(fetched, asked_at, fresh_until)
        self._entries.move_to_end(key)
        while len(self._entries) > MAX_ENTRIES:
            self._entries.popitem(last=False)
        return fetched

    def _finished(self, key: str, task: asyncio.Task[IceServerList]) -> None:
        self._requests.pop(key, None)
        if not task.cancelled():
            task.exception()  # seen here, in case every caller has given up

    def _old_list(self, key: str, failure: IceServerError) -> IceServerList:
        now = self._now()
        entry = self._entries.get(key)
        if entry is None or now >= entry.obtained_at + entry.list.ttl_s:
            self._entries.pop(key, None)
            raise failure
        end_of_life = entry.obtained_at + entry.list.ttl_s
        entry.retry_at = min(now + RETRY_AFTER_S, end_of_life)
        _logger.warning("%s: %s; the old list lives on", self.name, failure.code)
        return entry.aged(now)
