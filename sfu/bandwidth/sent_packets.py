"""What left on one transport, under which transport-wide sequence numbers
(draft-holmer-rmcat-transport-wide-cc-extensions-01 section 2)."""

from __future__ import annotations

import ctypes
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

JOIN_S = 0.015  # what leaves within this time of a run's first packet joins it
KEPT_S = 6.0  # feedback on anything older is of no use
MAX_RUNS = 4096
_TRIM_EVERY = 128
_REACH = 0x8000  # a 16-bit number is looked for this far back


class SentLog(ctypes.Structure):
    """Numbers outgoing packets and remembers them, newest `MAX_RUNS` runs or `KEPT_S` seconds.

    The unit is the *run*: packets that leave in one pass of the forwarding loop, or within
    `JOIN_S`, have one time, that of the first, and for the arithmetic one average size. So the loop
    takes ``next_number``, counts packets and bytes as it does anyway, and calls `note_run` once;
    what is kept is 24 bytes a run, no objects.
    """

    __slots__ = ("_firsts", "_join_until", "_times", "_totals", "_trim_at", "bytes_sent", "joins")

    next_number: int
    """Extended; the low 16 bits are the next packet's number. A native loop reads it too."""

    _fields_ = (("next_number", ctypes.c_int64),)

    def __init__(self) -> None:
        super().__init__()
        self.bytes_sent = 0
        self.joins = True
        """Whether runs may be joined: not while every packet's own time is of interest."""
        self._join_until = 0.0
        self._firsts = array("q")
        self._times = array("d")
        self._totals = array("q")  # bytes sent before each run
        self._trim_at = _TRIM_EVERY

    def note(self, size_bytes: int, now: float) -> int:
        """One packet leaves by itself: its transport-wide sequence number, 0..65535."""
        number = self.next_number & 0xFFFF
        self._join_until = 0.0
        self.note_run(1, size_bytes, now)
        self._join_until = 0.0
        return number

    def note_run(self, packets: int, size_bytes: int, now: float) -> None:
        """``packets`` (0 and more) have left under the numbers from ``next_number`` on.

        :param size_bytes: of all of them together, as on the wire
        :param now: seconds of a monotonic clock
        """
        if not packets:
            return
        number = self.next_number
        if now < self._join_until and self.joins:
            self.next_number = number + packets
            self.bytes_sent += size_bytes
            return
        self._join_until = now + JOIN_S
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

    def runs_of(self, numbers: Sequence[int]) -> list[tuple[int, int, float, float, bool]]:
        """Which runs hold ``numbers``, ascending, at least `oldest` and below ``next_number``: for
        each run (place of its first number in ``numbers``, place behind its last, seconds when it
        left, each packet's bytes on average, whether the first that left is among them)."""
        firsts, times, totals = self._firsts, self._times, self._totals
        newest = len(firsts) - 1
        index = bisect_right(firsts, numbers[0]) - 1
        found = []
        place, count = 0, len(numbers)
        while place < count:
            number = numbers[place]
            while index < newest and firsts[index + 1] <= number:
                index += 1
            if index < newest:
                end, total = firsts[index + 1], totals[index + 1]
            else:
                end, total = self.next_number, self.bytes_sent
            start = place
            place = count if numbers[-1] < end else bisect_left(numbers, end, start)
            first = firsts[index]
            size = (total - totals[index]) / (end - first)
            found.append((start, place, times[index], size, number == first))
        return found

    def bytes_between(self, first: int, end: int) -> float:
        """Bytes of the remembered packets from ``first`` up to, not with, ``end``."""
        return max(0.0, self._bytes_before(end) - self._bytes_before(first))

    def _bytes_before(self, number: int) -> float:
        if number >= self.next_number:
            return self.bytes_sent
        if not self._firsts or number <= self._firsts[0]:
            return self._totals[0] if self._totals else 0
        index = bisect_right(self._firsts, number) - 1
        ((_, _, _, packet_bytes, _),) = self.runs_of((number,))
        return self._totals[index] + (number - self._firsts[index]) * packet_bytes

    def _trim(self, now: float) -> None:
        drop = max(bisect_right(self._times, now - KEPT_S), len(self._firsts) - MAX_RUNS)
        for column in (self._firsts, self._times, self._totals):
            del column[:drop]
        self._trim_at = len(self._firsts) + _TRIM_EVERY
