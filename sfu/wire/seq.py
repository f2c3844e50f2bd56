"""Serial number arithmetic (RFC 1982; RFC 3550 appendix A.1)."""

from __future__ import annotations


def seq_newer(a: int, b: int) -> bool:
    """Whether 16-bit sequence number ``a`` comes after ``b``.

    Numbers exactly half the space apart are in no order; then neither is newer.
    """
    return 0 < (a - b) & 0xFFFF < 0x8000


def seq_diff(a: int, b: int) -> int:
    """The signed distance ``a - b`` of 16-bit sequence numbers, -32768..32767."""
    return ((a - b + 0x8000) & 0xFFFF) - 0x8000


def ts_diff(a: int, b: int) -> int:
    """The signed distance ``a - b`` of 32-bit RTP timestamps in ticks, -2**31..2**31-1."""
    return ((a - b + 0x80000000) & 0xFFFFFFFF) - 0x80000000


class Unwrapper:
    """Extends 16-bit sequence numbers to integers that never wrap.

    Each number is placed nearest to the highest seen. The first becomes itself; numbers from
    before it may therefore be negative.
    """

    __slots__ = ("highest",)

    def __init__(self) -> None:
        self.highest: int | None = None

    def unwrap(self, seq16: int) -> int:
        """The extended number of ``seq16`` (0..65535)."""
        highest = self.highest
        if highest is None:
            self.highest = seq16
            return seq16
        extended = highest + ((seq16 - highest + 0x8000) & 0xFFFF) - 0x8000
        if extended > highest:
            self.highest = extended
        return extended
