"""Large frames spread over time, for a subscriber whose line would drop them at once
(draft-ietf-rmcat-gcc-02 section 4)."""

from __future__ import annotations

from collections import deque
from math import inf
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sfu.plan import Plan

FIRST_BPS = 1_000_000.0  # until `estimate`
FACTOR = 1.2  # of the estimate: more than comes on average, so that the queue empties
BURST_S = 0.02  # what may leave at once, in time at the pacing rate
MAX_WAIT_S = 1.5  # no packet is held longer; the rate rises as it must for that
UNKNOWN_QUEUE_S = 0.2  # a thin line's, where nothing tells of it
MAX_AGAIN = 64  # retransmissions; what is older gives way: it will be asked for again
AGAIN_KEPT = 200  # of which it is known when they left
MAX_PACKETS = 256  # half of a `History`; more are not queued: the receiver asks for them


class Waiting(NamedTuple):
    """A packet of a consumer, by our 16-bit sequence number: `Plan.again` has it."""

    plan: Plan
    sequence: int
    size_bytes: int
    since: float


class Pacer:
    """One subscriber's queue: retransmissions first, then pictures in order. Sound and probes pass
    it by. ``now`` is seconds of a monotonic clock."""

    __slots__ = (
        "_again",
        "_again_at",
        "_bytes",
        "_free_at",
        "_queue",
        "_rate_bps",
        "line_queue_s",
        "queued",
        "refused",
    )

    def __init__(self) -> None:
        self.line_queue_s = UNKNOWN_QUEUE_S  # how long packets wait in the line now
        self.queued = 0  # packets of pictures that waited
        self.refused = 0  # that found the queue full
        self._rate_bps = FACTOR * FIRST_BPS
        self._queue: deque[Waiting] = deque()
        self._again: dict[tuple[int, int], bytes] = {}  # by SSRC and number of what is repaired
        self._again_at: dict[tuple[int, int], float] = {}  # when the last of them left
        self._bytes = 0
        self._free_at = 0.0

    def estimate(self, bps: float, sound_bps: float) -> None:
        """What the line carries, above 0, and what of it sound takes."""
        self._rate_bps = FACTOR * max(bps - sound_bps, bps / 4)

    @property
    def waiting(self) -> int:
        """How many packets are queued."""
        return len(self._queue)

    def put(self, plan: Plan, sequence: int, size_bytes: int, now: float) -> None:
        """A packet of a picture is to be sent; ``sequence`` 0..65535."""
        if len(self._queue) >= MAX_PACKETS:
            self.refused += 1
            return
        self._queue.append(Waiting(plan, sequence, size_bytes, now))
        self._bytes += size_bytes
        self.queued += 1

    def put_again(self, plan: Plan, sequence: int, datagram: bytes) -> None:
        """A retransmission, unprotected, of what ``plan`` sent as ``sequence``."""
        self._again[plan.ssrc, sequence] = datagram
        if len(self._again) > MAX_AGAIN:
            del self._again[next(iter(self._again))]

    def again_at(self, plan: Plan, sequence: int) -> float | None:
        """When a packet was last sent again: `math.inf` while that waits, None if it never was."""
        key = plan.ssrc, sequence
        return inf if key in self._again else self._again_at.get(key)

    def holds(self, plan: Plan, sequence: int) -> bool:
        """Whether a packet of a picture has not left yet."""
        first = next((each.sequence for each in self._queue if each.plan is plan), None)
        return first is not None and (sequence - first) & 0xFFFF < 0x8000

    def due(self, now: float) -> list[Waiting | bytes]:
        """What leaves now, in order."""
        found: list[Waiting | bytes] = []
        while self._again and self._free_at <= now:
            key = next(iter(self._again))
            found.append(again := self._again.pop(key))
            self._note_again(key, now)
            self._spend(len(again), self._rate_bps, now)
        while self._queue and (self._free_at <= now or self._is_overdue(now)):
            rate_bps = max(self._rate_bps, self._least_rate_bps(now))
            found.append(first := self._queue.popleft())
            self._bytes -= first.size_bytes
            self._spend(first.size_bytes, rate_bps, now)
        return found

    def drain(self) -> list[Waiting | bytes]:
        """All of it: there is no need to pace any more."""
        found: list[Waiting | bytes] = [*self._again.values(), *self._queue]
        self._again.clear()
        self._queue.clear()
        self._bytes = 0
        return found

    def _note_again(self, key: tuple[int, int], now: float) -> None:
        self._again_at.pop(key, None)
        self._again_at[key] = now
        if len(self._again_at) > AGAIN_KEPT:
            del self._again_at[next(iter(self._again_at))]

    def _is_overdue(self, now: float) -> bool:
        return now - self._queue[0].since >= MAX_WAIT_S

    def _spend(self, size_bytes: int, rate_bps: float, now: float) -> None:
        self._free_at = max(self._free_at, now - BURST_S) + size_bytes * 8 / rate_bps

    def _least_rate_bps(self, now: float) -> float:
        """With less the oldest packets would be held too long."""
        left_s = self._queue[0].since + MAX_WAIT_S - now
        return self._bytes * 8 / max(left_s, 0.001)
