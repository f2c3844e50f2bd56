"""What left on one transport, under which transport-wide sequence numbers
(draft-holmer-rmcat-transport-wide-cc-extensions-01 section 2)."""

from __future__ import annotations

import ctypes
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

JOIN_S = 0.015  # what leaves within this time of a run's first packet joins it
CAPACITY = 512  # runs; of a full log the older half is forgotten: at the least 3.8 s are known
_REACH = 0x8000  # a 16-bit number is looked for this far back


class SentLog(ctypes.Structure):
    """Numbers outgoing packets and remembers them: ``struct sent_log`` of ``native/sent_log.h``,
    which native code writes and reads as well.

    The unit is the *run*: packets that leave in one pass of the forwarding loop, or within
    `JOIN_S`, have one time, that of the first, and for the arithmetic one average size. So the loop
    takes ``next_number``, counts packets and bytes as it does anyway, and calls `note_run` once;
    what is kept is 24 bytes a run, no objects.
    """

    __slots__ = ("_firsts", "_times", "_totals")

    next_number: int
    """Extended; the low 16 bits are the next packet's number."""
    bytes_sent: int
    join_until: float
    runs: int
    """How many runs are remembered, at most `CAPACITY`."""
    joins: int
    """Whether runs may be joined: not while every packet's own time is of interest."""

    _fields_ = (
        ("next_number", ctypes.c_int64),
        ("bytes_sent", ctypes.c_int64),
        ("join_until", ctypes.c_double),
        ("firsts_at", ctypes.c_uint64),
        ("times_at", ctypes.c_uint64),
        ("totals_at", ctypes.c_uint64),
        ("runs", ctypes.c_uint32),
        ("joins", ctypes.c_uint8),
    )

    def __init__(self) -> None:
        super().__init__(joins=True)
        self._firsts = array("q", bytes(8 * CAPACITY))
        self._times = array("d", bytes(8 * CAPACITY))
        self._totals = array("q", bytes(8 * CAPACITY))  # bytes sent before each run
        self.firsts_at = self._firsts.buffer_info()[0]
        self.times_at = self._times.buffer_info()[0]
        self.totals_at = self._totals.buffer_info()[0]

    def note(self, size_bytes: int, now: float) -> int:
        """One packet leaves by itself: its transport-wide sequence number, 0..65535."""
        number = self.next_number & 0xFFFF
        self.join_until = 0.0
        self.note_run(1, size_bytes, now)
        self.join_until = 0.0
        return number

    def note_run(self, packets: int, size_bytes: int, now: float) -> None:
        """``packets`` (0 and more) have left under the numbers from ``next_number`` on.

        :param size_bytes: of all of them together, as on the wire
        :param now: seconds of a monotonic clock
        """
        if not packets:
            return
        number, total = self.next_number, self.bytes_sent
        self.next_number = number + packets
        self.bytes_sent = total + size_bytes
        if now < self.join_until and self.joins:
            return
        if self.runs == CAPACITY:
            self._forget_half()
        at = self.runs
        self._firsts[at], self._times[at], self._totals[at] = number, now, total
        self.runs = at + 1
        self.join_until = now + JOIN_S

    @property
    def last_sent_at(self) -> float | None:
        """When the newest run left, None before the first."""
        return self._times[self.runs - 1] if self.runs else None

    @property
    def oldest(self) -> int:
        """The oldest extended number that a 16-bit one may mean; ``next_number`` if none may."""
        if not self.runs:
            return self.next_number
        return max(self._firsts[0], self.next_number - _REACH)

    def runs_of(self, numbers: Sequence[int]) -> list[tuple[int, int, float, float, bool]]:
        """Which runs hold ``numbers``, ascending, at least `oldest` and below ``next_number``: for
        each run (place of its first number in ``numbers``, place behind its last, seconds when it
        left, each packet's bytes on average, whether the first that left is among them)."""
        firsts, times, totals = self._firsts, self._times, self._totals
        newest = self.runs - 1
        index = bisect_right(firsts, numbers[0], 0, self.runs) - 1
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
        if not self.runs or number <= self._firsts[0]:
            return self._totals[0] if self.runs else 0
        index = bisect_right(self._firsts, number, 0, self.runs) - 1
        ((_, _, _, packet_bytes, _),) = self.runs_of((number,))
        return self._totals[index] + (number - self._firsts[index]) * packet_bytes

    def _forget_half(self) -> None:
        """In place: native code knows where the columns are."""
        kept = CAPACITY // 2
        self._firsts[:kept] = self._firsts[kept:]
        self._times[:kept] = self._times[kept:]
        self._totals[:kept] = self._totals[kept:]
        self.runs = kept
