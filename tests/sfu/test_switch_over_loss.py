"""A viewer's change of layers, where the publisher's line loses packets, in virtual time."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest

from sfu.publisher import Publisher
from sfu.wire.ntp import ntp_from_unix
from sfu.wire.rtcp import parse_rtcp, serialize_rtcp
from sfu.wire.rtcp_feedback import Nack, PictureLossIndication
from sfu.wire.rtcp_reports import SenderReport
from sfu.wire.rtp import RtpPacket, build_extensions, parse_rtp, wrap_rtx
from tests.sfu.streams import RTX_SSRC, SSRC, VP8, Outlet, make_consumer, vp8_payload
from tests.sfu.test_simulcast import RID_SECTION
from tests.support.network import Conditions, Link, run

RATE = 15  # frames per second
PARTS = (1, 5)  # packets of a frame, by layer
KEYFRAME = 4  # times as many
RIDS = ("q", "h")
TOP = len(RIDS) - 1
SECTION = replace(RID_SECTION, rids=RIDS)
SWITCH_EVERY_S = 1.5


class SimulcastCamera:
    """A browser's sending half: keyframes of all layers where one is asked for, RTX for NACKs."""

    def __init__(self) -> None:
        self._random = Random(1)
        self._frames = 0
        self._keyframe = True
        self._count = [0, 0]
        self._rtx = [0, 0]
        self._sent = [deque[RtpPacket](maxlen=500) for _ in RIDS]

    def packets(self, now: float) -> list[bytes]:
        made = []
        while self._frames < now * RATE:
            keyframe, self._keyframe = self._keyframe, False
            for layer in reversed(range(len(RIDS))):
                made += self._frame(layer, keyframe)
                if keyframe:  # a browser sends its report just then
                    made.insert(-1, self._report(layer, now))
            self._frames += 1
        return made

    def _report(self, layer: int, now: float) -> bytes:
        """Whose clocks differ a little each time."""
        rtp = round(now * 90_000) + self._random.randrange(-50, 50)
        return SenderReport(SSRC + layer, ntp_from_unix(now), rtp, 1, 1).serialize()

    def _frame(self, layer: int, keyframe: bool) -> list[bytes]:
        parts = PARTS[layer] * (KEYFRAME if keyframe else 1)
        made = []
        for part in range(parts):
            mark = b"/%d/%d/%d/%d/%d" % (layer, self._frames, keyframe, part, parts)
            packet = RtpPacket(
                payload_type=VP8.payload_type,
                sequence_number=self._count[layer] & 0xFFFF,
                timestamp=self._frames * 90_000 // RATE,
                ssrc=SSRC + layer,
                payload=vp8_payload(keyframe, part == 0, mark),
                marker=part == parts - 1,
            )
            named = [(1, b"0"), (2, RIDS[layer].encode())]
            packet.extension_profile, packet.extension_data = build_extensions(named)
            self._count[layer] += 1
            self._sent[layer].append(packet)
            made.append(packet.serialize())
        return made

    def answer(self, data: bytes) -> list[bytes]:
        again = []
        for report in parse_rtcp(data):
            if isinstance(report, PictureLossIndication):
                self._keyframe = True
            elif isinstance(report, Nack):
                layer = report.media_ssrc - SSRC
                for packet in self._sent[layer]:
                    if packet.sequence_number in report.sequence_numbers:
                        self._rtx[layer] += 1
                        ssrc = RTX_SSRC + layer
                        repeat = wrap_rtx(packet, VP8.rtx_payload_type or 0, ssrc, self._rtx[layer])
                        again.append(repeat.serialize())
        return again


class Viewer:
    """Shows each frame that is whole and follows the one shown before, or is a later keyframe. As
    browsers do, it knows frames by numbers that run through all layers (dependency descriptor)."""

    def __init__(self) -> None:
        self.shown_at: list[float] = []
        self.layers: list[int] = []
        self._parts: dict[tuple[int, int], set[int]] = {}  # by number and timestamp
        self._whole: dict[int, bool] = {}  # number → keyframe
        self._last = -1

    def take(self, packet: RtpPacket, now: float) -> None:
        layer, frame, keyframe, part, parts = map(int, packet.payload.split(b"/")[-5:])
        number = frame * len(RIDS) + TOP - layer  # the largest picture comes first
        got = self._parts.setdefault((number, packet.timestamp), set())
        got.add(part)
        if len(got) == parts:
            self._whole[number] = bool(keyframe)
        while (following := self._next()) is not None:
            self._last = following
            self.shown_at.append(now)
            self.layers.append(TOP - following % len(RIDS))
            del self._whole[following]

    def _next(self) -> int | None:
        if (following := self._last + len(RIDS)) in self._whole:
            return following
        later = (n for n, keyframe in self._whole.items() if keyframe and n > self._last)
        return min(later, default=None)


def watch(line: Conditions, seed: int, duration_s: float = 30.0) -> Viewer:
    """A viewer that wants the other layer every `SWITCH_EVERY_S`."""
    publisher, outlet = Publisher("one", "cname", 9, 0.0), Outlet()
    camera, viewer = SimulcastCamera(), Viewer()
    publisher.negotiate([SECTION], {}, lambda: "track")
    producer = publisher.producers["0"]
    consumer = make_consumer(producer)
    producer.select(consumer, producer.encodings[0])
    to_sfu, to_publisher = Link(line, seed), Link(line, seed + 1)
    switches = seen = 0

    def step(now: float) -> None:
        nonlocal switches, seen
        if now > (switches + 1) * SWITCH_EVERY_S:
            switches += 1
            producer.select(consumer, producer.encodings[switches % 2])
        for data in camera.packets(now):
            to_sfu.send(data, now)
        for data in to_publisher.receive(now):
            for again in camera.answer(data):
                to_sfu.send(again, now)
        batch = []
        for data in to_sfu.receive(now):
            if 191 < data[1] < 224:
                publisher.receive_rtcp(parse_rtcp(data), now)
            elif (received := publisher.receive_rtp(data, now)) is not None:
                batch.append(received[1])
        outlet.forward(producer, batch)
        feedback = publisher.feedback(now)
        if feedback:
            to_publisher.send(serialize_rtcp(feedback), now)
        sent = outlet.raw(consumer)
        for data in sent[seen:]:
            viewer.take(parse_rtp(data), now)
        seen = len(sent)

    run(step, duration_s)
    return viewer


@pytest.mark.parametrize(("loss", "longest_s"), [(0.0, 0.1), (0.05, 0.5), (0.1, 0.75)])
@pytest.mark.parametrize("seed", [3, 13, 22])
def test_a_change_of_layers_never_stands_still_for_long(
    loss: float, longest_s: float, seed: int
) -> None:
    viewer = watch(Conditions(loss=loss, delay_s=0.05), seed)
    gaps = [after - before for before, after in pairwise(viewer.shown_at)]
    assert set(viewer.layers) == {0, 1}
    assert max(gaps) < longest_s
