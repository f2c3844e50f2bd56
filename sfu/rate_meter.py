"""How many bits a second a stream brings, lately."""

from __future__ import annotations

WINDOW_S = 1.0
FIRST_S = 0.1  # what came in the first tenth of a second is too little to judge by


class RateMeter:
    """Counts bytes in windows of `WINDOW_S`; the rate is that of the last whole one."""

    __slots__ = ("_bits", "_started_at", "bps")

    def __init__(self) -> None:
        self.bps = 0.0  # grows with the first window, then changes once a window
        self._bits = 0
        self._started_at: float | None = None

    def note(self, size: int, now: float) -> None:
        """``size`` bytes came."""
        if self._started_at is None:
            self._started_at = now
        self._bits += 8 * size
        elapsed = now - self._started_at
        if elapsed >= WINDOW_S:
            self.bps = self._bits / elapsed
            self._bits = 0
            self._started_at = now
        elif not self.bps and elapsed >= FIRST_S:
            self.bps = self._bits / elapsed
