"""The slope of the one-way delay (draft-ietf-rmcat-gcc-02 section 5.3, with libwebrtc's linear
regression in the place of the Kalman filter)."""

from __future__ import annotations

from collections import deque

WINDOW = 20  # groups
SMOOTHING = 0.9
GAIN = 4.0
MAX_WEIGHT = 60  # groups until the slope counts in full
_REBASE_MS = 30_000.0


class Trendline:
    """Least squares over the last `WINDOW` groups: arrival against smoothed delay."""

    __slots__ = (
        "_accumulated",
        "_count",
        "_origin",
        "_points",
        "_smoothed",
        "_sx",
        "_sxx",
        "_sxy",
        "_sy",
        "trend_ms",
    )

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything: the path or the receiver's clock has changed."""
        self.trend_ms = 0.0
        """The slope times how many groups it rests on (at most `MAX_WEIGHT`) times `GAIN`:
        what the overuse detector compares with its threshold in ms."""
        self._accumulated = 0.0
        self._smoothed = 0.0
        self._count = 0
        self._origin: float | None = None
        self._points: deque[tuple[float, float]] = deque(maxlen=WINDOW)
        self._sx = self._sy = self._sxx = self._sxy = 0.0  # sums over the points

    @property
    def groups(self) -> int:
        """How many groups were taken in since the start."""
        return self._count

    def update(self, delay_change_ms: float, arrival_ms: float) -> float:
        """Take in one group; the new ``trend_ms``.

        :param delay_change_ms: how much longer this group travelled than the one before it
        :param arrival_ms: of this group, on the receiver's clock
        """
        self._count += 1
        self._accumulated += delay_change_ms
        self._smoothed = SMOOTHING * self._smoothed + (1 - SMOOTHING) * self._accumulated
        if self._origin is None:
            self._origin = arrival_ms
        elif not -_REBASE_MS < arrival_ms - self._origin < _REBASE_MS:
            self._rebase(arrival_ms)
        if self._append(arrival_ms - self._origin, self._smoothed) == WINDOW:
            sx = self._sx
            spread = WINDOW * self._sxx - sx * sx
            slope = (WINDOW * self._sxy - sx * self._sy) / spread if spread > 1e-3 else 0.0
            self.trend_ms = slope * GAIN * (self._count if self._count < MAX_WEIGHT else MAX_WEIGHT)
        return self.trend_ms

    def _append(self, x: float, y: float) -> int:
        """How many points there are now."""
        points = self._points
        if len(points) == WINDOW:
            old_x, old_y = points[0]  # the deque lets go of it
            self._sx += x - old_x
            self._sy += y - old_y
            self._sxx += x * x - old_x * old_x
            self._sxy += x * y - old_x * old_y
        else:
            self._sx += x
            self._sy += y
            self._sxx += x * x
            self._sxy += x * y
        points.append((x, y))
        return len(points)

    def _rebase(self, origin: float) -> None:
        """Sums of large numbers lose their small differences: start them anew from here."""
        shift = origin - (self._origin or 0.0)
        level = self._smoothed
        points = [(x - shift, y - level) for x, y in self._points]
        self._origin = origin
        self._accumulated -= level
        self._smoothed = 0.0
        self._points = deque(maxlen=WINDOW)
        self._sx = self._sy = self._sxx = self._sxy = 0.0
        for x, y in points:
            self._append(x, y)
