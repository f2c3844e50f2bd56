"""Whatever arrives of a stream in layers, and whatever is selected, each consumer gets one stream
that can be decoded."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sfu.consumer import Consumer
from sfu.frame_role import Layer
from sfu.layer_control import LayerControl
from sfu.subscriber import Section
from sfu.wire.rtp import RtpPacket, parse_rtp, unwrap_rtx
from sfu.wire.seq import ts_diff
from sfu.wish import Wish
from tests.sfu.layered_streams import FORMS, Form, LayeredPublisher, Name, make_layered, name_of
from tests.sfu.streams import Outlet, make_consumer, plan_of

LAYERS = st.none() | st.tuples(st.integers(0, 2), st.integers(0, 2))


class Watched:
    """One consumer, and what the invariants know of it."""

    def __init__(self, consumer: Consumer) -> None:
        self.consumer = consumer
        self.control = LayerControl()
        self.layer: Layer | None = None
        self.highest_spatial = 2  # wished since the last keyframe
        self.sent: dict[int, bytes] = {}  # by number
        self.names: set[Name] = set()
        self.checked = 0
        self.begun_again = False


class LayerMachine(RuleBasedStateMachine):
    @initialize(form=st.sampled_from(FORMS), lossy=st.booleans())
    def begin(self, form: Form, lossy: bool) -> None:
        """:param lossy: something may be lost, late or reordered; what can be decoded is asked
        only where nothing is"""
        self.form, self.lossy = form, lossy
        self.publisher, self.producer = LayeredPublisher(form), make_layered(form)
        self.outlet = Outlet()
        self.watched: list[Watched] = []
        self.count = 0
        self.now = 0.0
        self.missing: list[RtpPacket] = []
        self.lost = 0

    @rule(
        key=st.sampled_from((False, False, False, True)),
        parts=st.integers(1, 3),
        layers=st.sampled_from((3, 3, 3, 2, 1)),
        order=st.randoms(use_true_random=False),
        fate=st.sampled_from(("whole", "whole", "whole", "shuffled", "doubled", "lossy", "gone")),
        after=st.sampled_from((1 / 30, 1 / 30, 0.3)),
    )
    def picture(
        self, key: bool, parts: int, layers: int, order: Random, fate: str, after: float
    ) -> None:
        self.now += after
        packets = self.publisher.next(key=key, parts=parts, layers=layers)
        if self.publisher.phase == 0 and (key or len(self.publisher.frames) <= self.form.spatial):
            for each in self.watched:
                each.highest_spatial = 2 if each.layer is None else each.layer[0]
        if fate == "doubled":
            packets += packets
        elif self.lossy and fate == "shuffled":
            order.shuffle(packets)
        elif self.lossy and fate in ("lossy", "gone"):
            lost = [p for p in packets if fate == "gone" or order.random() < 0.4]
            self.missing += lost
            self.lost += len(lost)
            packets = [packet for packet in packets if packet not in lost]
        if packets:
            self.outlet.feed(self.producer, packets, self.now)

    @rule(count=st.integers(1, 8), order=st.randoms(use_true_random=False))
    def repair(self, count: int, order: Random) -> None:
        order.shuffle(self.missing)
        late, self.missing = self.missing[:count], self.missing[count:]
        self.outlet.feed(self.producer, late, self.now)

    @rule(which=st.integers(0, 2), layer=LAYERS)
    def select(self, which: int, layer: Layer | None) -> None:
        if which < len(self.watched):
            each = self.watched[which]
            each.layer = layer
            each.highest_spatial = max(each.highest_spatial, 2 if layer is None else layer[0])
            self.producer.select(each.consumer, self.producer.encodings[0], layer)

    @rule(
        which=st.integers(0, 2),
        budget=st.none() | st.sampled_from((300.0, 1e3, 3e3, 1e4, 1e6)),
        wish=st.sampled_from((Wish(), Wish(640, 360), Wish(100, 60), Wish(paused=True))),
    )
    def control(self, which: int, budget: float | None, wish: Wish) -> None:
        """The line or the wishes of a subscriber change."""
        if which >= len(self.watched):
            return
        each = self.watched[which]
        each.control.wish(self.producer.track_id, wish)
        section = Section(each.consumer.media, self.producer, each.consumer)
        each.control.update([section], budget, self.now)
        each.layer = each.consumer.layer
        each.highest_spatial = max(each.highest_spatial, 2 if each.layer is None else each.layer[0])
        each.begun_again = each.begun_again or each.consumer.encoding is None

    @rule(first=st.integers(1, 32767), layer=LAYERS)
    def come(self, first: int, layer: Layer | None) -> None:
        if len(self.watched) < 3:
            self.count += 1
            each = Watched(make_consumer(self.producer, 10_000 * self.count, first))
            each.layer = layer
            self.watched.append(each)
            self.producer.select(each.consumer, self.producer.encodings[0], layer)

    @rule(which=st.integers(0, 2))
    def pause_and_resume(self, which: int) -> None:
        if which < len(self.watched):
            self.watched[which].begun_again = True
            self.producer.pause(self.watched[which].consumer)
            self.producer.resume(self.watched[which].consumer)

    @rule(sequence=st.integers(0, 0xFFFF))
    def another_encoder(self, sequence: int) -> None:
        if self.lossy:
            self.publisher.ssrc += 1
            self.publisher.sequence = sequence
            self.publisher.frames.clear()
            self.missing.clear()
            for each in self.watched:
                each.begun_again = True

    @rule(which=st.integers(0, 2), back=st.integers(0, 300))
    def nack(self, which: int, back: int) -> None:
        """What is sent again is exactly what left under that number."""
        if which >= len(self.watched):
            return
        each = self.watched[which]
        plan = plan_of(each.consumer)
        number = (plan.last_sequence - back) & 0xFFFF
        found = plan.again(number)
        if found is not None:
            assert found[1] + found[2] == each.sent[plan.last_sequence - back]
        self.now += 0.1
        for data in each.consumer.resend((number,), self.now):
            again = unwrap_rtx(parse_rtp(data), plan.payload_type, plan.ssrc)
            assert again.payload == parse_rtp(each.sent[plan.last_sequence - back]).payload

    @invariant()
    def every_number_is_used_once(self) -> None:
        """Other bytes under the same number would break AES-GCM."""
        for each in self.watched:
            plan = plan_of(each.consumer)
            raw = self.outlet.raw(each.consumer)
            for data in raw[each.checked :]:
                back = (plan.last_sequence - parse_rtp(data).sequence_number) & 0xFFFF
                assert plan.last_sequence - back not in each.sent
                each.sent[plan.last_sequence - back] = data
                self._check(each, parse_rtp(data))
            each.checked = len(raw)

    def _check(self, each: Watched, packet: RtpPacket) -> None:
        if not packet.payload:
            return
        name, _ = name_of(packet.payload)
        frame = self.publisher.frames.get(name)
        if frame is None or self.lossy:
            return
        if self.form.between_keys and each.layer is not None:
            assert frame.layer[0] <= each.layer[0]
        assert frame.layer[0] <= each.highest_spatial
        assert each.layer is None or frame.temporal <= each.layer[1]
        assert frame.needs <= each.names
        each.names.add(name)

    @invariant()
    def holes_are_only_what_is_missing(self) -> None:
        for each in self.watched:
            if each.sent:
                span = max(each.sent) - each.consumer.first_sequence + 1
                # Of what is missing when it begins again, nothing is sent any more.
                missing = self.lost if each.begun_again else len(self.missing)
                assert 0 <= span - len(each.sent) <= missing

    @invariant()
    def timestamps_follow_the_numbers(self) -> None:
        for each in self.watched:
            times = [parse_rtp(each.sent[number]).timestamp for number in sorted(each.sent)]
            for before, after in pairwise(times):
                assert ts_diff(after, before) >= 0


LayerMachine.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],  # on a busy machine
)
TestLayers = LayerMachine.TestCase
