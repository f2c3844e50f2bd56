"""The steps of a join as the bot saw them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

from signaling.protocol import TimelineEntry

MAX_DETAIL_CHARS = 300
MAX_ENTRIES = 500

Clock = Callable[[], float]
Outcome = Literal["ok", "failed"]


class Timeline:
    """Records each step with its time and outcome; ``on_entry`` hears of each.

    ``unix_time`` in seconds. Steps that repeat (a second offer) are kept; at most `MAX_ENTRIES`.
    """

    def __init__(
        self,
        on_entry: Callable[[TimelineEntry], None] = lambda entry: None,
        unix_time: Clock = time.time,
    ) -> None:
        self.entries: list[TimelineEntry] = []
        self._on_entry = on_entry
        self._unix_time = unix_time
        self._started_at = unix_time()

    def step(self, step: str, outcome: Outcome = "ok", detail: str = "") -> None:
        if len(self.entries) >= MAX_ENTRIES:
            return
        entry = TimelineEntry(
            step=step,
            at_ms=self._unix_time() * 1000,
            source="client",
            outcome=outcome,
            detail=detail[:MAX_DETAIL_CHARS],
        )
        self.entries.append(entry)
        self._on_entry(entry)

    def reached(self, step: str) -> bool:
        return any(entry.step == step and entry.outcome == "ok" for entry in self.entries)

    def since_start_ms(self, entry: TimelineEntry) -> float:
        """Milliseconds from the bot's start to the step."""
        return entry.at_ms - self._started_at * 1000
