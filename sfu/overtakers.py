"""Packets that may have overtaken the keyframe that somebody waits for."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from sfu.packet import MediaPacket

MAX_KEPT = 256


class Overtakers:
    """Of one encoding. The first packet of a keyframe may be lost on the publisher's line and come
    again later than the rest: who begins with it needs the rest, too."""

    __slots__ = ("_kept", "_since")

    def __init__(self) -> None:
        self._kept: deque[MediaPacket] = deque()
        self._since = 0

    def keep_from(self, sequence: int) -> None:
        """Somebody waits: packets from this number on will be kept."""
        self._kept.clear()
        self._since = sequence

    def keep(self, packets: Sequence[MediaPacket]) -> None:
        """``packets`` came, and nobody could begin with them."""
        for packet in packets:
            if len(self._kept) == MAX_KEPT:
                self._since = max(self._since, self._kept.popleft().sequence + 1)
            self._kept.append(packet)

    def overtook(self, first: MediaPacket) -> bool:
        """Whether what follows ``first`` came before it."""
        return first.sequence < self._since or any(
            packet.sequence > first.sequence for packet in self._kept
        )

    def behind(self, first: MediaPacket, packets: Sequence[MediaPacket]) -> list[MediaPacket]:
        """``first``, which is one of ``packets``, and all that have come of what follows it, in
        order. Empty if some of those that have come were not kept."""
        if first.sequence < self._since:
            return []
        came = (*self._kept, *packets)
        # In order, as a receiver takes the first packet it gets for the stream's first.
        return sorted(
            (packet for packet in came if packet.sequence >= first.sequence),
            key=lambda packet: packet.sequence,
        )

    def clear(self) -> None:
        """Nobody waits any more."""
        self._kept.clear()
