"""When one consumer may climb to a better layer."""

from __future__ import annotations

from math import inf

HOLD_S = 1.0
MAX_HOLD_S = 4.0
RELAPSE_S = 10.0


class Climb:
    """A consumer's right to a higher level in its ladder."""

    __slots__ = ("_climbed_at", "_hold_s", "_room_since", "_started", "level")

    def __init__(self) -> None:
        self.level = -1  # what it has, in the ladder as it is now; -1: nothing
        self._started = False  # whether it ever had something
        self._room_since: float | None = None
        self._hold_s = HOLD_S
        self._climbed_at = -inf

    def ceiling(self, fitting: int, roomy: int, at_once: bool, now: float) -> int:
        """The highest level allowed now.

        :param fitting: what the budget allows
        :param roomy: what it allows with headroom to spare
        :param at_once: whether a probe's success spares the wait
        """
        if not self._started:
            return max(min(fitting, 0), roomy)
        if roomy <= self.level:
            self._room_since = None
            return self.level
        if self._room_since is None or now < self._room_since:
            self._room_since = now
        waited = now - self._room_since >= self._hold_s
        return roomy if waited or at_once else self.level

    def settle(self, level: int, now: float) -> None:
        """``level`` is what it gets."""
        if level > self.level:
            if now - self._climbed_at > RELAPSE_S:
                self._hold_s = HOLD_S
            if self._started:
                self._climbed_at = now
            self._room_since = None
        elif level < self.level and 0 <= now - self._climbed_at < RELAPSE_S:
            self._hold_s = min(2 * self._hold_s, MAX_HOLD_S)
        self._started = self._started or level >= 0
        self.level = level
