"""What a subscriber's line and wishes make of a stream in layers."""

from __future__ import annotations

import pytest

from sfu.frame_role import Layer
from sfu.layer_control import LayerControl
from sfu.layer_demand import UNWANTED_AFTER_S, LayerDemand, Watched
from sfu.subscriber import Section
from sfu.wish import Wish
from tests.sfu.layered_streams import (
    AV1,
    AV1_KEY,
    FORMS,
    VP8,
    VP9,
    VP9_DESCRIBED,
    VP9_KEY,
    Form,
    LayeredPublisher,
    make_layered,
    name_of,
)
from tests.sfu.streams import Outlet, make_consumer

FILLING = (150, 600, 1500)  # kbit/s: 86, 302, 734 at 30 pictures a second, two packets each
SPATIAL = (VP9, VP9_KEY, VP9_DESCRIBED, AV1, AV1_KEY)
FPS = 30


class Call:
    """A publisher that answers requests for keyframes, and one subscriber."""

    def __init__(self, form: Form, source: str = "camera") -> None:
        self.publisher = LayeredPublisher(form, filling=FILLING)
        self.producer = make_layered(form)
        self.producer.source = source  # type: ignore[assignment]
        self.encoding = self.producer.encodings[0]
        self.outlet = Outlet()
        self.consumer = make_consumer(self.producer)
        self.producer.resume(self.consumer)
        self.section = Section(self.consumer.media, self.producer, self.consumer)
        self.control, self.demand = LayerControl(), LayerDemand(self.producer)
        self.layers = 3
        self.answers = True
        self.count = 0
        self.keyframes = 0
        self.told: list[Watched] = []

    @property
    def now(self) -> float:
        return self.count / FPS

    def run(self, seconds: float, budget_bps: float | None = None) -> None:
        for _ in range(round(seconds * FPS)):
            self.count += 1
            key = self.answers and self.encoding.keyframes.due(self.now)
            self.keyframes += key
            packets = self.publisher.next(key=key, layers=self.layers)
            self.outlet.feed(self.producer, packets, self.now)
            if self.count % 15 == 0:
                self.control.update([self.section], budget_bps, self.now)
                told = self.demand.due(self.now)
                self.told += [] if told is None else [told]

    def wish(self, wish: Wish) -> None:
        self.control.wish(self.producer.track_id, wish)

    def seen(self, pictures: int = 8) -> Layer:
        """The highest size and frame rate among the last frames that the consumer was sent."""
        names = dict.fromkeys(name_of(p.payload)[0] for p in self.outlet.got(self.consumer))
        layers = [self.publisher.frames[name].layer for name in list(names)[-pictures:]]
        return max(s for s, _ in layers), max(t for _, t in layers)

    def rate(self, layer: Layer) -> float:
        return {each.layer: each.bps for each in self.encoding.layer_rates.layers}[layer]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_who_has_room_shares_everything_with_the_others(form: Form) -> None:
    call = Call(form)
    call.run(6, 10e6)
    assert call.seen() == (form.spatial - 1, 2)
    key_only = form.spatial > 1 and not form.between_keys
    assert (call.consumer.filter is not None) == key_only  # the largest does without the others
    assert call.keyframes == 1  # to begin with


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_cameras_frame_rate_falls_last_and_rises_first(form: Form) -> None:
    call = Call(form)
    call.run(4)
    seen = []
    top = form.spatial - 1
    for layer in [(top, 2), (0, 2), (0, 1), (0, 0), (0, 1), (0, 2), (top, 2)]:
        call.run(5, 1.2 * call.rate(layer))
        seen.append(call.seen())
    assert seen == [(top, 2), (0, 2), (0, 1), (0, 0), (0, 1), (0, 2), (top, 2)]


@pytest.mark.parametrize("form", SPATIAL, ids=str)
def test_a_screens_size_falls_last(form: Form) -> None:
    call = Call(form, "screen")
    call.run(4)
    seen = []
    for layer in [(2, 2), (2, 1), (2, 0), (1, 0), (0, 0), (2, 0), (2, 2)]:
        call.run(5, 1.2 * call.rate(layer))
        seen.append(call.seen(4))
    assert seen == [(2, 2), (2, 1), (2, 0), (1, 0), (0, 0), (2, 0), (2, 2)]


@pytest.mark.parametrize("form", SPATIAL, ids=str)
@pytest.mark.parametrize(
    ("wish", "layer"),
    [(Wish(320, 180), (0, 2)), (Wish(500, 300), (1, 2)), (Wish(1280, 720), (2, 2))],
)
def test_a_small_tile_gets_a_small_picture_at_full_rate(
    form: Form, wish: Wish, layer: Layer
) -> None:
    call = Call(form)
    call.wish(wish)
    call.run(5)
    assert call.seen() == layer
    call.wish(Wish())
    call.run(3)
    assert call.seen() == (2, 2)


@pytest.mark.parametrize("form", SPATIAL, ids=str)
def test_an_estimate_that_stays_keeps_the_picture(form: Form) -> None:
    call = Call(form)
    call.run(4)
    call.run(5, 1.2 * call.rate((0, 2)))
    before = call.keyframes
    call.run(25, 1.25 * call.rate((2, 2)))
    assert call.seen() == (2, 2)
    assert call.keyframes - before == 1


@pytest.mark.parametrize("form", [VP9_KEY, VP9_DESCRIBED, AV1_KEY], ids=str)
def test_who_waits_for_a_smaller_picture_has_fewer_frames_only_if_the_line_wants_it(
    form: Form,
) -> None:
    """Of these forms a smaller picture begins with a keyframe."""
    call = Call(form)
    call.run(5, 10e6)
    call.answers = False
    call.wish(Wish(300, 170))
    call.run(3, 10e6)
    assert call.seen() == (2, 2)
    call.answers = True
    call.run(3, 10e6)
    assert call.seen() == (0, 2)
    call.wish(Wish())
    call.run(5, 10e6)
    call.answers = False
    call.run(3, 1.2 * call.rate((0, 2)))
    assert call.seen(4) == (2, 0)


@pytest.mark.parametrize("form", [VP8, AV1, VP9_KEY], ids=str)
def test_lower_frame_rates_cost_no_keyframe(form: Form) -> None:
    call = Call(form, "screen")
    call.run(4)
    before = call.keyframes
    for _ in range(3):
        call.run(6, 1.2 * call.rate((form.spatial - 1, 0)))
        assert call.seen(2)[1] == 0
        call.run(6, 5e6)
        assert call.seen()[1] == 2
    assert call.keyframes == before


@pytest.mark.parametrize("form", [VP8, AV1], ids=str)
def test_numbers_go_on_through_all_of_it(form: Form) -> None:
    call = Call(form)
    for budget in (None, 400e3, 40e3, 5e6, 200e3, 1e3, 5e6):
        call.run(5, budget)
    numbers = call.outlet.numbers(call.consumer)
    assert numbers == [(100 + index) & 0xFFFF for index in range(len(numbers))]


@pytest.mark.parametrize("form", SPATIAL, ids=str)
def test_sizes_nobody_watches_are_told_and_come_back_when_wanted(form: Form) -> None:
    call = Call(form)
    call.run(4)
    assert call.told == []
    call.wish(Wish(300, 170))
    call.run(UNWANTED_AFTER_S + 1.5)
    assert call.told == [Watched((), 1)]
    call.layers = 1
    call.run(20)
    call.wish(Wish(640, 360))
    call.run(2.5)  # the publisher takes its time
    assert call.told == [Watched((), 1), Watched((), 2)]
    call.layers = 2
    call.encoding.keyframes.want()
    call.run(4)
    assert call.seen() == (1, 2)
    call.wish(Wish())
    call.run(2)
    assert call.told[2:] == [Watched((), 3)]
    call.layers = 3
    call.encoding.keyframes.want()
    call.run(4)
    assert call.seen() == (2, 2)
    assert call.told[3:] == []


def test_what_nobody_watches_at_all_keeps_its_smallest_size() -> None:
    call = Call(AV1_KEY)
    call.run(4)
    call.wish(Wish(paused=True))
    call.run(10)
    assert call.told == [Watched((), 1)]


@pytest.mark.parametrize("form", [VP8, Form("AV1", 3)], ids=str)
def test_without_sizes_there_is_nothing_to_tell(form: Form) -> None:
    call = Call(form)
    call.run(4)
    call.wish(Wish(100, 60))
    call.run(10)
    assert call.told == []
