"""A network of one's own making: seeded, with virtual time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a link does to packets, one way. Times in seconds."""

    loss: float = 0.0  # 0..1, each packet on its own
    delay_s: float = 0.0
    jitter_s: float = 0.0  # added evenly between 0 and this; the order stays
    reordered: float = 0.0  # 0..1, share of packets that are held back by `reorder_s`
    reorder_s: float = 0.03
    burst_enter: float = 0.0  # Gilbert-Elliott: probability per packet to turn bad
    burst_leave: float = 1.0  # and to turn good again
    burst_loss: float = 1.0  # loss while bad
    rate_bps: float | None = None  # bits per second; None: no limit
    queue_bytes: int = 64_000  # waiting for the rate; what does not fit is dropped


class Link:
    """One direction between two ends: `send`, then `receive` what has arrived."""

    def __init__(self, conditions: Conditions, seed: int) -> None:
        self.conditions = conditions
        self.sent = 0
        self.lost = 0
        self.dropped = 0  # by the full queue
        self._random = Random(seed)
        self._bad = False
        self._free_at = 0.0
        self._last_at = 0.0
        self._flying: list[tuple[float, int, bytes]] = []

    def send(self, packet: bytes, now: float) -> None:
        self.sent += 1
        if self._loses():
            self.lost += 1
            return
        leaves_at = self._leaves_at(len(packet), now)
        if leaves_at is None:
            self.dropped += 1
            return
        conditions = self.conditions
        arrival = leaves_at + conditions.delay_s + self._random.random() * conditions.jitter_s
        if self._random.random() < conditions.reordered:
            arrival += conditions.reorder_s
        else:
            arrival = self._last_at = max(arrival, self._last_at)
        heapq.heappush(self._flying, (arrival, self.sent, packet))

    def receive(self, now: float) -> list[bytes]:
        """Everything that has arrived by ``now``, in the order of arrival."""
        arrived = []
        while self._flying and self._flying[0][0] <= now:
            arrived.append(heapq.heappop(self._flying)[2])
        return arrived

    def _loses(self) -> bool:
        conditions, random = self.conditions, self._random
        threshold = conditions.burst_leave if self._bad else conditions.burst_enter
        if random.random() < threshold:
            self._bad = not self._bad
        return random.random() < (conditions.burst_loss if self._bad else conditions.loss)

    def _leaves_at(self, size: int, now: float) -> float | None:
        """When the packet's last bit has left; None if the queue has no room."""
        rate = self.conditions.rate_bps
        if rate is None:
            return now
        waiting = max(0.0, self._free_at - now) * rate / 8
        if waiting + size > self.conditions.queue_bytes:
            return None
        self._free_at = max(now, self._free_at) + size * 8 / rate
        return self._free_at


def run(step: Callable[[float], None], duration_s: float, tick_s: float = 0.005) -> None:
    """Call ``step`` with each instant of virtual time, from 0 on."""
    for index in range(round(duration_s / tick_s)):
        step(index * tick_s)
