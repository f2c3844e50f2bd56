"""A rate limit: so many at once, so many a second."""

from __future__ import annotations


class TokenBucket:
    """``burst`` tokens at first, refilled at ``rate_per_s``. Time is passed in, in seconds."""

    def __init__(self, rate_per_s: float, burst: float, now: float) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._tokens = burst
        self._at = now

    def take(self, now: float) -> bool:
        """Take one token; False when there is none."""
        # A clock that steps back must not drain the bucket.
        elapsed = max(0.0, now - self._at)
        self._at = now
        self._tokens = min(self._burst, self._tokens + elapsed * self._rate_per_s)
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True
