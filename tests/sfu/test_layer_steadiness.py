"""At a constant estimate the picture stays as it is, whatever keyframes the changes cost."""

from __future__ import annotations

import pytest

from sfu.layer_control import LayerControl
from sfu.layer_demand import LayerDemand
from sfu.subscriber import Section
from sfu.wire.rtp import RtpPacket
from tests.sfu.streams import Outlet, make_consumer
from tests.sfu.test_simulcast import TICKS, frame, make_simulcast

FPS = 30
THIN, WIDE = 400e3, 2.08e6


class Call:
    """A camera in three sizes that answers requests for keyframes and leaves out what nobody
    watches, and one subscriber of it."""

    def __init__(self, keyframe_bytes: int, answers_after: int = 6) -> None:
        """:param answers_after: frames until the publisher does as it was told"""
        self.producer = make_simulcast()
        self.consumer = make_consumer(self.producer)
        self.producer.resume(self.consumer)
        self.section = Section(self.consumer.media, self.producer, self.consumer)
        self.control, self.demand = LayerControl(), LayerDemand(self.producer)
        self.outlet = Outlet()
        self.rates = [150e3, 500e3, 1500e3]  # bits a second, by encoding
        self.keyframe_bytes = keyframe_bytes  # of the largest, beside its share
        self.answers_after = answers_after
        self.count = 0
        self.sequence = [0, 0, 0]
        self.sent = {"q": True, "h": True, "f": True}
        self.told: list[tuple[int, tuple[str, ...]]] = []
        self.seen: list[tuple[float, int]] = []  # when, which encoding

    @property
    def now(self) -> float:
        return self.count / FPS

    def run(self, seconds: float, budget_bps: float | None) -> None:
        for _ in range(round(seconds * FPS)):
            self.count += 1
            self._publish()
            if self.count % 15 == 0:
                self.control.update([self.section], budget_bps, self.now)
                watched = self.demand.due(self.now)
                if watched is not None:
                    self.told.append((self.count + self.answers_after, watched.rids))
            now = self.consumer.encoding.index if self.consumer.encoding else -1
            if not self.seen or self.seen[-1][1] != now:
                self.seen.append((self.now, now))

    def _publish(self) -> None:
        begun = set()
        while self.told and self.told[0][0] <= self.count:
            wanted = self.told.pop(0)[1]
            begun = {rid for rid in wanted if not self.sent[rid]}
            self.sent = {rid: rid in wanted for rid in self.sent}
        taken = []
        for encoding, rid in zip(self.producer.encodings, self.producer.rids, strict=True):
            if not self.sent[rid]:
                continue
            key = self.count == 1 or rid in begun or encoding.keyframes.due(self.now)
            for packet in self._frame(encoding.index, key):
                taken.append(encoding.receive(packet, self.now))
        self.outlet.forward(self.producer, [packet for packet in taken if packet is not None])

    def _frame(self, index: int, key: bool) -> list[RtpPacket]:
        size = self.rates[index] / 8 / FPS
        if key:
            size += self.keyframe_bytes / (10, 3, 1)[index]
        parts = max(1, round(size / 1200))
        packets = []
        for part in range(parts):
            self.sequence[index] += 1
            packet = frame(index, self.sequence[index], key and part == 0)
            packet.timestamp = (0x40000000 * index + self.count * TICKS) & 0xFFFFFFFF
            packet.payload += bytes(int(size / parts))
            packet.marker = part == parts - 1
            packets.append(packet)
        return packets


@pytest.mark.parametrize("answers_after", [1, 6, 45])
@pytest.mark.parametrize("keyframe_bytes", [0, 60_000, 90_000])
def test_a_line_that_widens_brings_the_large_picture_for_good(
    keyframe_bytes: int, answers_after: int
) -> None:
    call = Call(keyframe_bytes, answers_after)
    call.run(2, None)
    call.run(10, THIN)
    assert call.seen[-1][1] == 0
    call.run(25, WIDE)
    assert [index for _, index in call.seen][-2:] == [0, 2]
    assert call.seen[-1][0] < 12 + 1.5 + answers_after / FPS + 0.5


def test_a_line_that_shrinks_brings_the_small_one_within_a_second() -> None:
    """What smooths the rates must not hide the budget."""
    call = Call(60_000)
    call.run(12, WIDE)
    assert call.seen[-1][1] == 2
    call.run(1, 600e3)
    assert call.seen[-1] == (pytest.approx(12.5, abs=0.6), 1)
    call.run(1, 200e3)
    assert call.seen[-1] == (pytest.approx(13.5, abs=0.6), 0)


def test_a_picture_that_takes_more_than_before_gives_way_within_the_windows_kept() -> None:
    call = Call(60_000)
    call.run(12, WIDE)
    call.rates[2] *= 2
    call.run(5, WIDE)
    assert call.seen[-1][1] == 1
