"""What retransmissions are made of: the last packets of one stream."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from sfu.packet import MediaPacket

HISTORY = 512  # packets; a power of two
FORGOTTEN_AFTER_S = 5.0  # without another packet, nobody asks for the ones before


class History:
    """Of one encoding, or of one `LayerFilter`: written once a batch, shared by all who got it.

    Which of its packets a consumer was sent, and as what, its `Plan` knows."""

    __slots__ = ("_idle_since", "_is_fresh", "_ring", "redundant")

    def __init__(self, *, redundant: bool = False) -> None:
        """:param redundant: packets are kept as RED; `sfu.plain_sound` is what others were sent"""
        self.redundant = redundant
        self._ring: list[MediaPacket | None] = []  # by sequence number, once there is a packet
        self._is_fresh = False
        self._idle_since = inf

    def note(self, packets: Sequence[MediaPacket]) -> None:
        """``packets`` are dispatched. No two ever have the same number. One that is `HISTORY` or
        more older than the newest is not kept."""
        if not packets:
            return
        ring = self._ring
        if not ring:
            ring = self._ring = [None] * HISTORY
        self._is_fresh = True
        for packet in packets:
            slot = packet.sequence % HISTORY
            held = ring[slot]
            if held is None or held.sequence < packet.sequence:
                ring[slot] = packet

    def find(self, sequence: int) -> MediaPacket | None:
        """By the stream's extended sequence number."""
        packet = self._ring[sequence % HISTORY] if self._ring else None
        return packet if packet is not None and packet.sequence == sequence else None

    def forget_idle(self, now: float) -> None:
        """Keep the newest alone, for its picture id, once nothing has come for `FORGOTTEN_AFTER_S`;
        to be called every second or so, by any of those who share it."""
        if self._is_fresh:
            self._is_fresh, self._idle_since = False, now
        elif now - self._idle_since >= FORGOTTEN_AFTER_S:
            kept = [packet for packet in self._ring if packet is not None]
            self._ring, self._idle_since = [], inf
            self.note([max(kept, key=lambda packet: packet.sequence)])
            self._is_fresh = False
