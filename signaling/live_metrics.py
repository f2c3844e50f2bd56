"""Counters and histograms of the live half, as plain numbers for the metrics endpoint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

STEP_BUCKETS_S = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 5.0, 10.0, 30.0)
MAX_LABELS = 64


@dataclass(slots=True)
class Histogram:
    """Observations in seconds by upper bound; the last count is everything above."""

    bounds: tuple[float, ...] = STEP_BUCKETS_S
    counts: list[int] = field(default_factory=list)
    total_s: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def observe(self, seconds: float) -> None:
        slot = next((i for i, bound in enumerate(self.bounds) if seconds <= bound), -1)
        self.counts[slot] += 1
        self.total_s += seconds

    @property
    def count(self) -> int:
        return sum(self.counts)

    def cumulative(self) -> list[tuple[str, int]]:
        """(upper bound, observations up to it), ending with ``+Inf``, as Prometheus wants it."""
        pairs, running = [], 0
        for bound, count in zip((*map(str, self.bounds), "+Inf"), self.counts, strict=True):
            running += count
            pairs.append((bound, running))
        return pairs


class LiveMetrics:
    """What the metrics endpoint reads.

    - ``counters``: name → label → count. Names: ``joins`` (``in_call``, ``waiting``, ``resumed``),
      ``requests`` (message type), ``refusals`` (error code), ``closes`` (error code or ``left``,
      ``lost``), ``failed_steps`` (timeline step).
    - ``steps``: server timeline step → time since the socket was accepted.
    """

    def __init__(self) -> None:
        self.counters: dict[str, Counter[str]] = {}
        self.steps: dict[str, Histogram] = {}

    def count(self, name: str, label: str) -> None:
        self.counters.setdefault(name, Counter())[label] += 1

    def step(self, step: str, seconds: float, failed: bool) -> None:
        """A server step of a join, ``seconds`` after its socket was accepted."""
        if failed:
            self.count("failed_steps", step)
            return
        if step not in self.steps and len(self.steps) >= MAX_LABELS:
            return
        self.steps.setdefault(step, Histogram()).observe(max(0.0, seconds))

    def read(self) -> tuple[Mapping[str, Mapping[str, int]], Mapping[str, Histogram]]:
        return self.counters, self.steps
