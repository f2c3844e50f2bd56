"""Feedback turned into what it says of the packets sent: arrived, lost, late, unknown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sfu.bandwidth.sent_packets import SentLog
from sfu.wire.transport_feedback import TransportFeedback

MAX_MISSING = 2048  # numbers behind the highest reported that may still turn up
_TICK_S = 250e-6
_REFERENCE_S = 0.064


class ArrivedRun(NamedTuple):
    """What of one sent run has arrived, by one feedback."""

    first: int  # extended number of the run's first packet here
    end: int  # of the one behind its last
    sent_at: float  # seconds of our clock
    first_arrival: float  # seconds of the receiver's clock, which has any origin
    last_arrival: float
    packets: int
    size_bytes: float


class Acknowledgement(NamedTuple):
    """One feedback, as far as it told something new."""

    runs: tuple[ArrivedRun, ...]  # in the order sent
    packets: int  # newly reported, arrived or not
    lost: int  # of these, not arrived; negative where more turned up late than were lost
    late_bytes: float  # of packets reported lost before
    unreported_bytes: float  # skipped: their feedback was lost, so nothing is known


class Acknowledger:
    """Reads one transport's feedback. Each packet counts once, however often it is reported."""

    __slots__ = ("_highest", "_log", "_missing", "_reference", "_reference_s", "unknown")

    def __init__(self, log: SentLog) -> None:
        self._log = log
        self._highest: int | None = None  # extended number, the highest reported on
        self._missing: set[int] = set()
        self._reference: int | None = None
        self._reference_s = 0.0
        self.unknown = 0  # packets reported that we never sent, or have forgotten

    @property
    def missing(self) -> int:
        """How many packets are held for missing, at most twice `MAX_MISSING`."""
        return len(self._missing)

    def take(self, feedback: TransportFeedback) -> Acknowledgement | None:
        """What ``feedback`` says, None if that is nothing about any packet we know of."""
        fresh, late_bytes, late = self._sort(feedback)
        if not fresh:
            return Acknowledgement((), 0, -late, late_bytes, 0.0) if late else None
        log = self._log
        first = fresh[0][0]
        base = first - ((first - feedback.base_sequence) & 0xFFFF)
        highest = base - 1 if self._highest is None else self._highest
        unreported = log.bytes_between(highest + 1, min(base, first))
        lost_from = max(highest + 1, base)
        end = min(log.next_number, max(base + feedback.status_count, fresh[-1][0] + 1))
        packets = min(max(0, end - lost_from), 2 * MAX_MISSING)
        arrived = {number for number, _ in fresh}
        start = max(lost_from, end - MAX_MISSING)
        self._missing.update(number for number in range(start, end) if number not in arrived)
        self._highest = end - 1
        if len(self._missing) > 2 * MAX_MISSING:
            oldest = end - MAX_MISSING
            self._missing = {number for number in self._missing if number >= oldest}
        lost = max(0, packets - len(fresh)) - late
        return Acknowledgement(tuple(self._runs(fresh)), packets, lost, late_bytes, unreported)

    def _sort(self, feedback: TransportFeedback) -> tuple[list[tuple[int, float]], float, int]:
        """(extended number, arrival) of what is newly reported, and bytes and count of the late."""
        log, highest = self._log, self._highest
        arrival = self._reference_time(feedback.reference_time)
        fresh: list[tuple[int, float]] = []
        late_bytes, late = 0.0, 0
        for number16, delta in feedback.received:
            arrival += delta * _TICK_S
            number = log.extend(number16)
            if number is None:
                self.unknown += 1
            elif highest is None or number > highest:
                if not fresh or number > fresh[-1][0]:
                    fresh.append((number, arrival))
            elif number in self._missing:
                self._missing.discard(number)
                run = log.run_of(number)
                late_bytes += run.packet_bytes if run else 0.0
                late += 1
        return fresh, late_bytes, late

    def _runs(self, fresh: list[tuple[int, float]]) -> Iterator[ArrivedRun]:
        position = 0
        while position < len(fresh):
            start, first_arrival = fresh[position]
            run = self._log.run_of(start)
            if run is None:  # cannot be: `_sort` took only what is remembered
                return
            number, last_arrival = start, first_arrival
            count = 0
            while position < len(fresh) and fresh[position][0] < run.end:
                number, arrival = fresh[position]
                if arrival < first_arrival:
                    first_arrival = arrival
                elif arrival > last_arrival:
                    last_arrival = arrival
                count += 1
                position += 1
            yield ArrivedRun(
                start,
                number + 1,
                run.sent_at,
                first_arrival,
                last_arrival,
                count,
                count * run.packet_bytes,
            )

    def _reference_time(self, reference: int) -> float:
        """Seconds of the receiver's clock at 24-bit ``reference``, across its wrap."""
        if self._reference is not None:
            step = ((reference - self._reference + 0x800000) & 0xFFFFFF) - 0x800000
            self._reference_s += step * _REFERENCE_S
        self._reference = reference
        return self._reference_s
