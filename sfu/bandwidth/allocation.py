"""Divides one subscriber's bandwidth among what it watches.

| rule | what |
|---|---|
| 1 | paused by the subscriber, hidden (no size wanted) or without a layer that flows: nothing |
| 2 | sound: always, in full, even beyond the budget |
| 3 | the first screen share: its lowest layer always, even beyond the budget |
| 4 | the lowest layer for each of the rest in order of priority, while it fits |
| 5 | then rounds: in order of priority, each one step up its ladder, while it fits |
| 6 | no one gets more than the smallest picture that fills the size it wants (`ladder`) |
| 7 | down at once; up only with `HEADROOM` to spare for `HOLD_S`, or after a probe's success |
| 8 | who falls within `RELAPSE_S` of climbing waits twice as long for the next time |

Order of priority: speaker (or pinned), screen, tile; among equals the larger picture, then the id.
A consumer's first layer (new, shown again, resumed) needs no headroom and no wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sfu.bandwidth.climb import Climb
from sfu.bandwidth.ladder import Demand, Ladder, Layer, Priority, make_ladder

HEADROOM = 1.15


@dataclass(frozen=True, slots=True)
class Allocation:
    """What each consumer gets, and what more would be of use."""

    layers: Mapping[str, Layer | None]  # by consumer id; None: paused
    used_bps: float
    wanted_bps: float  # for everyone's best, headroom included
    needs_probe_bps: float  # the rate to climb to; 0 when the budget does for all


class Allocator:
    """One subscriber's. Remembers who has what, so that pictures don't flicker."""

    def __init__(self) -> None:
        self._climbs: dict[str, Climb] = {}
        self._had: Mapping[str, Layer | None] = {}

    def allocate(
        self,
        demands: Sequence[Demand],
        budget_bps: float,
        now: float,
        *,
        probe_succeeded: bool = False,
    ) -> Allocation:
        """Divide ``budget_bps``.

        :param now: seconds of a monotonic clock
        :param probe_succeeded: a probe has just shown the budget: climb without the wait
        """
        ladders = sorted((make_ladder(each) for each in demands), key=lambda each: each.order)
        climbs = {each.demand.consumer_id: self._climb(each) for each in ladders}
        self._climbs = climbs
        tops = {each.demand.consumer_id: len(each.steps) - 1 for each in ladders}
        roomy = _fill(ladders, tops, budget_bps / HEADROOM)
        fitting = _fill(ladders, tops, budget_bps)
        ceilings = {}
        for one, climb in climbs.items():
            ceilings[one] = climb.ceiling(fitting[one], roomy[one], probe_succeeded, now)
        levels = _fill(ladders, ceilings, budget_bps)
        for one, climb in climbs.items():
            climb.settle(levels[one], now)
        allocation = _allocation(ladders, levels, budget_bps)
        self._had = allocation.layers
        return allocation

    def _climb(self, ladder: Ladder) -> Climb:
        """The consumer's memory, made anew once there is nothing to show."""
        one = ladder.demand.consumer_id
        known = self._climbs.get(one)
        if known is None or not ladder.steps:
            return Climb()
        known.level = ladder.level_of(self._had.get(one))
        return known


def _fill(
    ladders: Sequence[Ladder], ceilings: Mapping[str, int], budget_bps: float
) -> dict[str, int]:
    """Each consumer's level by rules 2 to 5, none above its ceiling."""
    levels = dict.fromkeys((each.demand.consumer_id for each in ladders), -1)
    left = budget_bps
    for ladder in _guaranteed(ladders):
        levels[ladder.demand.consumer_id] = 0
        left -= ladder.cost(0)
    nothing_yet = [each for each in ladders if levels[each.demand.consumer_id] < 0]
    _, left = _raise(nothing_yet, levels, ceilings, left)
    climbing = [each for each in ladders if levels[each.demand.consumer_id] >= 0]
    while climbing:
        climbing, left = _raise(climbing, levels, ceilings, left)
    return levels


def _raise(
    ladders: Sequence[Ladder], levels: dict[str, int], ceilings: Mapping[str, int], left: float
) -> tuple[list[Ladder], float]:
    """One round: everyone a layer up who may and can; who did, and what is left."""
    risen = []
    for ladder in ladders:
        one = ladder.demand.consumer_id
        level = levels[one] + 1
        if level > min(ceilings[one], len(ladder.steps) - 1):
            continue
        price = ladder.cost(level) - ladder.cost(level - 1)
        if price <= left:
            left -= price
            levels[one] = level
            risen.append(ladder)
    return risen, left


def _guaranteed(ladders: Sequence[Ladder]) -> Iterator[Ladder]:
    """Rules 2 and 3."""
    screen_served = False
    for ladder in ladders:
        if ladder.steps and ladder.demand.kind == "audio":
            yield ladder
        elif ladder.steps and ladder.demand.priority is Priority.SCREEN and not screen_served:
            screen_served = True
            yield ladder


def _allocation(
    ladders: Sequence[Ladder], levels: Mapping[str, int], budget_bps: float
) -> Allocation:
    layers = {
        each.demand.consumer_id: each.steps[level] if level >= 0 else None
        for each in ladders
        for level in (levels[each.demand.consumer_id],)
    }
    used = sum(each.cost(levels[each.demand.consumer_id]) for each in ladders)
    best = sum(each.cost(len(each.steps) - 1) for each in ladders) * HEADROOM
    return Allocation(layers, used, best, best if best > budget_bps else 0.0)
