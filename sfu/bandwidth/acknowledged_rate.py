"""How fast what was sent arrives (libwebrtc's acknowledged bitrate estimator)."""

from __future__ import annotations

FIRST_WINDOW_S = 0.5
WINDOW_S = 0.15
_UNCERTAINTY = 10.0
_DRIFT = 5.0  # variance that time adds, (kbit/s)²
_FAST_CHANGE = 200.0


class AcknowledgedRate:
    """Bayesian average of the arriving rate in short windows: follows a clear change quickly and
    leaves out noise."""

    __slots__ = ("_bytes", "_elapsed", "_kbps", "_last", "_variance")

    def __init__(self) -> None:
        self._kbps: float | None = None
        self._variance = 50.0
        self._last: float | None = None
        self._elapsed = 0.0
        self._bytes = 0.0

    @property
    def bps(self) -> float | None:
        """Bits per second, None until half a second was seen."""
        return None if self._kbps is None else self._kbps * 1e3

    def expect_change(self) -> None:
        """The sender itself has changed its rate: take the next windows for what they say."""
        self._variance += _FAST_CHANGE

    def update(self, arrival: float, size_bytes: float) -> None:
        """``size_bytes`` have arrived at ``arrival``, seconds of the receiver's clock."""
        window = FIRST_WINDOW_S if self._kbps is None else WINDOW_S
        step = 0.0 if self._last is None else arrival - self._last
        if step < -window:  # the receiver's clock was set back
            self._bytes = self._elapsed = step = 0.0
        elif step < 0:  # reordered on the way
            self._bytes += size_bytes
            return
        self._last = arrival
        self._elapsed += step
        if self._elapsed >= window:
            # A pause belongs to the window that ends with it.
            self._sample(self._bytes * 8e-3 / self._elapsed)
            self._bytes = self._elapsed = 0.0
        self._bytes += size_bytes

    def _sample(self, kbps: float) -> None:
        known = self._kbps
        if known is None:
            self._kbps = kbps
            return
        deviation = _UNCERTAINTY * abs(known - kbps) / max(known, 1.0)
        noise = max(deviation * deviation, 1e-6)
        predicted = self._variance + _DRIFT
        self._kbps = max(0.0, (noise * known + predicted * kbps) / (noise + predicted))
        self._variance = noise * predicted / (noise + predicted)
