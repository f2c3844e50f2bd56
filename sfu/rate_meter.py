"""How many bits a second a stream brings, lately."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

WINDOW_S = 1.0
VOID_AFTER_S = 2.0  # a window that took so long has a pause in it, and tells of nothing
FIRST_S = 0.1  # what came in the first tenth of a second is too little to judge by
WINDOWS_KEPT = 4


class RateMeter:
    """Counts bytes in windows of `WINDOW_S`."""

    __slots__ = ("_bits", "_started_at", "_windows", "bps", "steady_bps")

    def __init__(self) -> None:
        self.bps = 0.0
        """Of the last whole window; grows with the first, then changes once a window."""
        self.steady_bps = 0.0
        """The same without what a keyframe now and then adds; see `steady`."""
        self._bits = 0
        self._started_at: float | None = None
        self._windows: deque[float] = deque(maxlen=WINDOWS_KEPT)

    def note(self, size: int, now: float) -> None:
        """``size`` bytes came."""
        if self._started_at is None:
            self._started_at = now
        self._bits += 8 * size
        elapsed = now - self._started_at
        if elapsed >= WINDOW_S:
            if elapsed < VOID_AFTER_S:
                self.bps = self._bits / elapsed
                self._windows.append(self.bps)
                self.steady_bps = steady(self._windows)
            self._bits = 0
            self._started_at = now
        elif not self.bps and elapsed >= FIRST_S:
            self.bps = self.steady_bps = self._bits / elapsed


def steady(windows: Iterable[float]) -> float:
    """The mean of some windows' rates, one at least, without the highest of them: that has a
    keyframe in it, and a quality is not too large for a line because it begins with one."""
    rates = sorted(windows)
    counted = rates[:-1] or rates
    return sum(counted) / len(counted)
