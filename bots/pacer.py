"""Keeps a source in step with real time."""

from __future__ import annotations

import asyncio

MAX_BEHIND_S = 0.5


class Pacer:
    """Numbers the ticks of a steady clock.

    A stall up to `MAX_BEHIND_S` is caught up; a longer one is skipped, so that a bot on a busy
    machine sends a gap and not a burst.
    """

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._started_at: float | None = None
        self._tick = -1

    async def next(self) -> int:
        """Wait until the next tick is due; its number, from 0, never twice."""
        now = asyncio.get_running_loop().time()
        if self._started_at is None:
            self._started_at = now
        self._tick = next_tick(self._tick, now - self._started_at, self._period_s)
        due = self._started_at + self._tick * self._period_s
        await asyncio.sleep(max(0.0, due - now))
        return self._tick


def next_tick(last: int, elapsed_s: float, period_s: float) -> int:
    """The tick after ``last``, or the current one when that is more than `MAX_BEHIND_S` late."""
    following = last + 1
    if elapsed_s - following * period_s > MAX_BEHIND_S:
        return int(elapsed_s / period_s)
    return following
