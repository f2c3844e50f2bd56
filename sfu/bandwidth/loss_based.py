"""Which part of the loss is the sender's own doing (after libwebrtc's second loss-based
controller, in closed form).

Random loss is the same at any rate; loss by a full queue comes with sending more than fits. So the
last observations of (rate, packets, lost) are set against a few hypotheses of the capacity B. At
rate r the loss is then ``q + (1 - q) · max(0, 1 - B/r)``, where ``q``, the line's own loss, is what
fits best within a bound. The likeliest B wins; between equals, the highest.

The bound on ``q`` falls with B, ``OWN_LOSS + OWN_LOSS_BPS / B``: a line that loses 2 or 5 %
whatever we do is not slowed down, while at 10 % rates above `OWN_LOSS_BPS` / 0.05 = 1.5 Mbit/s are given up,
and 300 kbit/s is believed to be random up to 30 %.
"""

from __future__ import annotations

from collections import deque
from math import inf, log
from typing import NamedTuple

OBSERVATION_S = 0.25
MIN_PACKETS = 20
MAX_OBSERVATION_S = 1.0
OBSERVATIONS = 20
AGEING = 0.92  # weight of an observation against the next
OWN_LOSS = 0.05
OWN_LOSS_BPS = 75_000.0
CANDIDATES = (1.02, 1.0, 0.95, 0.9, 0.85)  # of the rate
HIGHER_IS_BETTER = 2e-4  # log-likelihood a packet, for e times the capacity
_TINY = 1e-3


class Observation(NamedTuple):
    """What became of the packets of one stretch of time."""

    rate_bps: float  # at which they were sent
    packets: int
    lost: int


class LossBasedController:
    """An upper bound on the rate, from loss alone."""

    __slots__ = ("_lost", "_observations", "_packets", "_since", "_size", "cap_bps", "loss")

    def __init__(self) -> None:
        self.cap_bps = inf
        self.loss = 0.0  # share of the packets lost lately, 0..1
        self._observations: deque[Observation] = deque(maxlen=OBSERVATIONS)
        self._since: float | None = None
        self._packets = self._lost = 0
        self._size = 0.0

    def note(self, packets: int, lost: int, size_bytes: float, now: float) -> bool:
        """Count what one feedback reported; whether an observation is complete.

        :param packets: newly reported, arrived or not
        :param lost: of these; negative where earlier losses turned out late
        :param size_bytes: of what was sent, arrived or not
        """
        if self._since is None or now < self._since:
            self._since = now
            return False
        self._packets += packets
        self._lost += lost
        self._size += size_bytes
        elapsed = now - self._since
        enough = self._packets >= MIN_PACKETS or elapsed >= MAX_OBSERVATION_S
        if elapsed < OBSERVATION_S or not enough or self._packets <= 0:
            return False
        lost = min(max(self._lost, 0), self._packets)
        self._observations.append(Observation(self._size * 8 / elapsed, self._packets, lost))
        self._since, self._packets, self._lost, self._size = now, 0, 0, 0.0
        return True

    def update(self, rate_bps: float) -> float:
        """The bound, in bits per second, `inf` for none, after a complete observation.

        :param rate_bps: the estimate now
        """
        weighted = self._weighted()
        packets = sum(weight * each.packets for weight, each in weighted)
        lost = sum(weight * each.lost for weight, each in weighted)
        self.loss = lost / packets if packets else 0.0
        if not lost:
            self.cap_bps = inf
            return inf
        hypotheses = [inf, *(factor * rate_bps for factor in CANDIDATES)]
        best = max(hypotheses, key=lambda bps: self._score(bps, rate_bps, weighted, packets, lost))
        self.cap_bps = best
        return best

    def reset(self) -> None:
        """Forget the observations: what they say is of another time."""
        self._observations.clear()
        self.cap_bps = inf

    def _weighted(self) -> list[tuple[float, Observation]]:
        newest = len(self._observations) - 1
        return [(AGEING ** (newest - i), each) for i, each in enumerate(self._observations)]

    def _score(
        self,
        capacity_bps: float,
        rate_bps: float,
        weighted: list[tuple[float, Observation]],
        packets: float,
        lost: float,
    ) -> float:
        """Mean log-likelihood of the observations if the line carries ``capacity_bps``."""
        carried = min(capacity_bps, 1.05 * rate_bps)
        excess = [max(0.0, 1 - capacity_bps / max(each.rate_bps, 1.0)) for _, each in weighted]
        dropped = sum(
            weight * each.packets * share
            for (weight, each), share in zip(weighted, excess, strict=True)
        )
        own = (lost - dropped) / max(packets - dropped, _TINY)
        own = min(max(own, _TINY), OWN_LOSS + OWN_LOSS_BPS / max(carried, 1.0), 0.9)
        likelihood = 0.0
        for (weight, each), share in zip(weighted, excess, strict=True):
            p = min(own + (1 - own) * share, 1 - _TINY)
            arrived = each.packets - each.lost
            likelihood += weight * (each.lost * log(p) + arrived * log(1 - p))
        return likelihood / packets + HIGHER_IS_BETTER * log(max(carried, 1.0))
