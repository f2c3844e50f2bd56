"""Clients without transport-wide feedback: what they say of themselves, and what they lose."""

from __future__ import annotations

from math import inf

from sfu.bandwidth.overuse import UsageState

LOW_LOSS, HIGH_LOSS = 0.02, 0.10  # draft-ietf-rmcat-gcc-02 section 6
GROWTH_PER_S = 1.08
MAX_OF_SENT = 1.5
DECREASE_INTERVAL_S = 0.5
MAX_STEP_S = 1.0
FORGOTTEN = 1.5  # a bound so far above the rate is none
_SMOOTHING = 0.3
_MIN_CAP_BPS = 10_000.0


class ReportLimit:
    """A rate from receiver reports: grows below 2 % loss, holds, shrinks above 10 %.

    Beside another estimate it is only a bound, which is gone after a while without loss."""

    __slots__ = ("_decreased_at", "_updated_at", "cap_bps", "loss", "state")

    def __init__(self) -> None:
        self.cap_bps = inf
        self.loss = 0.0
        self.state: UsageState = "normal"
        self._updated_at: float | None = None
        self._decreased_at = -inf

    def update(
        self, fraction_lost: float, rate_bps: float, sent_bps: float | None, now: float
    ) -> float:
        """The bound after a report.

        :param rate_bps: the estimate now
        :param sent_bps: what is really sent: no report speaks of more than half as much again;
            None: there is another estimate, of which this is only a bound
        """
        self.loss += _SMOOTHING * (fraction_lost - self.loss)
        step = now - (now if self._updated_at is None else self._updated_at)
        self._updated_at = now
        self.state = "normal"
        if fraction_lost > HIGH_LOSS:
            self.state = "overuse"
            if not 0 <= now - self._decreased_at < DECREASE_INTERVAL_S:
                self._decreased_at = now
                self.cap_bps = max(_MIN_CAP_BPS, rate_bps * (1 - 0.5 * fraction_lost))
        elif fraction_lost < LOW_LOSS:
            self._grow(rate_bps, sent_bps, GROWTH_PER_S ** min(max(step, 0.0), MAX_STEP_S))
        elif sent_bps is not None:
            self.cap_bps = min(self.cap_bps, rate_bps)
        return self.cap_bps

    def _grow(self, rate_bps: float, sent_bps: float | None, factor: float) -> None:
        if sent_bps is None:
            self.cap_bps = inf if self.cap_bps > FORGOTTEN * rate_bps else self.cap_bps * factor
            return
        known = min(self.cap_bps, rate_bps)
        self.cap_bps = max(known, min(known * factor, MAX_OF_SENT * sent_bps))
