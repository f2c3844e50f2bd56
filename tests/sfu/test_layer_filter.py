"""What one consumer gets of a stream in layers, without loss and with."""

from __future__ import annotations

from itertools import pairwise

import pytest

from sfu.consumer import Consumer
from sfu.frame_role import Layer
from sfu.layer_filter import LeftOut
from sfu.wire.rtp import RtpPacket, parse_rtp, unwrap_rtx
from sfu.wire.vp8 import parse_vp8
from tests.sfu.layered_streams import (
    AV1,
    AV1_FLAT,
    AV1_KEY,
    FORMS,
    H264,
    VP8,
    VP9,
    VP9_DESCRIBED,
    VP9_KEY,
    Form,
    LayeredPublisher,
    Name,
    make_layered,
    name_of,
)
from tests.sfu.streams import Outlet, make_consumer, plan_of, unstamped

SPATIAL = (VP9, VP9_KEY, VP9_DESCRIBED, AV1, AV1_KEY)
KEY_ONLY = (VP9_KEY, VP9_DESCRIBED, AV1_KEY)


class Scene:
    """One publisher and one consumer of everything, until it selects."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.publisher = LayeredPublisher(form)
        self.producer = make_layered(form)
        self.encoding = self.producer.encodings[0]
        self.outlet = Outlet()
        self.consumer = make_consumer(self.producer)
        self.producer.resume(self.consumer)
        self.now = 0.0

    def select(self, *layer: int) -> None:
        wanted = (layer[0], layer[1]) if layer else None
        self.producer.select(self.consumer, self.encoding, wanted)

    def give(self, packets: list[RtpPacket]) -> None:
        self.outlet.feed(self.producer, packets, self.now)

    def send(self, pictures: int = 1, *, key: bool = False, layers: int = 3) -> list[list[Layer]]:
        """The layers of what the consumer is sent of each of these pictures."""
        seen = []
        for index in range(pictures):
            self.now += 1 / 30
            before = len(self.got)
            self.give(self.publisher.next(key=key and index == 0, layers=layers))
            seen.append(self._layers(self.got[before:]))
        return seen

    @property
    def got(self) -> list[RtpPacket]:
        return self.outlet.got(self.consumer)

    def _layers(self, packets: list[RtpPacket]) -> list[Layer]:
        names = dict.fromkeys(name_of(packet.payload)[0] for packet in packets)
        return [self.publisher.frames[name].layer for name in names]


def spatial(seen: list[list[Layer]]) -> list[list[int]]:
    return [[layer[0] for layer in picture] for picture in seen]


def temporal(seen: list[list[Layer]]) -> list[int | None]:
    return [picture[0][1] if picture else None for picture in seen]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_frame_rates_fall_at_once_and_rise_at_a_switch_point(form: Form) -> None:
    scene = Scene(form)
    scene.send(5)  # 0 2 1 2 | 0
    top = form.spatial - 1
    scene.select(top, 0)
    assert temporal(scene.send(4)) == [None, None, None, 0]
    scene.select(top, 1)
    assert temporal(scene.send(8)) == [None, 1, None, 0] * 2
    scene.select(top, 2)
    assert temporal(scene.send(8))[-4:] == [2, 1, 2, 0]
    assert scene.encoding.keyframes.asked == 0
    assert not scene.encoding.keyframes.due(scene.now)


@pytest.mark.parametrize("form", SPATIAL, ids=str)
def test_size_rises_with_a_keyframe_only(form: Form) -> None:
    scene = Scene(form)
    scene.select(0, 2)
    assert spatial(scene.send(3)) == [[0]] * 3
    scene.encoding.keyframes.received()
    scene.select(2, 2)
    assert scene.encoding.keyframes.due(scene.now)
    assert spatial(scene.send(4)) == [[0]] * 4
    after = spatial(scene.send(3, key=True))
    assert after[0] == [0, 1, 2]
    assert after[1:] == ([[2]] * 2 if form in KEY_ONLY else [[0, 1, 2]] * 2)


@pytest.mark.parametrize("form", [VP9, AV1], ids=str)
def test_size_falls_at_once_where_lower_layers_go_on(form: Form) -> None:
    scene = Scene(form)
    scene.send(3)
    scene.encoding.keyframes.received()
    scene.select(1, 2)
    assert spatial(scene.send(2)) == [[0, 1]] * 2
    assert not scene.encoding.keyframes.due(scene.now)


@pytest.mark.parametrize("form", KEY_ONLY, ids=str)
def test_where_lower_layers_were_left_out_frames_fall_until_a_keyframe(form: Form) -> None:
    scene = Scene(form)
    scene.select(2, 2)
    scene.send(6)  # 0 2 1 2 | 0 2
    scene.encoding.keyframes.received()
    scene.select(0, 2)
    assert scene.encoding.keyframes.due(scene.now)
    assert scene.send(4) == [[], [], [(2, 0)], []]
    assert spatial(scene.send(3, key=True)) == [[0]] * 3


@pytest.mark.parametrize("form", KEY_ONLY, ids=str)
def test_who_gets_everything_can_take_any_layer_at_once(form: Form) -> None:
    scene = Scene(form)
    scene.send(3)
    scene.encoding.keyframes.received()
    scene.select(1, 2)
    assert spatial(scene.send(3)) == [[1]] * 3
    assert not scene.encoding.keyframes.due(scene.now)


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("layer", [(0, 0), (0, 1), (1, 0), (1, 2), (2, 1)], ids=str)
def test_no_gap_and_every_picture_ends(form: Form, layer: Layer) -> None:
    scene = Scene(form)
    scene.send(3)
    scene.select(*layer)
    scene.send(40)
    scene.send(40, key=True)
    packets = scene.got
    for before, after in pairwise(packets):
        assert after.sequence_number == before.sequence_number + 1
        assert before.marker == (after.timestamp != before.timestamp)
    if form is VP8:
        ids = dict.fromkeys(parse_vp8(packet.payload).picture_id or 0 for packet in packets)
        assert all(after == before + 1 & 0x7FFF for before, after in pairwise(ids))


def test_a_layer_that_is_no_longer_sent_is_replaced() -> None:
    """The publisher's own line has become too thin."""
    scene = Scene(AV1)
    scene.select(2, 2)
    scene.send(4)
    assert spatial(scene.send(4, layers=2)) == [[0, 1]] * 4


@pytest.mark.parametrize("form", [VP8, AV1_FLAT, H264], ids=str)
def test_a_filter_goes_once_nothing_is_left_out_any_more(form: Form) -> None:
    scene = Scene(form)
    scene.send(2)
    scene.select(0, 0)
    scene.send(40)
    scene.select()
    scene.send(300)
    assert scene.consumer.filter is None
    scene.select(0, 1)
    scene.send(40)
    numbers = scene.outlet.numbers(scene.consumer)
    assert numbers == list(range(100, 100 + len(numbers)))
    assert_sent_again_alike(scene.outlet, scene.consumer)


def test_what_was_left_out_is_known_after_the_filter_is_gone() -> None:
    scene = Scene(VP8)
    scene.send(1)
    scene.select(0, 0)
    scene.send(40)
    left_out = scene.consumer.left_out
    assert left_out == LeftOut(packets=60, frames=30)
    assert scene.consumer.newly_left_out() == left_out
    scene.select()
    scene.send(300)
    assert scene.consumer.filter is None
    assert scene.consumer.left_out == LeftOut(*map(sum, zip(left_out, after(scene), strict=True)))
    scene.producer.pause(scene.consumer)
    assert scene.consumer.newly_left_out() == LeftOut()


def after(scene: Scene) -> LeftOut:
    """What was left out until everything could be had again: less than three pictures."""
    newly = scene.consumer.newly_left_out()
    assert newly.frames < 3
    return newly


def assert_sent_again_alike(outlet: Outlet, consumer: Consumer) -> None:
    plan = plan_of(consumer)
    last = {parse_rtp(data).sequence_number: data for data in outlet.raw(consumer)}
    for number in list(last)[-100:]:
        (data,) = consumer.resend((number,), 1000.0 + number)
        original = unwrap_rtx(parse_rtp(data), plan.payload_type, plan.ssrc)
        sent = parse_rtp(last[number])
        assert unstamped(original).serialize() == unstamped(sent).serialize()


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_late_packet_finds_its_number(form: Form) -> None:
    scene = Scene(form)
    scene.send(1)
    scene.select(form.spatial - 1, 0)
    scene.send(3)
    late = scene.publisher.next()  # of the base layer
    scene.give(late[:1] + late[2:])
    scene.send(6)
    scene.give(late[1:2])
    packets = sorted(scene.got, key=lambda packet: packet.sequence_number)
    assert [p.sequence_number for p in packets] == list(range(100, 100 + len(packets)))
    order = [name_of(packet.payload) for packet in packets if packet.payload]
    assert order == sorted(order)
    assert scene.consumer.filter is not None
    assert scene.consumer.filter.left_out.fillers == (form in KEY_ONLY)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_late_packet_of_a_layer_left_out_is_answered_by_padding(form: Form) -> None:
    scene = Scene(form)
    scene.send(1)
    scene.select(0, 0)
    scene.send(4)
    late = scene.publisher.next(parts=1)
    scene.send(4)
    scene.give(late)
    scene.give(late)
    packets = sorted(scene.got, key=lambda packet: packet.sequence_number)
    numbers = [packet.sequence_number for packet in packets]
    assert numbers == list(range(100, 100 + len(numbers)))
    empty = [packet for packet in packets if not packet.payload]
    assert len(empty) == form.spatial
    assert all(packet.timestamp == late[0].timestamp for packet in empty)
    number = empty[0].sequence_number
    _, header, tail = plan_of(scene.consumer).again(number) or (None, b"", b"")
    assert header + tail in scene.outlet.raw(scene.consumer)
    (again,) = scene.consumer.resend((number,), 9.0)
    assert parse_rtp(again).payload == number.to_bytes(2, "big")


@pytest.mark.parametrize("form", [VP8, VP9, AV1], ids=str)
def test_what_is_missing_within_a_frame_left_out_keeps_no_number(form: Form) -> None:
    scene = Scene(form)
    scene.send(1)
    scene.select(0, 0)
    picture = scene.publisher.next(parts=4)
    scene.give([packet for index, packet in enumerate(picture) if index not in (1, 2)])
    scene.send(4)
    numbers = scene.outlet.numbers(scene.consumer)
    assert numbers == list(range(100, 100 + len(numbers)))


def test_a_stream_in_one_layer_passes_whatever_is_selected() -> None:
    scene = Scene(Form("AV1", 3))
    scene.send(2)
    scene.select(0, 0)
    assert spatial(scene.send(3)) == [[0, 1, 2]] * 3
    assert Name(scene.publisher.picture, 2) in {name_of(p.payload)[0] for p in scene.got}
