"""When a publisher is asked for a keyframe: requests merged over subscribers, and spaced."""

from __future__ import annotations

MIN_INTERVAL_S = 0.5  # between two requests; a keyframe costs the publisher ten frames' worth
MAX_INTERVAL_S = 4.0  # a publisher that does not answer is asked ever more seldom


class KeyframeRequester:
    """One incoming video stream's requests (PLI, RFC 4585 section 6.3.1)."""

    __slots__ = ("_asked_at", "_interval_s", "_wanted", "asked", "merged")

    def __init__(self) -> None:
        self._wanted = False
        self._asked_at: float | None = None
        self._interval_s = MIN_INTERVAL_S
        self.asked = 0
        self.merged = 0

    def want(self) -> None:
        """Somebody needs a keyframe."""
        if self._wanted:
            self.merged += 1
        self._wanted = True

    def received(self) -> None:
        """A keyframe arrived: every need from before it is met."""
        self._wanted = False
        self._interval_s = MIN_INTERVAL_S

    def renew(self) -> None:
        """The publisher may not have got the last requests: the next are made as at first."""
        self._interval_s = MIN_INTERVAL_S

    def due(self, now: float) -> bool:
        """Whether to send a request now (``now`` in seconds)."""
        if not self._wanted:
            return False
        if self._asked_at is not None:
            if now - self._asked_at < self._interval_s:
                return False
            self._interval_s = min(MAX_INTERVAL_S, self._interval_s * 2)
        self._asked_at = now
        self.asked += 1
        return True
