"""Whatever is sent to whom, what is found under a number is what left under it, or nothing."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sfu.consumer import Consumer
from sfu.frame_marks import FrameMarks
from sfu.frame_role import Layer
from sfu.history import FORGOTTEN_AFTER_S, HISTORY, History
from sfu.packet import MediaPacket
from sfu.producer import Producer
from sfu.wire.rtp import RtpPacket, parse_rtp
from sfu.wire.vp8 import parse_vp8
from tests.sfu.layered_streams import VP8, LayeredPublisher, codec_of
from tests.sfu.streams import Outlet, make_consumer, make_producer, plan_of, video

LAYERS = st.none() | st.tuples(st.just(0), st.integers(0, 2))
PROMPT = 100  # packets: what is asked for before so many have followed is still there
PROMPT_S = 4.0


def packet(sequence: int) -> MediaPacket:
    return MediaPacket(
        encoding=0,
        sequence=sequence,
        timestamp=0,
        marker=False,
        marks=FrameMarks(),
        payload_at=0,
        tail=b"tail",
    )


def known(history: History, last: int) -> list[int]:
    return [number for number in range(last + 1) if history.find(number) is not None]


@pytest.mark.parametrize(
    ("noted", "found"),
    [
        ([], []),
        ([3, 1, 2], [1, 2, 3]),
        ([5, 5 + HISTORY], [5 + HISTORY]),
        ([5 + HISTORY, 5], [5 + HISTORY]),  # too late
        ([5 + HISTORY, 6], [6, 5 + HISTORY]),
        (list(range(2 * HISTORY)), list(range(HISTORY, 2 * HISTORY))),
    ],
)
def test_the_last_are_kept(noted: list[int], found: list[int]) -> None:
    history = History()
    for number in noted:
        history.note([packet(number)])
    assert known(history, 3 * HISTORY) == found


def test_once_nothing_comes_the_newest_alone_is_kept() -> None:
    history = History()
    history.forget_idle(0.0)
    history.note([packet(number) for number in (1, 3, 2)])
    for now in (10.0, 10.5, 10.0 + FORGOTTEN_AFTER_S - 0.1):
        history.forget_idle(now)
        history.note([])
        assert known(history, 3) == [1, 2, 3]
    history.forget_idle(10.0 + FORGOTTEN_AFTER_S)
    assert known(history, 3) == [3]
    history.note([packet(4)])
    history.forget_idle(20.0)
    assert known(history, 4) == [3, 4]


def simulcast() -> Producer:
    return Producer(
        track_id="track",
        connection_id="publisher",
        kind="video",
        source="camera",
        codec=codec_of(VP8),
        extensions={},
        muted=False,
        rids=("q", "f"),
    )


class Scene:
    """A small and a large encoding, three temporal layers in each."""

    def __init__(self) -> None:
        self.producer = simulcast()
        self.publishers = [LayeredPublisher(VP8, ssrc=100 * n, picture=900 * n) for n in (1, 2)]
        self.now = 0.0

    def taken(self, index: int, packets: list[RtpPacket]) -> list[MediaPacket]:
        encoding = self.producer.encodings[index]
        received = [encoding.receive(each, self.now) for each in packets]
        return [each for each in received if each is not None]

    def send(self, outlet: Outlet, index: int, pictures: int = 1, *, key: bool = False) -> None:
        for number in range(pictures):
            packets = self.publishers[index].next(key=key and not number)
            outlet.forward(self.producer, self.taken(index, packets))


def histories(consumer: Consumer) -> list[History]:
    return [epoch.history for epoch in plan_of(consumer).epochs]


def test_an_encoding_that_was_left_is_let_go_of_when_nothing_of_it_can_be_asked_for() -> None:
    scene, outlet = Scene(), Outlet()
    small, large = (encoding.audience for encoding in scene.producer.encodings)
    consumer = make_consumer(scene.producer)
    scene.producer.select(consumer, scene.producer.encodings[0])
    scene.send(outlet, 0, 20, key=True)
    before = small.history
    scene.producer.select(consumer, scene.producer.encodings[1])
    scene.send(outlet, 1, 20, key=True)
    consumer.forget_idle(0.0)
    assert small.history is not before, "the encoding lets go at once: nobody gets it"
    assert histories(consumer) == [before, large.history]
    scene.send(outlet, 1, HISTORY // 2 - 21)
    consumer.forget_idle(1.0)
    assert histories(consumer) == [before, large.history], "the last two of it are known"
    scene.send(outlet, 1)
    consumer.forget_idle(2.0)
    assert histories(consumer) == [large.history]


def test_who_comes_back_goes_on_with_the_picture_after_its_last() -> None:
    """Others have got more since than is kept."""
    scene, outlet = Scene(), Outlet()
    encoding = scene.producer.encodings[0]
    staying, leaving = make_consumer(scene.producer, 7000), make_consumer(scene.producer, 8000)
    for consumer in (staying, leaving):
        scene.producer.select(consumer, encoding)
    scene.send(outlet, 0, 20, key=True)
    scene.producer.pause(leaving)
    scene.send(outlet, 0, HISTORY)
    scene.producer.resume(leaving)
    scene.send(outlet, 0, key=True)
    pictures = [parse_vp8(each.payload).picture_id or 0 for each in outlet.got(leaving)[::2]]
    assert pictures == list(range(pictures[0], pictures[0] + 21))


def test_over_the_beginning_and_the_end_of_a_filter() -> None:
    """The filter begins while a packet from before is missing, which is none of its own."""
    scene, outlet = Scene(), Outlet()
    consumer = make_consumer(scene.producer)
    encoding = scene.producer.encodings[0]
    scene.producer.select(consumer, encoding)
    scene.send(outlet, 0, 20, key=True)
    late, *others = scene.publishers[0].next()
    outlet.forward(scene.producer, scene.taken(0, others))
    found: dict[int, bytes] = {}
    for layer, pictures in (((0, 1), 30), (None, 8), (None, HISTORY // 2 + 8)):
        scene.producer.select(consumer, encoding, layer)
        outlet.forward(scene.producer, scene.taken(0, [late]))
        for _ in range(pictures):
            scene.send(outlet, 0)
            for left in map(plan_of(consumer).again, range(100, 1000)):
                if left is not None:
                    found[int.from_bytes(left[1][2:4], "big")] = left[1] + left[2]
    assert consumer.filter is None
    sent = {parse_rtp(data).sequence_number: data for data in outlet.raw(consumer)}
    assert found == sent
    assert list(sent) != sorted(sent)


def test_what_nobody_gets_any_more_is_let_go_of_by_who_waits_for_it() -> None:
    scene, outlet = Scene(), Outlet()
    audience = scene.producer.encodings[0].audience
    gone, waiting = make_consumer(scene.producer, 7000), make_consumer(scene.producer, 8000)
    scene.producer.select(gone, scene.producer.encodings[0])
    scene.send(outlet, 0, 20, key=True)
    scene.producer.select(waiting, scene.producer.encodings[0])
    scene.producer.remove_consumer(gone)
    for now in (0.0, FORGOTTEN_AFTER_S):
        assert len([packet for packet in audience.history._ring if packet]) > 1
        waiting.forget_idle(now)
    assert len([packet for packet in audience.history._ring if packet]) == 1


def test_who_waits_for_another_encoder_goes_on_in_the_same_history() -> None:
    """Muting again and again must not make more of them."""
    producer, outlet = make_producer(), Outlet()
    consumer = make_consumer(producer)
    producer.resume(consumer)
    for number in range(20):
        outlet.feed(producer, [video(number, keyframe=True, timestamp=number)])
        producer.set_muted(True)
        producer.set_muted(False)
    assert set(histories(consumer)) == {producer.encodings[0].audience.history}


class Sent(NamedTuple):
    data: bytes
    made: int  # packets, by then
    at: float


class Watched:
    """One consumer, and what it was sent."""

    def __init__(self, consumer: Consumer) -> None:
        self.consumer = consumer
        self.sent: dict[int, Sent] = {}  # by 16-bit number
        self.checked = 0


class Missing(NamedTuple):
    index: int  # of the encoding
    packet: RtpPacket
    made: int


class HistoryMachine(RuleBasedStateMachine):
    """Consumers that change encodings and layers, over a line of the publisher's that loses and
    reorders, and a protection that fails at times."""

    @initialize(fate=st.randoms(use_true_random=False), fails=st.booleans())
    def begin(self, fate: Random, fails: bool) -> None:
        self.scene = Scene()
        self.producer = self.scene.producer
        self.outlet = Outlet(fails=lambda: fails and fate.random() < 0.05)
        self.watched: list[Watched] = []
        self.missing: list[Missing] = []
        self.made = 0  # packets
        for index, layer in ((0, None), (1, None), (1, (0, 0)), (1, (0, 1))):
            self.come(index, 65000, layer)
        self.pictures([0, 1], 2, 2, True, "whole", fate)

    @rule(
        indices=st.sampled_from(([0], [1], [0, 1], [1, 0])),
        count=st.integers(1, 4),
        parts=st.sampled_from((1, 2, 3, 3, 100)),
        key=st.booleans(),
        fate=st.sampled_from(("whole", "whole", "shuffled", "doubled", "lossy")),
        order=st.randoms(use_true_random=False),
    )
    def pictures(
        self, indices: list[int], count: int, parts: int, key: bool, fate: str, order: Random
    ) -> None:
        """In one batch."""
        batch: list[MediaPacket] = []
        for index in indices:
            publisher = self.scene.publishers[index]
            packets = [each for _ in range(count) for each in publisher.next(key=key, parts=parts)]
            made = len(packets)
            if fate == "doubled":
                packets += packets
            elif fate == "shuffled":
                order.shuffle(packets)
            elif fate == "lossy":
                lost = [each for each in packets if order.random() < 0.3]
                self.missing += [Missing(index, each, self.made) for each in lost]
                packets = [each for each in packets if each not in lost]
            self.made += made
            batch += self.scene.taken(index, packets)
        self.outlet.forward(self.producer, batch)

    @rule(count=st.integers(1, 8), order=st.randoms(use_true_random=False))
    def repair(self, count: int, order: Random) -> None:
        order.shuffle(self.missing)
        late, self.missing = self.missing[:count], self.missing[count:]
        for each in late:
            if self.made - each.made < 2 * PROMPT:
                taken = self.scene.taken(each.index, [each.packet])
                self.outlet.forward(self.producer, taken)

    @rule(which=st.integers(0, 4), index=st.integers(0, 1), layer=LAYERS, hurried=st.booleans())
    def select(self, which: int, index: int, layer: Layer | None, hurried: bool) -> None:
        if which < len(self.watched):
            consumer, encoding = self.watched[which].consumer, self.producer.encodings[index]
            self.producer.select(consumer, encoding, layer, hurried=hurried)

    @rule(index=st.integers(0, 1), first=st.integers(1, 0x7FFF), layer=LAYERS)
    def come(self, index: int, first: int, layer: Layer | None) -> None:
        if len(self.watched) < 5:
            consumer = make_consumer(self.producer, 10_000 + 2 * len(self.watched), first)
            self.watched.append(Watched(consumer))
            self.producer.select(consumer, self.producer.encodings[index], layer)

    @rule(which=st.integers(0, 4), resumes=st.booleans())
    def pause(self, which: int, resumes: bool) -> None:
        if which < len(self.watched):
            self.producer.pause(self.watched[which].consumer)
            if resumes:
                self.producer.resume(self.watched[which].consumer)

    @rule(muted=st.booleans())
    def mute(self, muted: bool) -> None:
        self.producer.set_muted(muted)

    @rule(index=st.integers(0, 1), sequence=st.integers(0, 0xFFFF))
    def another_encoder(self, index: int, sequence: int) -> None:
        publisher = self.scene.publishers[index]
        publisher.ssrc += 1
        publisher.sequence = sequence
        publisher.frames.clear()
        self.missing = [each for each in self.missing if each.index != index]

    @rule(seconds=st.sampled_from((1, 1, 1, 7)))
    def time_passes(self, seconds: int) -> None:
        for _ in range(seconds):
            self.scene.now += 1
            for each in self.watched:
                each.consumer.forget_idle(self.scene.now)
        if seconds > FORGOTTEN_AFTER_S:
            for each in self.watched:
                for history in histories(each.consumer):
                    assert len([packet for packet in history._ring if packet]) <= 1

    @invariant()
    def what_is_found_is_what_left(self) -> None:
        for each in self.watched:
            self._note_sent(each)
            plan = plan_of(each.consumer)
            for back in (*range(-2, 20), *range(20, HISTORY + 50, 11)):
                number = (plan.last_sequence - back) & 0xFFFF
                found, sent = plan.again(number), each.sent.get(number)
                if found is not None:
                    assert sent is not None
                    assert found[1] + found[2] == sent.data
                elif sent is not None and back < HISTORY and self._is_prompt(sent):
                    assert plan.last_sequence - back < plan.epochs[0].first

    def _is_prompt(self, sent: Sent) -> bool:
        return self.made - sent.made < PROMPT and self.scene.now - sent.at < PROMPT_S

    def _note_sent(self, each: Watched) -> None:
        raw = self.outlet.raw(each.consumer)
        for data in raw[each.checked :]:
            number = parse_rtp(data).sequence_number
            assert number not in each.sent
            each.sent[number] = Sent(data, self.made, self.scene.now)
        each.checked = len(raw)

    @invariant()
    def no_more_is_held_than_can_be_asked_for(self) -> None:
        for each in self.watched:
            each.consumer.forget_idle(self.scene.now)
            epochs = plan_of(each.consumer).epochs
            oldest = plan_of(each.consumer).last_sequence - HISTORY + 1
            assert all(epoch.first > oldest for epoch in epochs[1:])


HistoryMachine.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],  # on a busy machine
)
TestHistory = HistoryMachine.TestCase
