"""Counts attempts per key over a sliding window; decides who has to wait."""

from __future__ import annotations

from collections import OrderedDict, deque

MAX_KEYS = 10_000


class Throttle:
    """At most ``limit`` attempts a key within ``period_s`` seconds. Keeps at most `MAX_KEYS`
    keys: the one longest unused is forgotten first."""

    def __init__(self, limit: int, period_s: float) -> None:
        self._limit = limit
        self._period_s = period_s
        self._attempts: OrderedDict[str, deque[float]] = OrderedDict()

    def attempt(self, key: str, now: float) -> bool:
        """Count an attempt at ``now`` (seconds); False when there were too many before it. Where
        the clock has been set back, those before it count as of now."""
        attempts = self._attempts.setdefault(key, deque())
        self._attempts.move_to_end(key)
        if attempts and attempts[-1] > now:
            attempts = self._attempts[key] = deque(min(at, now) for at in attempts)
        while attempts and attempts[0] <= now - self._period_s:
            attempts.popleft()
        if len(attempts) >= self._limit:
            return False
        attempts.append(now)
        if len(self._attempts) > MAX_KEYS:
            self._attempts.popitem(last=False)
        return True

    def forgive(self, key: str) -> None:
        """Take back the key's last attempt: it was legitimate."""
        attempts = self._attempts.get(key)
        if attempts:
            attempts.pop()
