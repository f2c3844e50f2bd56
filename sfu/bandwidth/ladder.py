"""The steps in which one consumer's picture gets better.

A camera first gets its frame rate, in the smallest size, and then size, at full frame rate: a face
lives by motion. A screen first gets its size, at the lowest frame rate, and then frame rate: text
is to be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from sfu.rtp_parameters import Kind


class Priority(IntEnum):
    """The lower, the earlier served."""

    AUDIO = 0
    SPEAKER = 1
    SCREEN = 2
    TILE = 3


@dataclass(frozen=True, slots=True)
class Layer:
    """One quality a producer's track can be had in."""

    encoding: int  # the simulcast stream, 0 where there is one only
    spatial: int
    temporal: int
    bitrate_bps: float  # with all it depends on, as measured; 0: not flowing, can't be chosen
    width: int = 0  # pixels, 0 unknown
    height: int = 0
    whole: bool = True  # it takes in all of its encoding

    @property
    def place(self) -> tuple[int, int, int]:
        """Which one it is, whatever it costs."""
        return self.encoding, self.spatial, self.temporal

    def is_within(self, other: Layer) -> bool:
        """Whether it is a part of the same encoding's ``other``."""
        return (
            self.encoding == other.encoding
            and self.spatial <= other.spatial
            and self.temporal <= other.temporal
        )

    @property
    def step(self) -> tuple[int, int]:
        """Which size."""
        return self.encoding, self.spatial


@dataclass(frozen=True, slots=True)
class Demand:
    """What one consumer wants."""

    consumer_id: str
    kind: Kind
    priority: Priority
    layers: tuple[Layer, ...]
    wanted: tuple[int, int] = (0, 0)  # width, height in pixels; (0, 0): hidden. Video only
    paused: bool = False
    size_first: bool = False  # rather than frame rate


class Ladder(NamedTuple):
    """One consumer's useful layers, cheapest first; level -1 is nothing."""

    demand: Demand
    steps: tuple[Layer, ...]

    def cost(self, level: int) -> float:
        return self.steps[level].bitrate_bps if level >= 0 else 0.0

    @property
    def order(self) -> tuple[int, int, str]:
        """Whose turn it is: the lower, the earlier."""
        demand = self.demand
        priority = Priority.AUDIO if demand.kind == "audio" else demand.priority
        return priority, -demand.wanted[0] * demand.wanted[1], demand.consumer_id

    def level_of(self, had: Layer | None) -> int:
        """The level of what the consumer had in the ladder before this one: of the same layer;
        else, if that is not to be had any more, of the best within it; else of the best at its
        price; at least the lowest."""
        if had is None or not self.steps:
            return -1
        prices = {each.place: each.bitrate_bps for each in self.demand.layers}
        inside = () if had.place in prices else self._levels(lambda each: each.is_within(had))
        price = prices.get(had.place) or had.bitrate_bps
        affordable = self._levels(lambda each: each.bitrate_bps <= price)
        return max(inside or affordable, default=0)

    def _levels(self, fits: Callable[[Layer], bool]) -> list[int]:
        return [level for level, layer in enumerate(self.steps) if fits(layer)]


def make_ladder(demand: Demand) -> Ladder:
    """No step is larger than the smallest picture that fills the size wanted, and none costs as
    much as a better one."""
    video = demand.kind == "video"
    width, height = demand.wanted
    if demand.paused or (video and (width <= 0 or height <= 0)):
        return Ladder(demand, ())
    flowing = [each for each in demand.layers if each.bitrate_bps > 0]
    if video:
        filling = [each.step for each in flowing if each.width >= width or each.height >= height]
        highest = min(filling, default=max((each.step for each in flowing), default=(0, 0)))
        flowing = [each for each in flowing if each.step <= highest]
    path = _size_first(flowing) if demand.size_first else _frame_rate_first(flowing)
    steps: list[Layer] = []
    for layer in reversed(path):
        if not steps or layer.bitrate_bps < steps[-1].bitrate_bps:
            steps.append(layer)
    steps.reverse()
    return Ladder(demand, tuple(steps if video else steps[-1:]))


def _by_size(layers: Iterable[Layer]) -> list[list[Layer]]:
    """Smallest first; of each size the frame rates, lowest first."""
    sizes: dict[tuple[int, int], list[Layer]] = {}
    for layer in sorted(layers, key=lambda each: each.place):
        sizes.setdefault(layer.step, []).append(layer)
    return list(sizes.values())


def _frame_rate_first(layers: Sequence[Layer]) -> list[Layer]:
    sizes = _by_size(layers)
    return [*(sizes[0] if sizes else ()), *(size[-1] for size in sizes[1:])]


def _size_first(layers: Sequence[Layer]) -> list[Layer]:
    sizes = _by_size(layers)
    return [*(size[0] for size in sizes[:-1]), *(sizes[-1] if sizes else ())]
