"""What transport-wide feedback tells of a path, gathered until a decision is due."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from sfu.bandwidth.acknowledged_rate import AcknowledgedRate
from sfu.bandwidth.acknowledgements import Acknowledger, ArrivedRun
from sfu.bandwidth.delay_based import DelayDetector
from sfu.bandwidth.overuse import UsageState
from sfu.bandwidth.sent_packets import SentLog
from sfu.bandwidth.standing_queue import CONGESTED_S, StandingQueue
from sfu.wire.transport_feedback import TransportFeedback

FIRST_ROUND_TRIP_S = 0.2
MAX_ROUND_TRIP_S = 2.0  # longer ones are a stalled feedback's rather than the path's


class Gathered(NamedTuple):
    """What has come in since the last time."""

    packets: int  # newly reported, arrived or not
    lost: int  # of these; negative where more turned up late than were lost
    size_bytes: float  # of all of them
    sent_at: float | None  # when the last of those that arrived left; None if none did
    overused: bool  # at any time in between


class Signals(Protocol):
    """`PathSignals`, in Python or native. ``now`` is seconds of a monotonic clock."""

    attentive: bool
    """Set by who decides: every feedback is awaited. Else they may keep to themselves, until
    `gather`, what is not urgent."""

    @property
    def heard_at(self) -> float:
        """When feedback last told anything new, 0 before the first."""

    @property
    def pending(self) -> bool:
        """Whether anything has come in since the last `gather`."""

    @property
    def state(self) -> UsageState: ...

    @property
    def queue_s(self) -> float:
        """How long packets wait in the line, at least."""

    @property
    def acknowledged_bps(self) -> float | None:
        """The rate at which packets arrive, None until known."""

    @property
    def round_trip_s(self) -> float:
        """From a packet's departure to its feedback, the receiver's interval included."""

    @property
    def unknown(self) -> int:
        """Packets reported that were never sent, or are forgotten."""

    @property
    def urgent(self) -> bool:
        """Whether what was gathered asks for a decision at once: the path is not at ease."""

    @property
    def newest(self) -> Sequence[ArrivedRun]:
        """What the last feedback taken said had arrived; before the next one is taken."""

    def take(self, feedback: TransportFeedback, now: float) -> bool:
        """Whether ``feedback`` told anything new; whatever is in it, it does no harm."""

    def gather(self) -> Gathered:
        """What has come in since the last call."""

    def forget_rate(self) -> None:
        """What arrived before is of another time."""


class PathSignals:
    """One transport's (`Signals`). `sfu.net.native_signals` is the same in C."""

    __slots__ = (
        "_acknowledger",
        "_delay",
        "_lost",
        "_overused",
        "_packets",
        "_queue",
        "_rate",
        "_sent_at",
        "_size_bytes",
        "attentive",
        "heard_at",
        "newest",
        "pending",
        "round_trip_s",
    )

    _packets: int  # these five since the last `gather`
    _lost: int
    _size_bytes: float
    _sent_at: float | None
    _overused: bool

    def __init__(self, log: SentLog) -> None:
        self.attentive = True
        self.heard_at = 0.0
        self.newest: Sequence[ArrivedRun] = ()
        self.round_trip_s = FIRST_ROUND_TRIP_S
        self._acknowledger = Acknowledger(log)
        self._delay = DelayDetector()
        self._queue = StandingQueue()
        self._rate = AcknowledgedRate()
        self._begin()

    @property
    def state(self) -> UsageState:
        return self._delay.state

    @property
    def queue_s(self) -> float:
        return self._queue.queue_s

    @property
    def acknowledged_bps(self) -> float | None:
        return self._rate.bps

    @property
    def unknown(self) -> int:
        return self._acknowledger.unknown

    @property
    def urgent(self) -> bool:
        at_ease = self.state == "normal" and not self._overused and not self._lost
        return not at_ease or self.queue_s > CONGESTED_S

    def take(self, feedback: TransportFeedback, now: float) -> bool:
        report = self._acknowledger.take(feedback)
        if report is None:
            self.newest = ()
            return False
        runs = self.newest = report.runs
        if runs:
            self._measure_round_trip(now - runs[-1].sent_at)
            arrived_bytes = sum([run.size_bytes for run in runs])
            # What turned up late, or whose feedback was lost, counts as arrived just now.
            size_bytes = arrived_bytes + report.late_bytes + report.unreported_bytes
            self._rate.update(max([run.last_arrival for run in runs]), size_bytes)
            count = sum([run.packets for run in runs])
            self._size_bytes += arrived_bytes * report.packets / count
            self._sent_at = runs[-1].sent_at
        if self._delay.update(runs):
            self._overused = True
        self._queue.update(runs)
        self.heard_at = now
        self.pending = True
        self._packets += report.packets
        self._lost += report.lost
        return True

    def gather(self) -> Gathered:
        gathered = Gathered(
            self._packets, self._lost, self._size_bytes, self._sent_at, self._overused
        )
        self._begin()
        return gathered

    def forget_rate(self) -> None:
        self._rate = AcknowledgedRate()

    def _begin(self) -> None:
        self.pending = False
        self._packets = self._lost = 0
        self._size_bytes = 0.0
        self._sent_at = None
        self._overused = False

    def _measure_round_trip(self, sample_s: float) -> None:
        sample_s = min(max(sample_s, 0.0), MAX_ROUND_TRIP_S)
        self.round_trip_s += 0.125 * (sample_s - self.round_trip_s)
