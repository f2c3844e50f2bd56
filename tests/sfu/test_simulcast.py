"""One track in several qualities: who gets which, and what they see of a change."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.encoding import OUTLIVED_AFTER_S
from sfu.producer import Producer
from sfu.rtp_parameters import MID_URI, REPAIRED_RID_URI, RID_URI, PublishedMedia
from sfu.wire.rtp import RtpPacket, build_extensions
from sfu.wire.seq import ts_diff
from sfu.wire.vp8 import parse_vp8
from tests.sfu.streams import VP8, Outlet, make_consumer
from tests.sfu.test_publisher import new_publisher

LOW, MIDDLE, HIGH = 0, 1, 2
TICKS = 3000  # of one frame at 30 frames/s


def make_simulcast() -> Producer:
    return Producer(
        track_id="track",
        connection_id="publisher",
        kind="video",
        source="camera",
        codec=VP8,
        extensions={},
        muted=False,
        rids=("q", "h", "f"),
    )


def frame(layer: int, number: int, keyframe: bool = False) -> RtpPacket:
    """Frame ``number`` of a layer, which has SSRC, numbering, clock and picture ids of its own."""
    picture = (5000 * layer + number) & 0x7FFF
    descriptor = b"\x90\xc0" + (0x8000 | picture).to_bytes(2, "big") + bytes((number + 9 & 0xFF,))
    size = b"\x00\x01\xe0\x00" if layer == HIGH else b"\x40\x00\x30\x00"
    head = b"\x00\x00\x00\x9d\x01\x2a" + size if keyframe else b"\x01" + bytes(9)
    return RtpPacket(
        payload_type=VP8.payload_type,
        sequence_number=(1000 * layer + number) & 0xFFFF,
        timestamp=(0x40000000 * layer + number * TICKS) & 0xFFFFFFFF,
        ssrc=100 + layer,
        payload=descriptor + head + bytes((layer,)),
        marker=True,
    )


class Scene:
    """A publisher that sends a frame of every layer, and what one consumer is sent."""

    def __init__(self) -> None:
        self.producer = make_simulcast()
        self.outlet = Outlet()
        self.consumer = make_consumer(self.producer)
        self.number = 0

    def send(
        self,
        count: int = 1,
        keyframes: tuple[int, ...] = (),
        order: tuple[int, ...] = (LOW, MIDDLE, HIGH),
    ) -> None:
        for _ in range(count):
            self.number += 1
            now = self.number / 30
            taken = [
                self.producer.encodings[layer].receive(
                    frame(layer, self.number, layer in keyframes), now
                )
                for layer in order
            ]
            self.outlet.forward(self.producer, [packet for packet in taken if packet is not None])

    @property
    def layers(self) -> list[int]:
        return [packet.payload[-1] for packet in self.outlet.got(self.consumer)]


def test_a_consumer_gets_one_layer_and_changes_at_a_keyframe() -> None:
    scene = Scene()
    low, high = scene.producer.encodings[LOW], scene.producer.encodings[HIGH]
    scene.producer.select(scene.consumer, low)
    scene.send(2, keyframes=(LOW,))
    scene.producer.select(scene.consumer, high)
    assert high.keyframes.due(0.1)
    scene.send(2)
    scene.send(1, keyframes=(HIGH,))
    scene.send(2)
    assert scene.layers == [LOW] * 4 + [HIGH] * 3


@pytest.mark.parametrize("order", [(LOW, HIGH), (HIGH, LOW)])
def test_numbers_go_on_where_both_layers_come_in_one_batch(order: tuple[int, int]) -> None:
    scene = Scene()
    low, high = scene.producer.encodings[LOW], scene.producer.encodings[HIGH]
    scene.producer.select(scene.consumer, high)
    scene.send(2, keyframes=(HIGH,))
    scene.producer.select(scene.consumer, low)
    scene.send(1, keyframes=(LOW, HIGH), order=order)
    scene.send(2)
    numbers = scene.outlet.numbers(scene.consumer)
    assert numbers == list(range(100, 100 + len(numbers)))
    assert scene.layers[:2] + scene.layers[-3:] == [HIGH] * 2 + [LOW] * 3


def test_a_change_taken_back_before_the_keyframe_never_happens() -> None:
    scene = Scene()
    low, high = scene.producer.encodings[LOW], scene.producer.encodings[HIGH]
    scene.producer.select(scene.consumer, low)
    scene.send(1, keyframes=(LOW,))
    scene.producer.select(scene.consumer, high)
    scene.producer.select(scene.consumer, low)
    scene.send(2, keyframes=(HIGH,))
    assert scene.layers == [LOW] * 3


def test_a_paused_consumer_gets_nothing_and_comes_back_to_its_layer() -> None:
    scene = Scene()
    scene.producer.select(scene.consumer, scene.producer.encodings[MIDDLE])
    scene.send(1, keyframes=(LOW, MIDDLE, HIGH))
    scene.producer.pause(scene.consumer)
    scene.send(3, keyframes=(LOW, MIDDLE, HIGH))
    scene.producer.resume(scene.consumer)
    scene.send(1, keyframes=(LOW, MIDDLE, HIGH))
    assert scene.layers == [MIDDLE, MIDDLE]
    assert scene.outlet.numbers(scene.consumer) == [100, 101]


@given(
    st.lists(
        st.tuples(st.sampled_from((LOW, MIDDLE, HIGH)), st.sets(st.sampled_from((0, 1, 2)))),
        min_size=1,
        max_size=40,
    )
)
def test_whatever_is_selected_the_decoder_sees_one_stream(
    turns: list[tuple[int, set[int]]],
) -> None:
    scene = Scene()
    for layer, keyframes in turns:
        scene.producer.select(scene.consumer, scene.producer.encodings[layer])
        scene.send(1, keyframes=tuple(keyframes))
    packets = scene.outlet.got(scene.consumer)
    for before, after in pairwise(packets):
        assert after.sequence_number == before.sequence_number + 1
        assert ts_diff(after.timestamp, before.timestamp) > 0
        old, new = parse_vp8(before.payload), parse_vp8(after.payload)
        assert new.picture_id == (old.picture_id or 0) + 1 & 0x7FFF
        assert new.tl0picidx == (old.tl0picidx or 0) + 1 & 0xFF
        assert after.payload[-1] == before.payload[-1] or new.is_keyframe
    if packets:
        assert parse_vp8(packets[0].payload).is_keyframe


def test_layers_of_one_publisher_run_on_one_clock() -> None:
    scene = Scene()
    scene.producer.select(scene.consumer, scene.producer.encodings[LOW])
    scene.send(5, keyframes=(LOW,))
    scene.producer.select(scene.consumer, scene.producer.encodings[HIGH])
    scene.send(5, keyframes=(HIGH,))
    times = [packet.timestamp for packet in scene.outlet.got(scene.consumer)]
    steps = [ts_diff(after, before) for before, after in pairwise(times)]
    assert all(TICKS - 2 <= step <= TICKS + 2 for step in steps)


def test_the_size_of_a_layer_is_read_from_its_keyframe() -> None:
    scene = Scene()
    scene.send(1, keyframes=(LOW, HIGH))
    sizes = [encoding.size for encoding in scene.producer.encodings]
    assert sizes == [(64, 48), (0, 0), (256, 224)]


def test_a_layer_that_stops_counts_as_inactive() -> None:
    scene = Scene()
    scene.send(3)
    high = scene.producer.encodings[HIGH]
    assert high.is_active(0.2)
    assert not high.is_active(2.0)


def test_a_layer_that_stops_beside_others_is_missed_sooner() -> None:
    """Its publisher's line has become too thin for it: who watches it should not wait."""
    scene = Scene()
    scene.send(30)
    scene.send(16, order=(LOW, MIDDLE))
    high = scene.producer.encodings[HIGH]
    stopped = 30 / 30
    assert high.is_active(stopped + OUTLIVED_AFTER_S - 0.01)
    assert not high.is_active(stopped + OUTLIVED_AFTER_S + 0.01)
    scene.send(1)
    assert high.is_active(scene.number / 30 + OUTLIVED_AFTER_S + 0.01)


RID_SECTION = PublishedMedia(
    mid="0",
    kind="video",
    active=True,
    codecs=(VP8,),
    extensions={MID_URI: 1, RID_URI: 2, REPAIRED_RID_URI: 3},
    rids=("q", "h", "f"),
)


@pytest.mark.parametrize(
    ("extensions", "index"),
    [
        ([(1, b"0"), (2, b"q")], LOW),
        ([(1, b"0"), (2, b"f")], HIGH),
        ([(2, b"h")], MIDDLE),
        ([(1, b"0")], None),
        ([(1, b"0"), (2, b"unknown")], None),
        ([(1, b"9"), (2, b"q")], None),
    ],
)
def test_a_new_ssrc_is_known_by_its_rid(
    extensions: list[tuple[int, bytes]], index: int | None
) -> None:
    publisher = new_publisher(RID_SECTION)
    packet = frame(LOW, 1, keyframe=True)
    packet.extension_profile, packet.extension_data = build_extensions(extensions)
    received = publisher.receive_rtp(packet.serialize(), 0.0)
    assert (received[1].encoding if received else None) == index
    again = publisher.receive_rtp(frame(LOW, 2).serialize(), 0.1)
    assert (again[1].encoding if again else None) == index
