"""Whatever arrives at a producer, what each consumer is sent can be decrypted and played."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sfu.consumer import Consumer
from sfu.fanout import HEADER_SIZE
from sfu.send_stamps import restamped
from sfu.wire.rtp import RtpPacket, parse_rtp, unwrap_rtx
from sfu.wire.seq import ts_diff
from sfu.wire.vp8 import parse_vp8
from tests.sfu.streams import Outlet, make_consumer, make_producer, plan_of, video


class ProducerMachine(RuleBasedStateMachine):
    """A publisher that does what publishers do, and worse; consumers that come and go."""

    @initialize()
    def begin(self) -> None:
        self.producer, self.outlet = make_producer(), Outlet()
        self.consumers: list[Consumer] = []
        self.now = 0.0
        self.ssrc, self.sequence, self.timestamp = 1, 65400, 0xFFFFF000
        self.lost = 0  # packets that the publisher's network lost, or that were left out
        self.made: list[RtpPacket] = []  # of this SSRC and numbering
        self.bytes_by_number: dict[tuple[int, int], bytes] = {}
        self.checked: dict[Consumer, int] = {}  # keeps those gone, too: no SSRC comes twice

    @property
    def is_current(self) -> bool:
        stream = self.producer.encodings[0].stream
        return stream is not None and stream.ssrc == self.ssrc

    @rule(count=st.integers(1, 12), keyframe=st.booleans(), order=st.randoms(use_true_random=False))
    def frame(self, count: int, keyframe: bool, order: Random) -> None:
        """In one batch, some of it lost, doubled, in another order."""
        self.now += 1 / 30
        self.timestamp += 3000
        packets = [
            video(self.sequence + index, self.timestamp, self.ssrc, keyframe and not index)
            for index in range(count)
        ]
        self.sequence += count
        self.made += packets
        fate = order.random()
        if fate < 0.2:
            order.shuffle(packets)
        elif fate < 0.4:
            self.lost += 1
            packets.pop(order.randrange(count))
        elif fate < 0.6:
            packets += packets
        self.outlet.feed(self.producer, packets, self.now)

    @rule(back=st.integers(1, 60))
    def late(self, back: int) -> None:
        if back <= len(self.made) and self.is_current:
            self.outlet.feed(self.producer, [self.made[-back]], self.now)

    @rule(back=st.integers(1, 60))
    def retransmission(self, back: int) -> None:
        if back <= len(self.made):
            received = self.producer.encodings[0].receive(
                self.made[-back], self.now, retransmitted=True
            )
            if received is not None:
                self.outlet.forward(self.producer, [received])

    @rule(back=st.integers(1, 5))
    def packet_of_another_ssrc(self, back: int) -> None:
        ssrc = max(1, self.ssrc - back)
        if ssrc != self.ssrc and self.is_current:
            self.outlet.feed(self.producer, [video(self.sequence, 5, ssrc)], self.now)

    @rule(sequence=st.integers(0, 0xFFFF), timestamp=st.integers(0, 0xFFFFFFFF))
    def new_ssrc(self, sequence: int, timestamp: int) -> None:
        self.ssrc += 1
        self.sequence, self.timestamp = sequence, timestamp
        self.made.clear()

    @rule(jump=st.integers(3001, 60000))
    def restart(self, jump: int) -> None:
        self.sequence += jump
        self.made.clear()

    @rule(jump=st.integers(100, 2900))
    def outage(self, jump: int) -> None:
        self.sequence += jump
        self.lost += jump
        self.now += 2
        self.timestamp += 180_000

    @rule(muted=st.booleans())
    def mute(self, muted: bool) -> None:
        self.producer.set_muted(muted)

    @rule(first=st.integers(1, 32767))
    def come(self, first: int) -> None:
        if len(self.consumers) < 4:
            number = 10_000 + 2 * len(self.checked)
            consumer = make_consumer(self.producer, number, first)
            self.consumers.append(consumer)
            self.checked[consumer] = 0
            self.producer.resume(consumer)

    @rule(which=st.integers(0, 3))
    def go(self, which: int) -> None:
        if which < len(self.consumers):
            self.producer.remove_consumer(self.consumers.pop(which))

    @rule(which=st.integers(0, 3))
    def pause_and_resume(self, which: int) -> None:
        if which < len(self.consumers):
            self.producer.pause(self.consumers[which])
            self.producer.resume(self.consumers[which])

    @rule(which=st.integers(0, 3), back=st.integers(0, 600))
    def nack(self, which: int, back: int) -> None:
        """A retransmission is what left under that number, but for when it leaves."""
        if which >= len(self.consumers):
            return
        consumer = self.consumers[which]
        plan = plan_of(consumer)
        number = (plan.last_sequence - back) & 0xFFFF
        self.now += 0.1
        for data in consumer.resend((number,), self.now):
            original = unwrap_rtx(parse_rtp(data), plan.payload_type, plan.ssrc)
            sent = self.bytes_by_number[plan.ssrc, number]
            header, tail = sent[:HEADER_SIZE], sent[HEADER_SIZE:]
            assert original.serialize() == header + restamped(tail, self.now)

    @invariant()
    def every_number_is_used_once(self) -> None:
        """Other bytes under the same number would break AES-GCM."""
        for consumer in self.consumers:
            sent = self.outlet.raw(consumer)
            for data in sent[self.checked[consumer] :]:
                key = plan_of(consumer).ssrc, parse_rtp(data).sequence_number
                assert key not in self.bytes_by_number
                self.bytes_by_number[key] = data
            self.checked[consumer] = len(sent)

    @invariant()
    def streams_begin_at_a_keyframe_with_the_number_given(self) -> None:
        for consumer in self.consumers:
            packets = self.outlet.got(consumer)
            if packets:
                assert parse_vp8(packets[0].payload).is_keyframe
                assert packets[0].sequence_number == consumer.first_sequence

    @invariant()
    def holes_are_only_what_the_publisher_lost(self) -> None:
        for consumer in self.consumers:
            packets = self.outlet.raw(consumer)
            if packets:
                plan = plan_of(consumer)
                span = plan.last_sequence - consumer.first_sequence + 1
                assert 0 <= span - len(packets) <= self.lost

    @invariant()
    def timestamps_follow_the_numbers(self) -> None:
        for consumer in self.consumers:
            first = consumer.first_sequence
            packets = sorted(
                self.outlet.got(consumer), key=lambda p: (p.sequence_number - first) & 0xFFFF
            )
            for before, after in pairwise(packets):
                assert ts_diff(after.timestamp, before.timestamp) >= 0


ProducerMachine.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],  # on a busy machine
)
TestProducer = ProducerMachine.TestCase
