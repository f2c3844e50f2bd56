"""Sequence numbers without the packets that are left out."""

from __future__ import annotations

from typing import Generic, TypeVar

Note = TypeVar("Note")
MAX_MISSING = 512  # numbers kept for packets that may still come


class SequenceMap(Generic[Note]):
    """Of one consumer: a stream's extended numbers → the same, less what was left out before.

    Whether a missing packet would be left out is not known: it has a number kept for it, which it
    gets when it comes at last, once. So no number is ever given to two packets."""

    def __init__(self, first: int) -> None:
        """:param first: the number of the first packet it is asked about"""
        self.left_out = 0
        self.highest = first - 1
        self._missing: dict[int, tuple[int, Note]] = {}

    def keep(self, sequence: int) -> int:
        """The number of the packet ``sequence``, the highest now."""
        self.highest = sequence
        return sequence - self.left_out

    def leave_out(self, sequence: int) -> None:
        """The packet ``sequence``, the highest now, and any missing before it, get no number."""
        self.left_out += sequence - self.highest
        self.highest = sequence

    def keep_missing(self, before: int, note: Note) -> None:
        """Keep numbers for what is missing before the packet ``before``, which is higher than all.
        Of many, for the last `MAX_MISSING` only; older ones are holes for good.

        :param note: to be given back with them
        """
        for sequence in range(max(self.highest + 1, before - MAX_MISSING), before):
            self._missing[sequence] = sequence - self.left_out, note
        while len(self._missing) > MAX_MISSING:
            del self._missing[next(iter(self._missing))]
        self.highest = before - 1

    def take(self, sequence: int) -> tuple[int, Note] | None:
        """The number kept for a packet that has come late; None if there is none, or it was taken
        already."""
        return self._missing.pop(sequence, None)

    def forget_before(self, sequence: int) -> bool:
        """Keep nothing for packets older than ``sequence``; whether nothing is kept at all."""
        while self._missing and (oldest := next(iter(self._missing))) < sequence:
            del self._missing[oldest]
        return not self._missing
