"""What left on one transport, under which transport-wide sequence numbers
(draft-holmer-rmcat-transport-wide-cc-extensions-01 section 2)."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

KEPT_S = 6.0  # feedback on anything older is of no use
MAX_RUNS = 4096
_TRIM_EVERY = 512
_REACH = 0x8000  # a 16-bit number is looked for this far back


class SentRun(NamedTuple):
    """Packets that left at one instant."""

    first: int  # extended number of the first
    end: int  # of the one behind the last
    sent_at: float  # seconds
    packet_bytes: float  # each packet's size, on average


class SentLog:
    """Numbers outgoing packets and remembers them, newest `MAX_RUNS` runs or `KEPT_S` seconds.

    The unit is the *run*: packets that leave in one pass of the forwarding loop have one time, and
    for the arithmetic one average size. So the loop takes ``next_number``, counts packets and bytes
    as it does anyway, and calls `note_run` once; what is kept is 24 bytes a run, no objects.
    """

    __slots__ = ("_firsts", "_times", "_totals", "_trim_at", "bytes_sent", "next_number")

    def __init__(self) -> None:
        self.next_number = 0  # extended; the low 16 bits are the next packet's number
        self.bytes_sent = 0
        self._firsts = array("q")
        self._times = array("d")
        self._totals = array("q")  # bytes sent before each run
        self._trim_at = _TRIM_EVERY

    def note(self, size_bytes: int, now: float) -> int:
        """One packet leaves: its transport-wide sequence number, 0..65535."""
        number = self.next_number & 0xFFFF
        self.note_run(1, size_bytes, now)
        return number

    def note_run(self, packets: int, size_bytes: int, now: float) -> None:
        """``packets`` (0 and more) have left under the numbers from ``next_number`` on.

        :param size_bytes: of all of them together, as on the wire
        :param now: seconds of a monotonic clock
        """
        if not packets:
            return
        number = self.next_number
        self._firsts.append(number)
        self._times.append(now)
        self._totals.append(self.bytes_sent)
        self.next_number = number + packets
        self.bytes_sent += size_bytes
        if len(self._firsts) >= self._trim_at:
            self._trim(now)

    @property
    def last_sent_at(self) -> float | None:
        """When the newest run left, None before the first."""
        return self._times[-1] if self._times else None

    @property
    def runs(self) -> int:
        """How many runs are remembered."""
        return len(self._firsts)

    @property
    def oldest(self) -> int:
        """The oldest extended number that a 16-bit one may mean; ``next_number`` if none may."""
        if not self._firsts:
            return self.next_number
        return max(self._firsts[0], self.next_number - _REACH)

    def runs_from(self, number: int) -> Iterator[SentRun]:
        """The remembered runs in order, from the one on that holds ``number``, at least `oldest`
        and below ``next_number``."""
        firsts, times, totals = self._firsts, self._times, self._totals
        newest = len(firsts) - 1
        for index in range(bisect_right(firsts, number) - 1, newest):
            first, end = firsts[index], firsts[index + 1]
            size = (totals[index + 1] - totals[index]) / (end - first)
            yield SentRun(first, end, times[index], size)
        first, end = firsts[newest], self.next_number
        yield SentRun(first, end, times[newest], (self.bytes_sent - totals[newest]) / (end - first))

    def bytes_between(self, first: int, end: int) -> float:
        """Bytes of the remembered packets from ``first`` up to, not with, ``end``."""
        return max(0.0, self._bytes_before(end) - self._bytes_before(first))

    def _bytes_before(self, number: int) -> float:
        if number >= self.next_number:
            return self.bytes_sent
        if not self._firsts or number <= self._firsts[0]:
            return self._totals[0] if self._totals else 0
        run = next(self.runs_from(number))
        index = bisect_right(self._firsts, number) - 1
        return self._totals[index] + (number - run.first) * run.packet_bytes

    def _trim(self, now: float) -> None:
        drop = max(bisect_right(self._times, now - KEPT_S), len(self._firsts) - MAX_RUNS)
        for column in (self._firsts, self._times, self._totals):
            del column[:drop]
        self._trim_at = len(self._firsts) + _TRIM_EVERY
