"""A thin line that has just lost a lot, and a receiver that asks for all of it again and again."""

from __future__ import annotations

import pytest

from sfu.consumer import Consumer
from sfu.pacer import Pacer, Waiting
from sfu.producer import Producer
from sfu.wire.rtp import parse_rtp, unwrap_rtx
from sfu.wire.seq import Unwrapper
from tests.sfu.streams import Outlet, make_consumer, make_producer, plan_of, video
from tests.support.network import Conditions, Link, run

LINE = Conditions(delay_s=0.02, rate_bps=300_000, queue_bytes=7_500)
ESTIMATE_BPS, SOUND_BPS = 200_000, 65_000
FRAME_S = 1 / 15
PARTS, PART = 2, 420  # packets of a frame, and their bytes: 100 kbit/s
BURST_FRAME = 15
ASK_S, ASK_TIMES = 0.1, 10  # of a browser that knows no round trip


class Receiver:
    """Asks for what is missing as a browser does."""

    def __init__(self) -> None:
        self.arrived: dict[int, float] = {}  # by number
        self.repeats = 0  # that brought nothing new
        self._missing: dict[int, tuple[float, int]] = {}  # number → when to ask, how often it was
        self._unwrapper = Unwrapper()
        self._highest: int | None = None

    def take(self, data: bytes, now: float) -> None:
        packet = parse_rtp(data)
        if packet.ssrc != 7000:
            packet = unwrap_rtx(packet, 120, 7000)
        number = self._unwrapper.unwrap(packet.sequence_number)
        self.repeats += number in self.arrived
        self.arrived.setdefault(number, now)
        self._missing.pop(number, None)
        if self._highest is not None:
            for gap in range(self._highest + 1, number):
                self._missing[gap] = (now, 0)
        self._highest = max(number, self._highest or 0)

    def due(self, now: float) -> tuple[int, ...]:
        asked = [n for n, (at, times) in self._missing.items() if at <= now and times < ASK_TIMES]
        for number in asked:
            self._missing[number] = (now + ASK_S, self._missing[number][1] + 1)
        return tuple(number & 0xFFFF for number in asked)


class Scene:
    """One camera and sound through a line that the server comes to pace after a burst."""

    def __init__(self, line: Conditions, burst: int, seed: int = 1) -> None:
        """:param burst: packets, 480 bytes each"""
        self.producer: Producer = make_producer()
        self.consumer: Consumer = make_consumer(self.producer)
        self.producer.resume(self.consumer)
        self.consumer.resending.round_trip_s = 2 * line.delay_s
        self.pacer = Pacer()
        self.pacer.estimate(ESTIMATE_BPS, SOUND_BPS)
        self.receiver = Receiver()
        self.sent_at: dict[int, float] = {}
        self._burst = burst
        self._outlet = Outlet()
        way_back = Conditions(delay_s=line.delay_s, loss=line.loss)
        self._line, self._back = Link(line, seed), Link(way_back, seed + 1)
        self._number = self._frames = self._sounds = self._seen = 0

    def step(self, now: float) -> None:
        plan = plan_of(self.consumer)
        while self._frames * FRAME_S <= now:
            self._picture(self._burst if self._frames == BURST_FRAME else PARTS, now)
        if self._frames > BURST_FRAME:
            plan.pacer = self.pacer
        while self._sounds * 0.02 <= now:
            self._sounds += 1
            self._line.send(bytes(160), now)
        self.pacer.line_queue_s = max(0.0, self._line._free_at - now)
        for data in self._back.receive(now):
            asked = tuple(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))
            for again in self.consumer.resend(asked, now):
                self._line.send(again, now)
        for each in self.pacer.due(now):
            if isinstance(each, Waiting):
                left = plan.again(each.sequence)
                assert left is not None
                each = left[1] + left[2]
            self._line.send(each, now)
        for data in self._line.receive(now):
            if data[0]:
                self.receiver.take(data, now)
        asked = self.receiver.due(now)
        if asked:
            self._back.send(b"".join(number.to_bytes(2, "big") for number in asked), now)

    def _picture(self, parts: int, now: float) -> None:
        packets = []
        for _ in range(parts):
            packet = video(self._number, self._frames * 6000, keyframe=not self._number)
            packet.payload += bytes(PART)
            packets.append(packet)
            self.sent_at[100 + self._number] = now
            self._number += 1
        self._frames += 1
        self._outlet.feed(self.producer, packets, now)
        sent = self._outlet.raw(self.consumer)
        for data in sent[self._seen :]:
            self._line.send(data, now)
        self._seen = len(sent)


@pytest.mark.parametrize("burst", [30, 60])
def test_a_burst_that_was_lost_starts_no_storm_of_retransmissions(burst: int) -> None:
    scene = Scene(LINE, burst)
    run(scene.step, 8.0)
    receiver = scene.receiver
    delays = {
        at: receiver.arrived.get(number, 99.0) - at
        for number, at in scene.sent_at.items()
        if at < 7.0
    }
    assert receiver.repeats < 5
    assert scene.consumer.resending.resent < 1.5 * burst
    assert max(delay for at, delay in delays.items() if at > 3.0) < 0.15
    if burst == 30:  # of more the receiver has had enough before the line could carry it
        assert max(delays.values()) < 1.0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_on_a_line_that_loses_repairs_are_as_quick_paced_as_not(seed: int) -> None:
    """A low estimate has it paced, and there is no queue to wait for."""
    scene = Scene(Conditions(delay_s=0.05, loss=0.05), PARTS, seed)
    scene.pacer.estimate(900_000, SOUND_BPS)
    run(scene.step, 20.0)
    arrived = scene.receiver.arrived
    delays = [arrived.get(n, 99.0) - at for n, at in scene.sent_at.items() if at < 18.0]
    assert max(delays) < 0.45
    assert sum(delay > 0.3 for delay in delays) < 0.01 * len(delays)
