"""Feedback turned into what it says of the packets sent: arrived, lost, late, unknown."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
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
    has_first: bool  # the packet that left at ``sent_at`` is among them


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
        numbers, ticks, late = self._sort(feedback)
        log = self._log
        late_bytes = sum([log.bytes_between(number, number + 1) for number in late])
        if not numbers:
            return Acknowledgement((), 0, -len(late), late_bytes, 0.0) if late else None
        first = numbers[0]
        base = first - ((first - feedback.base_sequence) & 0xFFFF)
        highest = base - 1 if self._highest is None else self._highest
        start = max(highest + 1, base)
        end = min(log.next_number, max(base + feedback.status_count, numbers[-1] + 1))
        unreported = log.bytes_between(highest + 1, base) if base > highest + 1 else 0.0
        packets = min(end - start, MAX_MISSING)
        lost = max(0, packets - len(numbers))
        if lost:
            self._note_missing(numbers, start, end)
        self._highest = end - 1
        return Acknowledgement(
            self._runs(numbers, ticks), packets, lost - len(late), late_bytes, unreported
        )

    def _sort(self, feedback: TransportFeedback) -> tuple[Sequence[int], list[int], list[int]]:
        """Extended numbers newly reported, ascending, their arrivals in 250 µs after the reference
        time, and the numbers that were missing until now."""
        missing = self._missing
        newest, oldest = self._log.next_number - 1, self._log.oldest
        highest = oldest - 1 if self._highest is None else self._highest
        forgotten = highest - MAX_MISSING
        self._advance(feedback.reference_time)
        count = len(feedback.received)
        if count == feedback.status_count:  # nothing is missing: most often
            first = newest - ((newest - feedback.base_sequence) & 0xFFFF)
            if first > highest and first >= oldest and first + count - 1 <= newest:
                deltas = [delta for _, delta in feedback.received]
                return range(first, first + count), list(accumulate(deltas)), []
        arrival = 0
        numbers: list[int] = []
        ticks: list[int] = []
        late: list[int] = []
        for number16, delta in feedback.received:
            arrival += delta
            number = newest - ((newest - number16) & 0xFFFF)
            if number < oldest:
                self.unknown += 1
            elif number > highest:
                highest = number
                numbers.append(number)
                ticks.append(arrival)
            elif number > forgotten and number in missing:
                missing.discard(number)
                late.append(number)
        return numbers, ticks, late

    def _note_missing(self, numbers: Sequence[int], start: int, end: int) -> None:
        oldest = end - MAX_MISSING
        expected = max(start, oldest)
        for number in (*numbers, end):
            if number > expected:
                self._missing.update(range(expected, number))
            expected = max(expected, number + 1)
        if len(self._missing) > 2 * MAX_MISSING:
            self._missing = {number for number in self._missing if number >= oldest}

    def _runs(self, numbers: Sequence[int], ticks: list[int]) -> tuple[ArrivedRun, ...]:
        origin = self._reference_s
        runs = []
        for start, end, sent_at, packet_bytes, has_first in self._log.runs_of(numbers):
            first = last = ticks[start]
            if end - start > 1:
                arrivals = ticks[start:end]
                first, last = min(arrivals), max(arrivals)
            runs.append(
                ArrivedRun(
                    numbers[start],
                    numbers[end - 1] + 1,
                    sent_at,
                    origin + first * _TICK_S,
                    origin + last * _TICK_S,
                    end - start,
                    (end - start) * packet_bytes,
                    has_first,
                )
            )
        return tuple(runs)

    def _advance(self, reference: int) -> None:
        """To the receiver's time at 24-bit ``reference``, across its wrap."""
        if self._reference is not None:
            step = ((reference - self._reference + 0x800000) & 0xFFFFFF) - 0x800000
            self._reference_s += step * _REFERENCE_S
        self._reference = reference
