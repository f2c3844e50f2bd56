"""From arrivals to a state of the path: groups, their delay's slope, the detector."""

from __future__ import annotations

from collections.abc import Sequence

from sfu.bandwidth.acknowledgements import ArrivedRun
from sfu.bandwidth.overuse import OveruseDetector, UsageState
from sfu.bandwidth.trendline import Trendline

GROUP_S = 0.005  # what left within this time is one group (section 5.2)
RESET_S = 3.0  # a jump of the receiver's clock beyond this starts over


class DelayDetector:
    """One transport's delay gradient.

    A group's delay is that of its *first* packet: an SFU does not pace, so a video frame leaves at
    once, and its last packet's delay tells the frame's size rather than the queue's.
    """

    __slots__ = ("_arrival", "_overuse", "_sent_at", "_trendline")

    def __init__(self) -> None:
        self._trendline = Trendline()
        self._overuse = OveruseDetector()
        self._sent_at: float | None = None  # of the newest group's first packet
        self._arrival = 0.0

    @property
    def state(self) -> UsageState:
        return self._overuse.state

    def update(self, runs: Sequence[ArrivedRun]) -> bool:
        """Take in what has arrived; whether any of it showed overuse."""
        overused = False
        for run in runs:
            if not run.has_first:
                continue  # what left later in the run arrives later, queue or not
            sent_at, arrival = run.sent_at, run.first_arrival
            before, travelled = self._sent_at, arrival - self._arrival
            if before is None or not -RESET_S <= travelled <= RESET_S:
                self._restart(run)
                continue
            interval = sent_at - before
            if interval < GROUP_S:
                continue
            arrival_ms = arrival * 1e3
            trend = self._trendline.update((travelled - interval) * 1e3, arrival_ms)
            if self._overuse.update(trend, interval * 1e3, arrival_ms) == "overuse":
                overused = True
            self._sent_at, self._arrival = sent_at, arrival
        return overused

    def _restart(self, run: ArrivedRun) -> None:
        self._trendline.reset()
        self._overuse = OveruseDetector()
        self._sent_at, self._arrival = run.sent_at, run.first_arrival
