"""Where the path last proved too narrow (libwebrtc's link capacity estimator)."""

from __future__ import annotations

from math import sqrt

_ALPHA = 0.05
_SPREAD = 3.0  # standard deviations


class LinkCapacity:
    """Mean and deviation of the rates that arrived while a queue built up."""

    __slots__ = ("_deviation", "_kbps")

    def __init__(self) -> None:
        self._kbps: float | None = None
        self._deviation = 0.4  # of the squared error, relative to the mean

    @property
    def bps(self) -> float | None:
        return None if self._kbps is None else self._kbps * 1e3

    def forget(self) -> None:
        """The path has changed."""
        self._kbps = None

    def note_overuse(self, acknowledged_bps: float) -> None:
        """``acknowledged_bps`` arrived while the queue grew."""
        sample = acknowledged_bps / 1e3
        known = sample if self._kbps is None else self._kbps
        mean = (1 - _ALPHA) * known + _ALPHA * sample
        error = (mean - sample) ** 2 / max(mean, 1.0)
        self._kbps = mean
        self._deviation = min(max((1 - _ALPHA) * self._deviation + _ALPHA * error, 0.4), 2.5)

    def is_above(self, bps: float) -> bool:
        """Whether ``bps`` is more than the capacity can be."""
        return self._kbps is not None and bps / 1e3 > self._kbps + self._margin()

    def is_below(self, bps: float) -> bool:
        """Whether ``bps`` is less than the capacity can be."""
        return self._kbps is not None and bps / 1e3 < self._kbps - self._margin()

    def _margin(self) -> float:
        return _SPREAD * sqrt(self._deviation * (self._kbps or 0.0))
