"""Additive increase, multiplicative decrease of the rate
(draft-ietf-rmcat-gcc-02 section 5.5)."""

from __future__ import annotations

from math import ceil
from typing import Literal

from sfu.bandwidth.link_capacity import LinkCapacity
from sfu.bandwidth.overuse import UsageState

BETA = 0.85
DRAIN_PER_S = 0.4  # taken off BETA for each second that waits in the queue
MIN_BETA = 0.5
GROWTH_PER_S = 1.08
MIN_ADDITIVE_BPS_PER_S = 4000.0
MAX_STEP_S = 1.0
_FRAMES_PER_S = 30
_PACKET_BITS = 1200 * 8

RateState = Literal["hold", "increase", "decrease"]

_NEXT: dict[tuple[RateState, UsageState], RateState] = {
    ("hold", "normal"): "increase",
    ("increase", "normal"): "increase",
    ("decrease", "normal"): "hold",
    ("hold", "overuse"): "decrease",
    ("increase", "overuse"): "decrease",
    ("decrease", "overuse"): "decrease",
    ("hold", "underuse"): "hold",
    ("increase", "underuse"): "hold",
    ("decrease", "underuse"): "hold",
}


class AimdRateController:
    """The delay-based rate."""

    __slots__ = ("_capacity", "_decreased_at", "_updated_at", "bps", "round_trip_s", "state")

    def __init__(self, start_bps: float) -> None:
        self.bps = start_bps
        self.state: RateState = "hold"
        self.round_trip_s = 0.2
        self._capacity = LinkCapacity()
        self._updated_at: float | None = None
        self._decreased_at: float | None = None

    @property
    def decreased_at(self) -> float | None:
        """When the rate was last lowered."""
        return self._decreased_at

    def set(self, bps: float, now: float) -> None:
        """The rate is known otherwise: by a probe, or because another limit is lower."""
        self.bps = bps
        self._updated_at = now

    def update(
        self,
        usage: UsageState,
        acknowledged_bps: float | None,
        limited: bool,
        now: float,
        queue_s: float = 0.0,
    ) -> float:
        """The rate after a feedback.

        :param acknowledged_bps: `AcknowledgedRate.bps`
        :param limited: whether the application sends less than it may, so that the absence of a
            queue says nothing of a higher rate
        :param queue_s: what waits on the path already, to be drained by sending less
        """
        self.state = _NEXT[self.state, usage]
        since = now - (now if self._updated_at is None else self._updated_at)
        self._updated_at = now
        if self.state == "decrease":
            if self._may_decrease(acknowledged_bps, now):
                self._decrease(acknowledged_bps, limited, queue_s, now)
        elif self.state == "increase" and not limited:
            self._increase(acknowledged_bps, min(max(since, 0.0), MAX_STEP_S))
        return self.bps

    def _may_decrease(self, acknowledged_bps: float | None, now: float) -> bool:
        if self._decreased_at is None or now < self._decreased_at:
            return True
        if now - self._decreased_at >= min(max(self.round_trip_s, 0.05), 0.3):
            return True
        return acknowledged_bps is not None and acknowledged_bps < self.bps / 2

    def _decrease(
        self, acknowledged_bps: float | None, limited: bool, queue_s: float, now: float
    ) -> None:
        measured = self.bps if acknowledged_bps is None else acknowledged_bps
        target = max(BETA - DRAIN_PER_S * queue_s, MIN_BETA) * measured
        capacity = self._capacity.bps
        if target > self.bps and capacity is not None:
            target = BETA * capacity
        repeated = self._decreased_at is not None and 0 <= now - self._decreased_at < 1
        if limited and not repeated:
            # What little was sent is no measure of the line: halve first, believe it the next time.
            target = max(target, self.bps / 2)
        self.bps = min(self.bps, target)
        if self._capacity.is_below(measured):
            self._capacity.forget()
        if not limited:
            self._capacity.note_overuse(measured)
        self._decreased_at = now
        self.state = "hold"

    def _increase(self, acknowledged_bps: float | None, elapsed_s: float) -> None:
        if acknowledged_bps is not None and self._capacity.is_above(acknowledged_bps):
            self._capacity.forget()
        if self._capacity.bps is None:
            raised = self.bps * GROWTH_PER_S**elapsed_s
        else:
            raised = self.bps + self._additive_bps_per_s() * elapsed_s
        if acknowledged_bps is not None:
            raised = min(raised, 1.5 * acknowledged_bps + 10_000)
        self.bps = max(self.bps, raised)

    def _additive_bps_per_s(self) -> float:
        """Half a packet a response time (section 5.5)."""
        frame_bits = self.bps / _FRAMES_PER_S
        packet_bits = frame_bits / ceil(max(frame_bits, 1.0) / _PACKET_BITS)
        response_s = 2 * (self.round_trip_s + 0.1)
        return max(MIN_ADDITIVE_BPS_PER_S, packet_bits / response_s)
