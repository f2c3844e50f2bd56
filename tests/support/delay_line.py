"""A program that joins two TUN devices: what one gives, the other gets, later.

``python -m tests.support.delay_line FD FD`` reads orders from its standard input, one JSON object a
line: ``{"to": 0 or 1, "delay_s": …, "jitter_s": …}``. It ends with its input.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import sys
import time
from collections import deque
from random import Random

MAX_SIZE = 65_536
MAX_WAITING = 20_000  # packets, one way; what comes beyond is dropped
READ_AT_ONCE = 64


class DelayLine:
    """One direction. Packets keep their order; times in seconds."""

    def __init__(self, seed: int) -> None:
        self.delay_s = 0.0
        self.jitter_s = 0.0  # added evenly between 0 and this
        self._random = Random(seed)
        self._last_at = 0.0
        self._waiting: deque[tuple[float, bytes]] = deque()

    def put(self, packet: bytes, now: float) -> None:
        if len(self._waiting) < MAX_WAITING:
            at = now + self.delay_s + self._random.random() * self.jitter_s
            self._last_at = max(at, self._last_at)
            self._waiting.append((self._last_at, packet))

    def due(self, now: float) -> list[bytes]:
        """What arrives by ``now``."""
        found = []
        while self._waiting and self._waiting[0][0] <= now:
            found.append(self._waiting.popleft()[1])
        return found

    @property
    def next_at(self) -> float | None:
        """When the next packet is due."""
        return self._waiting[0][0] if self._waiting else None


class Relay:
    """Two file descriptors and a line to each."""

    def __init__(self, ends: tuple[int, int]) -> None:
        self._ends = ends
        self._lines = (DelayLine(1), DelayLine(2))

    def run(self, orders: int) -> None:
        """Until ``orders`` is closed at its other end."""
        pending = b""
        while True:
            readable, _, _ = select.select([*self._ends, orders], [], [], self._patience_s())
            if orders in readable:
                data = os.read(orders, 4096)
                if not data:
                    return
                *lines, pending = (pending + data).split(b"\n")
                for line in lines:
                    self._obey(json.loads(line))
            for source in (0, 1):
                if self._ends[source] in readable:
                    self._read(source)
            self._deliver()

    def _patience_s(self) -> float | None:
        due = [line.next_at for line in self._lines if line.next_at is not None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _obey(self, order: dict[str, float]) -> None:
        line = self._lines[int(order["to"])]
        line.delay_s, line.jitter_s = order["delay_s"], order["jitter_s"]

    def _read(self, source: int) -> None:
        line, now = self._lines[1 - source], time.monotonic()
        with contextlib.suppress(BlockingIOError):
            for _ in range(READ_AT_ONCE):
                line.put(os.read(self._ends[source], MAX_SIZE), now)

    def _deliver(self) -> None:
        now = time.monotonic()
        for end, line in zip(self._ends, self._lines, strict=True):
            for packet in line.due(now):
                # A device that is down or full loses packets, as devices do.
                with contextlib.suppress(OSError):
                    os.write(end, packet)


if __name__ == "__main__":
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, -10)  # late is what it decides, not the machine
    Relay((int(sys.argv[1]), int(sys.argv[2]))).run(sys.stdin.fileno())
