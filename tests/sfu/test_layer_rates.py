"""What a stream's layers are measured to take."""

from __future__ import annotations

import pytest

from sfu.encoding import Encoding
from sfu.frame_role import FrameRole, Layer
from sfu.layer_rates import MOST_MASKS, RETURN_WITHIN_S, LayerRate, LayerRates
from tests.sfu.layered_streams import (
    AV1,
    AV1_FLAT,
    AV1_KEY,
    FORMS,
    SIZES,
    VP8,
    VP9,
    VP9_DESCRIBED,
    VP9_KEY,
    Form,
    LayeredPublisher,
    make_layered,
)

FILLING = (100, 300, 900)
PICTURE = [sum(2 * (size + 30) for size in FILLING[: n + 1]) for n in range(3)]


class Scene:
    def __init__(self, form: Form) -> None:
        self.publisher = LayeredPublisher(form, filling=FILLING)
        self.encoding: Encoding = make_layered(form).encodings[0]
        self.now = 0.0
        self.sent: list[tuple[float, Layer, int]] = []

    def send(self, seconds: float, *, key: bool = True, layers: int = 3) -> None:
        """30 pictures a second."""
        for index in range(round(30 * seconds)):
            self.now += 1 / 30
            for packet in self.publisher.next(key=key and index == 0, layers=layers):
                self.encoding.receive(packet, self.now)

    @property
    def rates(self) -> dict[Layer, float]:
        return {each.layer: each.bps for each in self.encoding.layer_rates.layers}

    @property
    def whole(self) -> list[Layer]:
        return [each.layer for each in self.encoding.layer_rates.layers if each.whole]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_each_layer_that_is_sent_is_told_lowest_first(form: Form) -> None:
    scene = Scene(form)
    scene.send(4.2)
    assert list(scene.rates) == [(s, t) for s in range(form.spatial) for t in range(3)]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_layer_takes_what_it_depends_on(form: Form) -> None:
    """Of four pictures one is of the lowest temporal layer, two are of the two lowest."""
    scene = Scene(form)
    scene.send(6.2)
    for (spatial, temporal), bps in scene.rates.items():
        size = 2 * (FILLING[spatial] + 30)
        if form.between_keys:
            size = PICTURE[spatial]
        expected = 8 * size * 30 / (4, 2, 1)[temporal]
        assert bps == pytest.approx(expected, rel=0.2), (spatial, temporal)


@pytest.mark.parametrize(
    ("form", "whole"),
    [(VP8, [(0, 2)]), (VP9, [(2, 2)]), (AV1, [(2, 2)]), (VP9_KEY, []), (AV1_KEY, [])],
    ids=str,
)
def test_which_one_takes_in_everything(form: Form, whole: list[Layer]) -> None:
    """Where sizes depend on each other at keyframes only, the largest does without the others."""
    scene = Scene(form)
    scene.send(4.2)
    assert scene.whole == whole


@pytest.mark.parametrize("form", [VP9, AV1], ids=str)
def test_sizes_are_those_of_the_last_keyframe(form: Form) -> None:
    scene = Scene(form)
    scene.send(1.2)
    sizes = {each.layer[0]: each.size for each in scene.encoding.layer_rates.layers}
    assert sizes == dict(enumerate(SIZES))


def test_without_layers_there_is_nothing() -> None:
    scene = Scene(Form("AV1", 3))
    scene.send(3)
    assert scene.encoding.layer_rates.layers == ()


@pytest.mark.parametrize("form", [VP9, VP9_KEY, VP9_DESCRIBED, AV1, AV1_KEY], ids=str)
def test_a_size_that_is_no_longer_sent_is_not_to_be_had(form: Form) -> None:
    """The publisher's own line has become too thin; not all say so (RFC 9628 has no field)."""
    scene = Scene(form)
    scene.send(4.2)
    scene.send(3.2, key=False, layers=2)
    assert {layer[0] for layer in scene.rates} == {0, 1}


def test_other_targets_begin_anew_and_the_old_figures_stay_until_then() -> None:
    scene = Scene(VP9)
    scene.send(4.2)
    before = scene.rates
    other = LayeredPublisher(Form("VP9", 2), ssrc=1, sequence=scene.publisher.sequence)
    other.picture, other.base = scene.publisher.picture, scene.publisher.base
    scene.publisher = other
    scene.encoding._reader = type(scene.encoding._reader)("VP9")  # type: ignore[misc]
    scene.send(0.5)
    assert scene.rates == before
    scene.send(1.0, key=False)
    assert {layer[0] for layer in scene.rates} == {0, 1}


@pytest.mark.parametrize("form", [VP8, AV1_FLAT], ids=str)
def test_a_stream_that_loses_its_layers_is_whole_again(form: Form) -> None:
    scene = Scene(form)
    scene.send(2.2)
    assert scene.rates
    plain = LayeredPublisher(Form("AV1", 1) if form is AV1_FLAT else Form("H264", 1))
    plain.sequence, plain.picture = scene.publisher.sequence, scene.publisher.picture
    for packet in plain.next(key=True):
        if form is VP8:
            packet.payload = b"\x10\x00\x00\x00\x9d\x01\x2a\x00\x05\xd0\x02"
        scene.encoding.receive(packet, scene.now + 0.03)
    assert scene.rates == {}


def upper(scene: Scene) -> list[LayerRate]:
    return [each for each in scene.encoding.layer_rates.layers if each.layer[0] > 0]


@pytest.mark.parametrize("form", [VP9_KEY, AV1_KEY, AV1], ids=str)
def test_what_the_publisher_was_told_to_leave_out_is_still_to_be_had(form: Form) -> None:
    scene = Scene(form)
    scene.send(4.2)
    rates, before = scene.encoding.layer_rates, upper(scene)
    rates.tell(1, scene.now)
    scene.send(6.2, layers=1)
    assert upper(scene) == before
    assert not any(each.whole for each in rates.layers if each.layer[0] == 0)
    rates.tell(3, scene.now)
    scene.send(2.2, layers=1)
    assert upper(scene) == before
    scene.send(2.2)
    assert not rates.held
    assert list(scene.rates) == [(s, t) for s in range(3) for t in range(3)]


def test_what_does_not_come_back_is_not_to_be_had() -> None:
    scene = Scene(AV1_KEY)
    scene.send(4.2)
    scene.encoding.layer_rates.tell(1, scene.now)
    scene.send(3.2, layers=1)
    scene.encoding.layer_rates.tell(2, scene.now)
    scene.send(RETURN_WITHIN_S + 1.1, layers=1)
    assert {layer[0] for layer in scene.rates} == {0, 2}


@pytest.mark.parametrize("form", [AV1, VP9_KEY], ids=str)
def test_a_layer_that_begins_is_not_taken_for_cheap(form: Form) -> None:
    """Windows without it do not count."""
    scene = Scene(form)
    scene.send(5.2, layers=2)
    scene.send(1.2)
    assert scene.rates[2, 2] == pytest.approx(
        8 * 30 * (PICTURE[2] if form is AV1 else 1860), rel=0.25
    )


def test_masks_told_apart_are_bounded() -> None:
    rates = LayerRates()
    targets = tuple((0, each) for each in range(8))
    for index in range(1000):
        rates.note(FrameRole(targets, index + 1, 0, 0, 0), 100, index / 900)
        assert len(rates._bits) <= MOST_MASKS + 1
    assert rates.layers
