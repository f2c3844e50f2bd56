"""Climbing where no probe result comes back: more padding for a while, and see
whether the client allows more."""

from __future__ import annotations

from sfu.bandwidth.probing import MAX_PADDING_PACKET, MAX_STEP_S, Padding
from sfu.bandwidth.sent_packets import SentLog

TRY_S = 1.0
REST_S = 3.0
GROWTH = 1.2
FALLEN = 0.95  # of the estimate a try began with: then it is over
WORTH_IT = 1.03  # growth of the estimate within one try, for the next to follow at once


class SustainedPadding:
    """Fills the sent rate up to `GROWTH` times the estimate, for `TRY_S` at a time."""

    __slots__ = ("_began_at", "_began_bps", "_log", "_next_at", "_sent_before", "_ticked_at")

    def __init__(self, log: SentLog) -> None:
        self._log = log
        self._began_at: float | None = None
        self._began_bps = 0.0
        self._next_at = 0.0
        self._sent_before = 0
        self._ticked_at = 0.0

    @property
    def sending(self) -> bool:
        return self._began_at is not None

    def tick(
        self, estimate_bps: float, wanted_bps: float, quiet: bool, now: float
    ) -> list[Padding]:
        """What padding to send now: nothing, or one entry. Arguments as in `Prober.tick`."""
        log = self._log
        if not quiet or wanted_bps <= estimate_bps or not log.next_number:
            self._began_at = None
            return []
        fallen = estimate_bps < FALLEN * self._began_bps
        if self._began_at is None or fallen or now - self._began_at >= TRY_S:
            self._begin(estimate_bps, now)
            return []
        step = min(now - self._ticked_at, MAX_STEP_S)
        target = min(GROWTH * estimate_bps, wanted_bps)
        due = target * step / 8 - (log.bytes_sent - self._sent_before)
        if due < MAX_PADDING_PACKET / 4 and step < MAX_STEP_S:
            return []  # let it add up to a packet worth sending
        size = max(0, round(due))
        self._ticked_at, self._sent_before = now, log.bytes_sent + size
        return [Padding(size, MAX_PADDING_PACKET, target)] if size else []

    def _begin(self, estimate_bps: float, now: float) -> None:
        """Begin a try if it is time; the bytes of the first step are counted from now."""
        tried = self._began_at is not None
        self._began_at = None
        if tried and estimate_bps < WORTH_IT * self._began_bps:
            self._next_at = now + REST_S
        if now < self._next_at:
            return
        self._began_at, self._began_bps = now, estimate_bps
        self._ticked_at, self._sent_before = now, self._log.bytes_sent
