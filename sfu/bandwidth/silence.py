"""A line that sends no feedback any more (after libwebrtc's round-trip based backoff)."""

from __future__ import annotations

TIMEOUT_S = 1.0
STEP_S = 0.5
BACKOFF = 0.8


class SilenceBackoff:
    """Says when to lower the rate because packets leave and nothing is heard of them.

    Before the first feedback it says nothing: the client may be one that sends none.
    """

    __slots__ = ("_heard_at", "_next_at", "_unheard_since", "rate_before")

    def __init__(self) -> None:
        self.rate_before: float | None = None  # bits per second, set once it is silent
        self._heard_at: float | None = None
        self._unheard_since: float | None = None  # when the first packet after that left
        self._next_at = 0.0

    def heard(self, now: float) -> float | None:
        """Feedback came at ``now``, which may be told again. The rate from before the silence, if
        there was one."""
        if now == self._heard_at:
            return None
        before, self.rate_before = self.rate_before, None
        self._heard_at, self._unheard_since = now, None
        return before

    def due(
        self, last_sent_at: float | None, round_trip_s: float, rate_bps: float, now: float
    ) -> bool:
        """Whether to multiply the rate by `BACKOFF` now; asked on every tick."""
        heard = self._heard_at
        if heard is None or last_sent_at is None or last_sent_at <= heard:
            return False
        if self._unheard_since is None:
            self._unheard_since = last_sent_at
        if now - self._unheard_since < max(TIMEOUT_S, 3 * round_trip_s) or now < self._next_at:
            return False
        if self.rate_before is None:
            self.rate_before = rate_bps
        self._next_at = now + STEP_S
        return True
