"""One publisher's clock against ours, so that all its streams keep their lip-sync."""

from __future__ import annotations

_DRIFT_GAIN = 0.01  # upward: a later report is delay first, drift only if it stays


class PublisherClock:
    """The smallest difference seen between a sender report's arrival and its NTP time.

    One object serves every stream of a publish transport: audio and video are shifted by the same
    amount, so what was simultaneous stays so. Times are seconds since 1900 (NTP) as floats.
    """

    __slots__ = ("_offset_s",)

    def __init__(self) -> None:
        self._offset_s: float | None = None

    def sample(self, publisher_ntp_s: float, arrival_ntp_s: float) -> None:
        """A sender report made at ``publisher_ntp_s`` arrived at ``arrival_ntp_s`` of ours."""
        seen = arrival_ntp_s - publisher_ntp_s
        offset = self._offset_s
        if offset is None or seen < offset or abs(seen - offset) > 5.0:
            self._offset_s = seen
        else:
            self._offset_s = offset + (seen - offset) * _DRIFT_GAIN

    def to_ours(self, publisher_ntp_s: float) -> float | None:
        """A publisher's time in ours; None before its first report."""
        return None if self._offset_s is None else publisher_ntp_s + self._offset_s
