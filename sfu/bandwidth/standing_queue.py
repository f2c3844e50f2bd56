"""How long packets wait in a queue now, which the delay's slope cannot tell: a full queue is as
level as an empty one."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from sfu.bandwidth.acknowledgements import ArrivedRun

RECENT_S = 0.25
BASE_S = 10.0  # the least delay is that of the last two such spans
CONGESTED_S = 0.2
BELIEVED_S = 6.0  # a delay that stays in spite of all we do is the path's own
MAX_ENTRIES = 64


class StandingQueue:
    """Compares the least delay of the last moments with the least of the last seconds.

    The clocks of the two ends have different origins, so only differences count; they drift apart
    by less than a millisecond in the time that matters.
    """

    __slots__ = ("_base", "_base_since", "_before", "_congested_at", "_recent", "queue_s")

    def __init__(self) -> None:
        self.queue_s = 0.0
        self._recent: deque[tuple[float, float]] = deque()  # arrival, delay; rising in both
        self._base: float | None = None  # least of this span
        self._before: float | None = None  # of the span before
        self._base_since = 0.0
        self._congested_at: float | None = None

    @property
    def congested(self) -> bool:
        return self.queue_s > CONGESTED_S

    def update(self, runs: Sequence[ArrivedRun]) -> None:
        """Take in what has arrived."""
        if runs:
            least = min([run.first_arrival - run.sent_at for run in runs])
            self._note(runs[-1].first_arrival, least)
        base = self._base
        if base is None or not self._recent:
            return
        if self._before is not None:
            base = min(base, self._before)
        self.queue_s = max(0.0, self._recent[0][1] - base)
        self._believe(self._recent[-1][0])

    def _note(self, at: float, delay: float) -> None:
        recent = self._recent
        while recent and (recent[-1][1] >= delay or len(recent) >= MAX_ENTRIES):
            recent.pop()
        recent.append((at, delay))
        while recent[0][0] < at - RECENT_S:
            recent.popleft()
        if self._base is None or at - self._base_since > BASE_S:
            self._before, self._base, self._base_since = self._base, delay, at
        elif delay < self._base:
            self._base = delay

    def _believe(self, at: float) -> None:
        if not self.congested:
            self._congested_at = None
        elif self._congested_at is None:
            self._congested_at = at
        elif at - self._congested_at > BELIEVED_S:
            self._base, self._before, self._base_since = self._recent[0][1], None, at
            self._congested_at = None
            self.queue_s = 0.0
