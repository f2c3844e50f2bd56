"""Whether less is sent than the estimate allows (libwebrtc's ALR detector)."""

from __future__ import annotations

WINDOW_S = 0.5
ENTER, LEAVE = 0.65, 0.80  # of the estimate


class ApplicationLimit:
    """Compares the sent rate with the estimate, over half-second windows, with hysteresis."""

    __slots__ = ("_bytes", "_since", "limited", "sent_bps")

    def __init__(self) -> None:
        self.limited = True  # nothing was sent yet
        self.sent_bps = 0.0
        self._since: float | None = None
        self._bytes = 0

    def update(self, bytes_sent: int, estimate_bps: float, now: float) -> bool:
        """Whether the application is the limit.

        :param bytes_sent: `SentLog.bytes_sent`
        """
        if self._since is None or now < self._since:
            self._since, self._bytes = now, bytes_sent
        elapsed = now - self._since
        if elapsed >= WINDOW_S:
            self.sent_bps = (bytes_sent - self._bytes) * 8 / elapsed
            self._since, self._bytes = now, bytes_sent
            self.limited = self.sent_bps < (LEAVE if self.limited else ENTER) * estimate_bps
        return self.limited
