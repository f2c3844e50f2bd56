"""Whether a queue builds up on the path (draft-ietf-rmcat-gcc-02 section 5.4)."""

from __future__ import annotations

from typing import Literal

UsageState = Literal["normal", "overuse", "underuse"]

INITIAL_THRESHOLD_MS = 12.5
MIN_THRESHOLD_MS, MAX_THRESHOLD_MS = 6.0, 600.0
OVERUSE_TIME_MS = 10.0
_K_UP, _K_DOWN = 0.0087, 0.039
_MAX_EXCESS_MS = 15.0
_MAX_STEP_MS = 100.0


class OveruseDetector:
    """Compares the delay's trend with a threshold that follows the path's own unrest."""

    __slots__ = ("_count", "_over_ms", "_previous", "_updated_ms", "state", "threshold_ms")

    def __init__(self) -> None:
        self.state: UsageState = "normal"
        self.threshold_ms = INITIAL_THRESHOLD_MS
        self._over_ms: float | None = None  # how long the trend has been above
        self._count = 0
        self._previous = 0.0
        self._updated_ms: float | None = None

    def update(self, trend_ms: float, interval_ms: float, arrival_ms: float) -> UsageState:
        """The state after one more group.

        :param trend_ms: `Trendline.trend_ms`
        :param interval_ms: between this group's departure and that of the one before
        :param arrival_ms: of this group, on the receiver's clock
        """
        if trend_ms > self.threshold_ms:
            above = self._over_ms
            self._over_ms = interval_ms / 2 if above is None else above + interval_ms
            self._count += 1
            held = self._over_ms > OVERUSE_TIME_MS and self._count > 1
            if held and trend_ms >= self._previous:
                self._over_ms, self._count = 0.0, 0
                self.state = "overuse"
        else:
            self._over_ms, self._count = None, 0
            self.state = "underuse" if trend_ms < -self.threshold_ms else "normal"
        self._previous = trend_ms
        self._adapt(abs(trend_ms), arrival_ms)
        return self.state

    def _adapt(self, size_ms: float, arrival_ms: float) -> None:
        before, self._updated_ms = self._updated_ms, arrival_ms
        excess_ms = size_ms - self.threshold_ms
        if before is None or before >= arrival_ms or excess_ms > _MAX_EXCESS_MS:
            return  # a sudden jump is news of the path, not its usual unrest
        step = arrival_ms - before
        if step > _MAX_STEP_MS:
            step = _MAX_STEP_MS
        threshold = self.threshold_ms + (_K_DOWN if excess_ms < 0 else _K_UP) * excess_ms * step
        if threshold < MIN_THRESHOLD_MS:
            threshold = MIN_THRESHOLD_MS
        self.threshold_ms = threshold if threshold < MAX_THRESHOLD_MS else MAX_THRESHOLD_MS
