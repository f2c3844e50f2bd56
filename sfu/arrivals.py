"""Arrival times of one publish transport's packets, for the publisher's congestion control
(draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3)."""

from __future__ import annotations

from sfu.wire.errors import WireError
from sfu.wire.seq import Unwrapper
from sfu.wire.transport_feedback import TransportFeedback

INTERVAL_S = 0.1
MAX_HELD = 1000  # packets between two feedbacks


class ArrivalLog:
    """Collects (transport-wide sequence number, arrival); makes each interval's feedback."""

    __slots__ = ("_arrivals", "_count", "_media_ssrc", "_next_at", "_unwrapper")

    def __init__(self) -> None:
        self._unwrapper = Unwrapper()
        self._arrivals: dict[int, int] = {}
        self._count = 0
        self._next_at = 0.0
        self._media_ssrc = 0

    def note(self, sequence16: int, media_ssrc: int, now: float) -> None:
        """A packet came; ``now`` in seconds of a monotonic clock."""
        if len(self._arrivals) < MAX_HELD:
            self._media_ssrc = media_ssrc
            self._arrivals.setdefault(self._unwrapper.unwrap(sequence16), int(now * 1e6))

    def due(self, sender_ssrc: int, now: float) -> TransportFeedback | None:
        """The feedback to send now, if any."""
        if not self._arrivals or now < self._next_at:
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
        return feedback
