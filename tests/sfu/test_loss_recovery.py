"""Publisher → SFU → subscriber over bad networks, with NACK on both ways, in virtual time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import pytest

from sfu.nack import NackGenerator
from sfu.publisher import Publisher
from sfu.wire.rtcp import parse_rtcp, serialize_rtcp
from sfu.wire.rtcp_feedback import Nack
from sfu.wire.rtp import RtpPacket, parse_rtp, unwrap_rtx, wrap_rtx
from sfu.wire.seq import Unwrapper
from tests.sfu.streams import (
    RTX_SSRC,
    VP8,
    Outlet,
    make_consumer,
    plan_of,
    published,
    video,
)
from tests.support.network import Conditions, Link, run

RATE = 150  # packets per second


class Sender:
    """A client's sending half: a burst each frame, and answers to NACKs by RTX; as a browser's, not
    oftener than once in a round trip."""

    def __init__(self, round_trip_s: float) -> None:
        self.count = 0
        self._round_trip_s = round_trip_s
        self._again_at: dict[int, float] = {}
        self._sent: deque[RtpPacket] = deque(maxlen=1000)
        self._rtx = 0

    def packets(self, now: float) -> list[bytes]:
        made = []
        while self.count < now * RATE:
            packet = video(self.count, int(self.count / 5) * 3000, keyframe=not self.count)
            self._sent.append(packet)
            self.count += 1
            made.append(packet.serialize())
        return made

    def answer(self, data: bytes, now: float) -> list[bytes]:
        wanted = {
            number
            for packet in parse_rtcp(data)
            if isinstance(packet, Nack)
            for number in packet.sequence_numbers
            if now - self._again_at.get(number, -9.0) >= self._round_trip_s
        }
        self._again_at |= dict.fromkeys(wanted, now)
        resent = []
        for packet in self._sent:
            if packet.sequence_number in wanted:
                self._rtx += 1
                rtx = wrap_rtx(packet, VP8.rtx_payload_type or 0, RTX_SSRC, self._rtx & 0xFFFF)
                resent.append(rtx.serialize())
        return resent


class Receiver:
    """A client's receiving half: what arrived when, and NACKs for the rest."""

    def __init__(self, ssrc: int, payload_type: int) -> None:
        self.arrived: dict[bytes, float] = {}  # payload → when first
        self.by_number: dict[int, bytes] = {}
        self._ssrc, self._payload_type = ssrc, payload_type
        self._unwrapper, self._nack = Unwrapper(), NackGenerator()

    def take(self, data: bytes, now: float) -> None:
        packet = parse_rtp(data)
        if packet.ssrc != self._ssrc:
            packet = unwrap_rtx(packet, self._payload_type, self._ssrc)
        sequence = self._unwrapper.unwrap(packet.sequence_number)
        assert self.by_number.setdefault(sequence, packet.payload) == packet.payload
        self._nack.received(sequence, now)
        self.arrived.setdefault(packet.payload, now)

    def nacks(self, now: float) -> bytes | None:
        lost = self._nack.due(now)
        return Nack(1, self._ssrc, tuple(lost)).serialize() if lost else None


@dataclass
class Outcome:
    share: float  # of the packets sent in all but the last second, arrived
    slowest_s: float  # from sending to arriving
    resent_share: float
    datagrams: int  # RTCP and RTX the SFU sent to the publisher and the subscriber


def call(up: Conditions, down: Conditions, seed: int, duration_s: float = 8.0) -> Outcome:
    """One camera through the SFU to one subscriber."""
    publisher, outlet = Publisher("connection", "cname", 9, 0.0), Outlet()
    publisher.negotiate([published()], {}, lambda: "track")
    producer = publisher.producers["0"]
    consumer = make_consumer(producer)
    consumer.resending.round_trip_s = 2 * down.delay_s
    plan = plan_of(consumer)
    producer.resume(consumer)
    sender, receiver = Sender(2 * up.delay_s), Receiver(plan.ssrc, plan.payload_type)
    to_sfu, to_publisher = Link(up, seed), Link(up, seed + 1)
    to_receiver, from_receiver = Link(down, seed + 2), Link(down, seed + 3)
    forwarded = 0
    reports = 0

    def step(now: float) -> None:
        nonlocal forwarded, reports
        for data in sender.packets(now):
            to_sfu.send(data, now)
        for data in to_publisher.receive(now):
            for packet in sender.answer(data, now):
                to_sfu.send(packet, now)
        for data in to_sfu.receive(now):
            received = publisher.receive_rtp(data, now)
            if received is not None:
                outlet.forward(received[0], [received[1]])
        feedback = publisher.feedback(now)
        if feedback:
            reports += 1
            to_publisher.send(serialize_rtcp(feedback), now)
        sent = outlet.raw(consumer)
        for data in sent[forwarded:]:
            to_receiver.send(data, now)
        forwarded = len(sent)
        for data in from_receiver.receive(now):
            for report in parse_rtcp(data):
                if isinstance(report, Nack):
                    for again in consumer.resend(report.sequence_numbers, now):
                        to_receiver.send(again, now)
        for data in to_receiver.receive(now):
            receiver.take(data, now)
        nacks = receiver.nacks(now)
        if nacks is not None:
            from_receiver.send(nacks, now)

    run(step, duration_s)
    expected = {
        video(n, int(n / 5) * 3000, keyframe=not n).payload: n / RATE
        for n in range(int((duration_s - 1) * RATE))
    }
    delays = [receiver.arrived[p] - at for p, at in expected.items() if p in receiver.arrived]
    return Outcome(
        len(delays) / len(expected),
        max(delays),
        consumer.resending.resent / plan.packets_sent,
        reports,
    )


ROUND_TRIP = 0.1


@pytest.mark.parametrize(
    ("loss", "share", "slowest_s"),
    [(0.0, 1.0, 0.15), (0.01, 0.999, 0.3), (0.05, 0.995, 0.45), (0.1, 0.98, 0.66)],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_loss_both_ways_is_repaired(loss: float, share: float, slowest_s: float, seed: int) -> None:
    conditions = Conditions(loss=loss, delay_s=ROUND_TRIP / 2, jitter_s=0.01)
    outcome = call(conditions, conditions, seed)
    assert outcome.share >= share
    assert outcome.slowest_s <= slowest_s
    assert outcome.resent_share <= 2.5 * loss + 0.01


@pytest.mark.parametrize(
    ("conditions", "share"),
    [
        (Conditions(delay_s=0.05, burst_enter=0.005, burst_leave=0.15), 0.98),
        (Conditions(delay_s=0.02, reordered=0.05), 1.0),
        (Conditions(delay_s=0.15, loss=0.05), 0.98),
        (Conditions(delay_s=0.01, loss=0.3), 0.97),
    ],
)
def test_other_bad_networks(conditions: Conditions, share: float) -> None:
    assert call(conditions, conditions, 3).share >= share


def test_a_queue_that_overflows_is_not_flooded_with_retransmissions() -> None:
    """80 % of the rate needed: what cannot pass must not be multiplied."""
    size = len(video(0, 0).serialize()) + 8
    narrow = Conditions(delay_s=0.05, rate_bps=RATE * size * 8 * 0.8, queue_bytes=5000)
    outcome = call(Conditions(delay_s=0.02), narrow, 4)
    assert outcome.resent_share <= 0.6


def test_reordering_alone_delays_nothing_for_long() -> None:
    outcome = call(Conditions(), Conditions(delay_s=0.02, reordered=0.05), 5)
    assert outcome.slowest_s < 0.1
