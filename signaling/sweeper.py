"""Closes what nobody stands behind any more: sessions that are over, rows without a person."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import timedelta
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from signaling.errors import RodaError
from signaling.presence import Presence
from signaling.sessions import Sessions

log = structlog.stdlib.get_logger("roda.sweeper")

SWEEP_EVERY_S = 5.0
STALE_AFTER = timedelta(minutes=2)  # between a registration and its socket


class LiveRooms(Protocol):
    """What the sweeper asks of the hub."""

    def connected(self) -> Collection[str]:
        """Ids of the participants with a seat, a place in a waiting room or an open socket."""
        ...

    def live_sessions(self) -> Collection[str]:
        """Ids of the sessions whose rooms keep the time themselves."""
        ...


class Sweeper:
    """``empty_after`` None: no session ends for being empty. ``kept_open``: sessions that never
    do."""

    def __init__(
        self,
        sessions: Sessions,
        presence: Presence,
        live: LiveRooms,
        empty_after: timedelta | None,
        kept_open: Collection[str] = (),
    ) -> None:
        self._sessions = sessions
        self._presence = presence
        self._live = live
        self._empty_after = empty_after
        self._kept_open = kept_open

    async def sweep(self) -> None:
        """One round."""
        now = self._sessions.now
        expired = await self._sessions.end_expired()
        stale = await self._presence.close_stale(now - STALE_AFTER, self._live.connected())
        empty = 0
        if self._empty_after is not None:
            empty = await self._end_empty(self._empty_after)
        if expired or stale or empty:
            log.info("swept", expired=expired, stale_participants=stale, empty=empty)

    async def _end_empty(self, empty_after: timedelta) -> int:
        """Sessions left empty before a crash: nobody came back, so no room knows of them."""
        ended = 0
        for session_id in await self._sessions.left_empty(self._sessions.now - empty_after):
            if session_id in self._kept_open or session_id in self._live.live_sessions():
                continue
            await self._sessions.end(session_id, "empty")
            ended += 1
        return ended

    async def run(self) -> None:
        """Sweep until cancelled; a database that fails is asked again the next time."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            try:
                await self.sweep()
            except (SQLAlchemyError, RodaError, OSError):
                log.exception("sweep_failed")
