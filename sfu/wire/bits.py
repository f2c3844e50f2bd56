"""Reading fields that do not end on byte boundaries."""

from __future__ import annotations

from sfu.wire.errors import WireError


class BitReader:
    """Reads big-endian bit fields from the start of some bytes."""

    __slots__ = ("_left", "_value")

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def read(self, width: int) -> int:
        """The next ``width`` bits as an unsigned number. Raises `WireError` beyond the end."""
        self._left -= width
        if self._left < 0:
            raise WireError("bit field beyond the end")
        return self._value >> self._left & ((1 << width) - 1)

    def flag(self) -> bool:
        """The next bit. Raises `WireError` beyond the end."""
        return self.read(1) == 1

    def non_symmetric(self, count: int) -> int:
        """A number below ``count`` >= 1 in as few bits as it takes: ``ns(n)`` of the AV1
        bitstream specification, section 4.10.7. Raises `WireError` beyond the end."""
        width = count.bit_length()
        short = (1 << width) - count
        value = self.read(width - 1)
        if value < short:
            return value
        return (value << 1) - short + self.read(1)

    def exp_golomb(self) -> int:
        """An unsigned number below 2**32: ``ue(v)`` of ITU-T H.264 section 9.1. Raises `WireError`
        beyond the end, or if it is larger."""
        zeros = 0
        while not self.read(1):
            zeros += 1
            if zeros > 31:
                raise WireError("number too large")
        return (1 << zeros) - 1 + self.read(zeros)

    def signed_exp_golomb(self) -> int:
        """A signed one: ``se(v)`` of section 9.1.1. Raises `WireError` as `exp_golomb`."""
        value = self.exp_golomb()
        return (value + 1) // 2 if value & 1 else -(value // 2)
