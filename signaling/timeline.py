"""One connection's join, step by step: what the server saw and what the client reported."""

from __future__ import annotations

from collections import deque
from typing import Literal

from signaling.protocol import TimelineEntry

MAX_ENTRIES = 200
MAX_DETAIL_CHARS = 300


class Timeline:
    """At most ``limit`` entries: the first half is kept for good (the join), the second half
    holds the latest (why it ended)."""

    def __init__(self, limit: int = MAX_ENTRIES) -> None:
        self._first: list[TimelineEntry] = []
        self._keep_first = limit - limit // 2
        self._latest: deque[TimelineEntry] = deque(maxlen=limit // 2)
        self.dropped = 0

    def add(
        self,
        step: str,
        at_ms: float,
        source: Literal["client", "server"],
        outcome: Literal["ok", "failed"] = "ok",
        detail: str = "",
    ) -> TimelineEntry:
        """Keep a step. ``at_ms``: Unix time in milliseconds on the reporter's clock."""
        entry = TimelineEntry(
            step=step[:64],
            at_ms=at_ms,
            source=source,
            outcome=outcome,
            detail=detail[:MAX_DETAIL_CHARS],
        )
        if len(self._first) < self._keep_first:
            self._first.append(entry)
            return entry
        if len(self._latest) == self._latest.maxlen:
            self.dropped += 1
        self._latest.append(entry)
        return entry

    def entries(self) -> list[TimelineEntry]:
        """Oldest first."""
        return [*self._first, *self._latest]
