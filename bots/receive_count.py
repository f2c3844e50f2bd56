"""Counting one RTP stream's packets and its loss (RFC 3550 appendix A.1 and A.3). Pure."""

from __future__ import annotations

from dataclasses import dataclass

_MODULUS = 1 << 16


@dataclass(slots=True)
class ReceiveCount:
    """``packets`` received, duplicates included; ``frames`` ended by a marker bit."""

    packets: int = 0
    octets: int = 0
    frames: int = 0
    _first: int | None = None
    _highest: int = 0  # extended: cycles in the upper bits
    _expected_before: int = 0
    _received_before: int = 0

    def add(self, sequence: int, octets: int, marker: bool) -> None:
        """One packet; ``octets`` of payload."""
        if self._first is None:
            self._first = self._highest = sequence
        ahead = (sequence - self._highest) % _MODULUS
        if ahead < _MODULUS // 2:
            self._highest += ahead
        self.packets += 1
        self.octets += octets
        self.frames += int(marker)

    @property
    def highest(self) -> int:
        """Extended highest sequence number, 32 bits."""
        return self._highest & 0xFFFFFFFF

    @property
    def expected(self) -> int:
        return 0 if self._first is None else self._highest - self._first + 1

    @property
    def lost(self) -> int:
        """Expected minus received; never negative, so duplicates can hide a loss."""
        return max(0, self.expected - self.packets)

    def fraction_lost(self) -> int:
        """Loss since the last call, in 256ths: for the receiver report about to be sent."""
        expected = self.expected - self._expected_before
        received = self.packets - self._received_before
        self._expected_before, self._received_before = self.expected, self.packets
        if expected <= 0 or received >= expected:
            return 0
        return min(255, (expected - received) * 256 // expected)
