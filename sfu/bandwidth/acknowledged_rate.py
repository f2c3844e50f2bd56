"""How fast what was sent arrives (after libwebrtc's robust throughput estimator)."""

from __future__ import annotations

from collections import deque

WINDOW_S = 0.5
MIN_SPAN_S = 0.25
MAX_ENTRIES = 64


class AcknowledgedRate:
    """Bytes over time in a sliding window of arrivals: half a second after the line has changed,
    nothing of the old rate is left."""

    __slots__ = ("_arrivals", "_bps", "_bytes", "_entries", "_newest")

    def __init__(self, entries: int = MAX_ENTRIES) -> None:
        """:param entries: kept at most; where there are more the window is shorter"""
        self._entries = entries
        self._arrivals: deque[tuple[float, float]] = deque()
        self._bytes = 0.0  # of all arrivals but the oldest: it only marks the beginning
        self._newest = 0.0
        self._bps: float | None = None

    @property
    def bps(self) -> float | None:
        """Bits per second, None until `MIN_SPAN_S` was seen."""
        return self._bps

    def update(self, arrival: float, size_bytes: float) -> None:
        """``size_bytes`` have arrived at ``arrival``, seconds of the receiver's clock."""
        arrivals = self._arrivals
        if arrivals and arrival < self._newest - WINDOW_S:  # the receiver's clock was set back
            arrivals.clear()
        if not arrivals:
            arrivals.append((arrival, 0.0))
            self._bytes, self._newest = 0.0, arrival
            return
        if arrival < self._newest:
            arrival = self._newest
        self._newest = arrival
        arrivals.append((arrival, size_bytes))
        self._bytes += size_bytes
        while len(arrivals) > 2 and arrivals[1][0] <= arrival - WINDOW_S:
            self._forget_oldest()
        while len(arrivals) > self._entries:
            self._forget_oldest()
        span = arrival - arrivals[0][0]
        if span >= MIN_SPAN_S:
            self._bps = max(0.0, self._bytes) * 8 / span

    def _forget_oldest(self) -> None:
        self._arrivals.popleft()
        self._bytes -= self._arrivals[0][1]
