"""When a publisher is asked for a keyframe: requests merged over subscribers, and spaced."""

from __future__ import annotations

MIN_INTERVAL_S = 0.5  # between two requests; a keyframe costs the publisher ten frames' worth
QUICK_REPEATS = 3  # lines lose requests, and browsers ignore one within 0.3 s of a keyframe
MAX_INTERVAL_S = 4.0  # a publisher that does not answer these either is asked ever more seldom


class KeyframeRequester:
    """One incoming video stream's requests (PLI, RFC 4585 section 6.3.1)."""

    __slots__ = ("_asked_at", "_unanswered", "asked", "merged", "wanted")

    def __init__(self) -> None:
        self.wanted = False  # by somebody, since the last keyframe
        self._asked_at: float | None = None
        self._unanswered = 0  # requests since the last keyframe
        self.asked = 0
        self.merged = 0

    def want(self) -> None:
        """Somebody needs a keyframe."""
        if self.wanted:
            self.merged += 1
        self.wanted = True

    def received(self) -> None:
        """A keyframe arrived: every need from before it is met."""
        self.wanted = False
        self._unanswered = 0

    def renew(self) -> None:
        """The publisher may not have got the last requests: the next are made as at first."""
        self._unanswered = 0

    def due(self, now: float) -> bool:
        """Whether to send a request now (``now`` in seconds)."""
        if not self.wanted:
            return False
        if self._asked_at is not None and now - self._asked_at < self._interval_s:
            return False
        self._asked_at = now
        self._unanswered += 1
        self.asked += 1
        return True

    @property
    def _interval_s(self) -> float:
        doublings = min(8, max(0, self._unanswered - QUICK_REPEATS))
        return min(MAX_INTERVAL_S, MIN_INTERVAL_S * (1 << doublings))
