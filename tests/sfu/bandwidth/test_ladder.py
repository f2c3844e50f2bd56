"""In which steps a picture gets better."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sfu.bandwidth.ladder import Demand, Ladder, Layer, Priority, make_ladder

SIZES = ((320, 180), (640, 360), (1280, 720))
Place = tuple[int, int, int]


def grid(*, simulcast: bool = False, spatial: int = 3, temporal: int = 3) -> tuple[Layer, ...]:
    """100 kbit/s for the lowest; each size costs four times, each frame rate a third more."""
    return tuple(
        Layer(
            encoding=s if simulcast else 0,
            spatial=0 if simulcast else s,
            temporal=t,
            bitrate_bps=100e3 * 4**s * (1 + t / 3),
            width=SIZES[s][0],
            height=SIZES[s][1],
        )
        for s in range(spatial)
        for t in range(temporal)
    )


def ladder(
    layers: tuple[Layer, ...] = grid(),
    wanted: tuple[int, int] = (1280, 720),
    size_first: bool = False,
    paused: bool = False,
) -> Ladder:
    demand = Demand("a", "video", Priority.TILE, layers, wanted, paused, size_first)
    return make_ladder(demand)


def places(one: Ladder) -> list[Place]:
    return [layer.place for layer in one.steps]


FULL = [(0, 0, 0), (0, 0, 1), (0, 0, 2), (0, 1, 2), (0, 2, 2)]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (ladder(), FULL),
        (ladder(size_first=True), [(0, 0, 0), (0, 1, 0), (0, 2, 0), (0, 2, 1), (0, 2, 2)]),
        (ladder(grid(simulcast=True)), [(0, 0, 0), (0, 0, 1), (0, 0, 2), (1, 0, 2), (2, 0, 2)]),
        (ladder(grid(spatial=1)), FULL[:3]),
        (ladder(grid(temporal=1)), [(0, 0, 0), (0, 1, 0), (0, 2, 0)]),
        # the size wanted bounds the size, and nothing else
        (ladder(wanted=(500, 300)), FULL[:4]),
        (ladder(wanted=(500, 300), size_first=True), [(0, 0, 0), (0, 1, 0), (0, 1, 1), (0, 1, 2)]),
        (ladder(wanted=(100, 100)), FULL[:3]),
        (ladder(wanted=(0, 300)), []),
        (ladder(paused=True), []),
        (ladder(()), []),
        (ladder((), size_first=True), []),
        # a step that costs no less than a better one is none
        (ladder((*grid(temporal=1)[:1], replace(grid()[5], bitrate_bps=90e3))), [(0, 1, 2)]),
        (ladder((*grid()[:3], replace(grid()[8], bitrate_bps=110e3))), [(0, 0, 0), (0, 2, 2)]),
        # sizes that are not told fill nothing
        (ladder(tuple(replace(each, width=0, height=0) for each in grid()), (10, 10)), FULL),
    ],
)  # fmt: skip
def test_steps(one: Ladder, expected: list[Place]) -> None:
    assert places(one) == expected


def test_each_step_costs_more() -> None:
    costs = [ladder().cost(level) for level in range(-1, 5)]
    assert costs[0] == 0
    assert costs == sorted(set(costs))


WHOLE = Layer(0, 7, 7, 1e6)


@pytest.mark.parametrize(
    ("had", "now", "expected"),
    [
        (grid()[5], ladder(), (0, 1, 2)),
        (grid()[5], ladder(grid()[3:]), (0, 1, 2)),  # steps below it went
        (grid()[8], ladder(wanted=(500, 300)), (0, 1, 2)),  # shown smaller
        (grid()[8], ladder(grid(spatial=2)), (0, 1, 2)),  # no longer sent
        (WHOLE, ladder(), (0, 2, 2)),  # measured by layer since
        (grid()[8], ladder((replace(WHOLE, bitrate_bps=3e6),)), (0, 7, 7)),
        # a price within which there is something else
        (grid()[5], ladder(wanted=(1280, 720), size_first=True), (0, 1, 0)),
        (grid(simulcast=True)[8], ladder(grid(simulcast=True)[:6]), (1, 0, 2)),
        (grid(simulcast=True)[4], ladder(grid(simulcast=True)), (0, 0, 2)),
    ],
)
def test_what_one_has_is_known_by_its_layer(had: Layer, now: Ladder, expected: Place) -> None:
    assert now.steps[now.level_of(had)].place == expected


def test_nothing_had_is_no_level() -> None:
    assert ladder().level_of(None) == -1
    assert ladder(()).level_of(grid()[0]) == -1


def test_sound_is_had_in_full_or_not_at_all() -> None:
    demand = Demand("a", "audio", Priority.AUDIO, (Layer(0, 7, 7, 40e3),))
    assert len(make_ladder(demand).steps) == 1
