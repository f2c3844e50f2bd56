"""Sending the bot's timeline to the server, beside everything else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from bots.errors import BotError
from bots.signaling import Requests
from signaling.protocol import ReportTimeline, TimelineEntry

_logger = logging.getLogger("roda.bot")


class TimelineReporter:
    """Keeps entries until `start`, then sends them in order. A failure ends it, and nothing else:
    the timeline must never break the call it describes."""

    def __init__(self) -> None:
        self._entries: asyncio.Queue[TimelineEntry] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def add(self, entry: TimelineEntry) -> None:
        self._entries.put_nowait(entry)

    def start(self, signaling: Requests) -> None:
        """Again, after a failure."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._send(signaling))

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _send(self, signaling: Requests) -> None:
        try:
            while True:
                entry = await self._entries.get()
                await signaling.request(_request_for(entry))
        except BotError as exc:
            _logger.info("the timeline is not reported further: %s", exc.code)


def _request_for(entry: TimelineEntry) -> Callable[[int], ReportTimeline]:
    return lambda request_id: ReportTimeline(
        id=request_id,
        type="timeline",
        step=entry.step,
        at_ms=entry.at_ms,
        outcome=entry.outcome,
        detail=entry.detail,
    )
