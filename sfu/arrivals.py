"""Arrival times of one publish transport's packets, for the publisher's congestion control
(draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3)."""

from __future__ import annotations

from sfu.wire.errors import WireError
from sfu.wire.seq import Unwrapper
from sfu.wire.transport_feedback import TransportFeedback

INTERVAL_S = 0.1
FULL = 200  # packets held that make feedback due early, so that it fits a datagram
MAX_HELD = 400  # packets between two feedbacks
MAX_GAP = 1000  # missing before the first held: further back is an interruption


class ArrivalLog:
    """Collects (transport-wide sequence number, arrival); makes each interval's feedback."""

    __slots__ = ("_arrivals", "_base", "_count", "_media_ssrc", "_next_at", "_unwrapper")

    def __init__(self) -> None:
        self._unwrapper = Unwrapper()
        self._arrivals: dict[int, int] = {}
        self._base: int | None = None  # the first number that no feedback has told of
        self._count = 0
        self._next_at = 0.0
        self._media_ssrc = 0

    def note(self, sequence16: int, media_ssrc: int, now: float) -> None:
        """A packet came; ``now`` in seconds of a monotonic clock."""
        if len(self._arrivals) >= MAX_HELD:
            return
        sequence = self._unwrapper.unwrap(sequence16)
        if self._base is None or sequence >= self._base:  # else it has been told to be lost
            self._media_ssrc = media_ssrc
            self._arrivals.setdefault(sequence, int(now * 1e6))

    def due(self, sender_ssrc: int, now: float) -> TransportFeedback | None:
        """The feedback to send now, if any."""
        if not self._arrivals or (now < self._next_at and len(self._arrivals) < FULL):
            return None
        self._next_at = now + INTERVAL_S
        arrivals = sorted(self._arrivals.items())
        self._arrivals = {}
        try:
            feedback = TransportFeedback.from_arrivals(
                sender_ssrc, self._media_ssrc, self._count, arrivals
            )
        except WireError:  # numbers too far apart for one packet: a hostile or restarted sender
            return None
        self._count += 1
        first, last = arrivals[0][0], arrivals[-1][0]
        base = first if self._base is None else self._base
        self._base = last + 1
        if 0 < first - base <= MAX_GAP:  # what was lost between two feedbacks belongs to one
            feedback = feedback._replace(
                base_sequence=base & 0xFFFF,
                status_count=feedback.status_count + first - base,
            )
        return feedback
