"""Which part of the loss is the sender's own doing (after libwebrtc's second loss-based
controller, in closed form).

Random loss is the same at any rate; loss by a full queue comes with sending more than fits. So the
last observations of (rate, packets, lost) are set against a few hypotheses of the capacity B. At
rate r the loss is then ``q + (1 - q) · max(0, 1 - B/r)``, where ``q``, the line's own loss, is what
fits best within a bound. The likeliest B wins; between equals, the highest.

The bound on ``q`` falls with B, ``OWN_LOSS + OWN_LOSS_BPS / B``. So a line that loses 2, 5 or 10 %
whatever we do is not slowed down, and loss that comes and goes with the rate sets the rate. What
cannot be told from random loss is a policer that has dropped a tenth at one unchanging rate for
longer than the observations reach: there the rate stays up to a tenth too high.
"""

from __future__ import annotations

from collections import deque
from math import inf, log
from typing import NamedTuple

OBSERVATION_S = 0.25
MIN_PACKETS = 20
MAX_OBSERVATION_S = 1.0
OBSERVATIONS = 24
AGEING = 0.95  # weight of an observation against the next
OWN_LOSS = 0.05
OWN_LOSS_BPS = 75_000.0
NO_LOSS = 0.01  # so little limits nothing
COLLAPSE_LOSS = 0.35  # of one observation: then what arrives is the bound, whatever was before
MIN_COLLAPSE = 0.3  # of the rate, at most this far down by one observation
CANDIDATES = (1.02, 0.98, 0.94, 0.85)  # of the rate
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

    def note(self, packets: int, lost: int, size_bytes: float, sent_at: float | None) -> bool:
        """Count what one feedback reported; whether an observation is complete.

        :param packets: newly reported, arrived or not
        :param lost: of these; negative where earlier losses turned out late
        :param size_bytes: of what was sent, arrived or not
        :param sent_at: when the last of them left, in seconds; None where only late ones are told
        """
        self._packets += packets
        self._lost += lost
        self._size += size_bytes
        if sent_at is None:
            return False
        if self._since is None:
            self._restart(sent_at)
            return False
        elapsed = sent_at - self._since
        enough = self._packets >= MIN_PACKETS or elapsed >= MAX_OBSERVATION_S
        if elapsed < OBSERVATION_S or not enough or self._packets <= 0:
            return False
        lost = min(max(self._lost, 0), self._packets)
        self._observations.append(Observation(self._size * 8 / elapsed, self._packets, lost))
        self._restart(sent_at)
        return True

    def update(self, rate_bps: float, acknowledged_bps: float | None) -> float:
        """The bound, in bits per second, `inf` for none, after a complete observation.

        :param rate_bps: the estimate now
        :param acknowledged_bps: what arrives, where known
        """
        newest = self._observations[-1] if self._observations else Observation(0.0, 0, 0)
        if newest.lost > COLLAPSE_LOSS * newest.packets:
            self._observations.clear()  # the line is another than the one they tell of
            self._observations.append(newest)
            arriving = newest.rate_bps * (1 - newest.lost / newest.packets)
            self.loss = newest.lost / newest.packets
            self.cap_bps = min(rate_bps, max(arriving, rate_bps * MIN_COLLAPSE))
            return self.cap_bps
        weighted = self._weighted()
        packets = sum(weight * each.packets for weight, each in weighted)
        lost = sum(weight * each.lost for weight, each in weighted)
        self.loss = lost / packets if packets else 0.0
        if self.loss < NO_LOSS:
            self.cap_bps = inf
            return inf
        hypotheses = [inf, *(factor * rate_bps for factor in CANDIDATES)]
        if acknowledged_bps is not None and 0 < acknowledged_bps < rate_bps:
            hypotheses.append(acknowledged_bps)
        best = max(hypotheses, key=lambda bps: self._score(bps, rate_bps, weighted, packets, lost))
        self.cap_bps = best
        return best

    def reset(self) -> None:
        """Forget the observations: what they say is of another time."""
        self._observations.clear()
        self._since = None
        self.cap_bps = inf

    def _restart(self, sent_at: float) -> None:
        self._since, self._packets, self._lost, self._size = sent_at, 0, 0, 0.0

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
        over: list[tuple[float, float, float]] = []  # excess share, lost, arrived: above capacity
        dropped = over_lost = over_packets = 0.0
        for weight, (rate, count, gone) in weighted:
            if rate > capacity_bps:
                share = 1 - capacity_bps / rate
                over.append((share, weight * gone, weight * (count - gone)))
                dropped += weight * count * share
                over_lost += weight * gone
                over_packets += weight * count
        own = (lost - dropped) / max(packets - dropped, _TINY)
        own = min(max(own, _TINY), OWN_LOSS + OWN_LOSS_BPS / max(carried, 1.0), 0.9)
        within = packets - over_packets
        likelihood = (lost - over_lost) * (log(own) - log(1 - own)) + within * log(1 - own)
        for share, lost_there, arrived in over:
            p = min(own + (1 - own) * share, 1 - _TINY)
            likelihood += lost_there * log(p) + arrived * log(1 - p)
        return likelihood / packets + HIGHER_IS_BETTER * log(max(carried, 1.0))
