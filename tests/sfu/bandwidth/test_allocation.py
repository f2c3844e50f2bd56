from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfu.bandwidth.allocation import HEADROOM, Allocation, Allocator
from sfu.bandwidth.ladder import Demand, Layer, Priority

LOW = Layer(0, 0, 0, 100e3, 320, 180)
MIDDLE = Layer(1, 0, 0, 400e3, 640, 360)
HIGH = Layer(2, 0, 0, 1500e3, 1280, 720)
THREE = (LOW, MIDDLE, HIGH)


def sound(name: str = "sound", bps: float = 40e3) -> Demand:
    return Demand(name, "audio", Priority.AUDIO, (Layer(0, 0, 0, bps),))


def picture(
    name: str,
    priority: Priority = Priority.TILE,
    wanted: tuple[int, int] = (1280, 720),
    layers: tuple[Layer, ...] = THREE,
    paused: bool = False,
) -> Demand:
    return Demand(name, "video", priority, layers, wanted, paused)


def at(layer: Layer, bps: float) -> Layer:
    return replace(layer, bitrate_bps=bps)


def once(budget_bps: float, *demands: Demand) -> Allocation:
    """What fits when all have climbed as far as they can."""
    allocator = Allocator()
    allocator.allocate(demands, budget_bps * HEADROOM, 0.0)
    return allocator.allocate(demands, budget_bps * HEADROOM, 5.0)


def spatial(allocation: Allocation) -> dict[str, int]:
    return {
        one: -1 if layer is None else layer.encoding for one, layer in allocation.layers.items()
    }


SPEAKER = picture("speaker", Priority.SPEAKER)
SCREEN = picture("screen", Priority.SCREEN)
A, B = picture("a"), picture("b")


@pytest.mark.parametrize(
    ("budget", "demands", "expected"),
    [
        # sound first, and always
        (10e3, (sound(), SPEAKER), {"sound": 0, "speaker": -1}),
        (140e3, (SPEAKER, sound()), {"sound": 0, "speaker": 0}),
        (0.0, (sound("s1"), sound("s2")), {"s1": 0, "s2": 0}),
        # everyone's lowest before anyone's second
        (500e3, (SPEAKER, A, B), {"speaker": 0, "a": 0, "b": 0}),
        (600e3, (SPEAKER, A, B), {"speaker": 1, "a": 0, "b": 0}),
        (250e3, (SPEAKER, A, B), {"speaker": 0, "a": 0, "b": -1}),
        # a layer each round
        (900e3, (SPEAKER, A, B), {"speaker": 1, "a": 1, "b": 0}),
        (2300e3, (SPEAKER, A, B), {"speaker": 2, "a": 1, "b": 1}),
        (9e6, (SPEAKER, A, B), {"speaker": 2, "a": 2, "b": 2}),
        # a screen is never starved, and stands between speaker and tiles
        (0.0, (SPEAKER, SCREEN, A), {"speaker": -1, "screen": 0, "a": -1}),
        (900e3, (SPEAKER, SCREEN, A), {"speaker": 1, "screen": 1, "a": 0}),
        # the larger tile first
        (
            500e3,
            (picture("a", wanted=(640, 360)), picture("z", wanted=(1280, 720))),
            {"a": 0, "z": 1},
        ),
        # no more than the wanted size needs
        (9e6, (picture("a", wanted=(300, 170)),), {"a": 0}),
        (9e6, (picture("a", wanted=(320, 240)),), {"a": 0}),
        (9e6, (picture("a", wanted=(500, 300)),), {"a": 1}),
        (9e6, (picture("a", wanted=(4000, 3000)),), {"a": 2}),
        # hidden, paused, nothing that flows
        (9e6, (picture("a", wanted=(0, 0)), picture("b", paused=True)), {"a": -1, "b": -1}),
        (9e6, (picture("a", layers=()),), {"a": -1}),
        (9e6, (picture("a", layers=(LOW, Layer(2, 0, 0, 0.0, 1280, 720))),), {"a": 0}),
        (0.0, (picture("s", Priority.SCREEN, paused=True), A), {"s": -1, "a": -1}),
        # a higher layer that costs less is taken instead
        (150e3, (picture("a", layers=(at(LOW, 200e3), at(MIDDLE, 90e3))),), {"a": 1}),
    ],
)  # fmt: skip
def test_rules(budget: float, demands: tuple[Demand, ...], expected: dict[str, int]) -> None:
    assert spatial(once(budget, *demands)) == expected


def test_temporal_layers_are_steps() -> None:
    layers = tuple(Layer(0, 0, temporal, 100e3 * (temporal + 1), 640, 360) for temporal in range(3))
    chosen = once(250e3, picture("a", layers=layers)).layers["a"]
    assert chosen == layers[1]


def test_what_to_climb_to() -> None:
    scarce = once(500e3, SPEAKER, sound())
    assert scarce.wanted_bps == pytest.approx(1540e3 * HEADROOM)
    assert scarce.needs_probe_bps == scarce.wanted_bps
    assert scarce.used_bps == 440e3
    assert once(9e6, SPEAKER, sound()).needs_probe_bps == 0


def test_down_at_once_up_with_headroom_after_a_second() -> None:
    allocator = Allocator()
    rows = [  # time, budget, layer
        (0.0, 500e3, 1),
        (1.0, 390e3, 0),
        (1.1, 410e3, 0),  # fits, without headroom
        (5.0, 450e3, 0),
        (6.0, 470e3, 0),  # with headroom, from now
        (6.9, 470e3, 0),
        (7.1, 470e3, 1),
        (7.2, 410e3, 1),  # what one has needs no headroom
    ]
    for now, budget, layer in rows:
        assert spatial(allocator.allocate([A], budget, now)) == {"a": layer}, now


def test_a_probe_spares_the_wait() -> None:
    allocator = Allocator()
    allocator.allocate([A], 150e3, 0.0)
    got = allocator.allocate([A], 2e6, 0.1, probe_succeeded=True)
    assert spatial(got) == {"a": 2}


def test_shown_again_there_is_a_picture_at_once() -> None:
    allocator = Allocator()
    allocator.allocate([A], 500e3, 0.0)
    allocator.allocate([picture("a", wanted=(0, 0))], 500e3, 1.0)
    assert spatial(allocator.allocate([A], 500e3, 1.1)) == {"a": 1}


def test_who_begins_to_speak_takes_from_the_others_at_once() -> None:
    allocator = Allocator()
    allocator.allocate([picture("a", Priority.SPEAKER), B], 600e3, 0.0)
    got = allocator.allocate([A, picture("b", Priority.SPEAKER)], 600e3, 1.0)
    assert spatial(got)["a"] <= 1
    later = allocator.allocate([A, picture("b", Priority.SPEAKER)], 600e3, 2.1)
    assert spatial(later) == {"a": 0, "b": 1}


def test_an_unsteady_budget_does_not_make_the_picture_flicker() -> None:
    allocator, changes, before = Allocator(), 0, None
    for index in range(600):
        budget = 460e3 if index % 10 < 5 else 380e3
        got = allocator.allocate([A], budget, index * 0.1)
        changes += before is not None and got.layers != before
        before = got.layers
    assert changes <= 2


def test_those_who_left_are_forgotten() -> None:
    allocator = Allocator()
    for index in range(100):
        allocator.allocate([picture(f"p{index}")], 1e6, index)
    assert len(allocator._climbs) == 1


LAYERS = st.lists(
    st.builds(
        Layer,
        st.integers(0, 2),
        st.integers(0, 2),
        st.integers(0, 2),
        st.floats(0, 5e6),
        st.integers(0, 2000),
        st.integers(0, 2000),
    ),
    max_size=3,
).map(tuple)
DEMANDS = st.lists(
    st.builds(
        Demand,
        st.sampled_from("abcdef"),
        st.sampled_from(("audio", "video")),
        st.sampled_from(Priority),
        LAYERS,
        st.tuples(st.integers(-5, 2000), st.integers(-5, 2000)),
        st.booleans(),
    ),
    max_size=6,
    unique_by=lambda demand: demand.consumer_id,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(DEMANDS, st.floats(-1e6, 2e7), st.floats(0, 3)), max_size=4))
def test_never_more_than_the_budget_but_for_what_is_guaranteed(
    rounds: list[tuple[list[Demand], float, float]],
) -> None:
    allocator, now = Allocator(), 0.0
    for demands, budget, step in rounds:
        now += step
        got = allocator.allocate(demands, budget, now)
        assert set(got.layers) == {demand.consumer_id for demand in demands}
        chosen = {d.consumer_id: (d, got.layers[d.consumer_id]) for d in demands}
        guaranteed = 0.0
        screens = []
        for demand, layer in chosen.values():
            flowing = [each for each in demand.layers if each.bitrate_bps > 0]
            assert layer is None or layer in flowing
            if demand.kind == "audio" and layer is not None:
                guaranteed += layer.bitrate_bps
            if demand.kind == "audio" and flowing and not demand.paused:
                assert layer is not None
            wanted = demand.kind == "video" and not demand.paused and min(demand.wanted) > 0
            if wanted and flowing and demand.priority is Priority.SCREEN:
                screens.append(layer)
                guaranteed += layer.bitrate_bps if layer else 0.0
        assert not screens or any(screens)
        assert got.used_bps <= max(budget, 0) + guaranteed + 1e-3
