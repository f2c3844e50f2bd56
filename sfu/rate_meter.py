"""How many bits a second a stream brings, lately."""

from __future__ import annotations

WINDOW_S = 1.0


class RateMeter:
    """Counts bytes in windows of `WINDOW_S`; the rate is that of the last whole one."""

    __slots__ = ("_bits", "_started_at", "bps")

    def __init__(self) -> None:
        self.bps = 0.0
        self._bits = 0
        self._started_at: float | None = None

    def note(self, size: int, now: float) -> None:
        """``size`` bytes came."""
        self.roll(now)
        self._bits += 8 * size

    def roll(self, now: float) -> None:
        """Close the window if it is over."""
        if self._started_at is None:
            self._started_at = now
            return
        elapsed = now - self._started_at
        if elapsed >= WINDOW_S:
            self.bps = self._bits / elapsed
            self._bits = 0
            self._started_at = now
