"""A subscriber at the end of a bad line, in virtual time: source, link, receiver, way back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from math import inf
from random import Random
from struct import Struct

from sfu.arrivals import ArrivalLog
from sfu.bandwidth.acknowledged_rate import AcknowledgedRate
from sfu.bandwidth.acknowledgements import ArrivedRun
from sfu.bandwidth.aimd import AimdRateController
from sfu.bandwidth.delay_based import DelayDetector
from sfu.bandwidth.estimator import BandwidthEstimator
from sfu.pacer import Waiting
from sfu.pacing import Pacing
from sfu.plan import Plan
from sfu.wire.transport_feedback import TransportFeedback, parse_transport_feedback
from tests.support.network import Conditions, Link

TICK_S = 0.001
PACKET = 1100
SOUND = 120  # bytes of a packet
PACED_EVERY_S = 0.5  # the rate is set anew
_HEAD = Struct("!Hd")
_PLAN = Plan(ssrc=1, payload_type=96, destination=None)
_CLOCK_OFFSET_S = 4321.25  # the receiver's clock has another origin


class Source:
    """Sound at 50 packets/s and pictures at 30 frames/s, each frame at once; at more frames/s it
    is those of several cameras in turn.

    The picture takes what `rate_of` gives it, sound included, as an SFU with very fine layers
    would; every `keyframe_s` a frame is `keyframe_times` as large."""

    def __init__(
        self,
        rate_of: Callable[[], float],
        keyframe_s: float = inf,
        keyframe_times: float = 4,
        frames_per_s: float = 30,
    ) -> None:
        self._rate_of = rate_of
        self._frames_per_s = frames_per_s
        self._keyframe_times = keyframe_times
        self._keyframe_s = keyframe_s
        self._sound_at = self._frame_at = 0.0
        self._keyframe_at = keyframe_s
        self._owed = 0.0

    def sound(self, now: float) -> list[int]:
        """Sizes of the packets to send now."""
        if now < self._sound_at:
            return []
        self._sound_at += 0.02
        return [SOUND]

    def picture(self, now: float) -> list[int]:
        """The same."""
        sizes: list[int] = []
        if now >= self._frame_at:
            self._frame_at += 1 / self._frames_per_s
            size = max(0.0, self._rate_of() - 48_000) / 8 / self._frames_per_s
            if now >= self._keyframe_at:
                self._keyframe_at += self._keyframe_s
                self._owed -= (self._keyframe_times - 1) * size
                size *= self._keyframe_times
            elif self._owed < 0:
                size, self._owed = size * 0.8, self._owed + size * 0.2
            while size > 0:
                sizes.append(int(min(size, PACKET)) + 60)
                size -= PACKET
        return sizes


class Receiver:
    """Sends transport-wide feedback as a browser does, or REMB as an old one does."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.bytes = 0
        self._log = ArrivalLog()
        self._rate = AcknowledgedRate(512)
        self._delay = DelayDetector()
        self._aimd = AimdRateController(300_000.0)
        self._number = 0
        self._remb_at = 0.0

    def take(self, packet: bytes, now: float) -> None:
        number, sent_at = _HEAD.unpack_from(packet)
        self.bytes += len(packet)
        if self.kind == "feedback":
            self._log.note(number, 1, now + _CLOCK_OFFSET_S)
            return
        self._number += 1
        self._rate.update(now, len(packet))
        run = ArrivedRun(self._number, self._number + 1, sent_at, now, now, 1, len(packet), True)
        self._delay.update([run])

    def feedback(self, now: float) -> TransportFeedback | None:
        if self.kind != "feedback":
            return None
        return self._log.due(1, now + _CLOCK_OFFSET_S)

    def remb(self, now: float) -> float | None:
        if self.kind != "remb" or now < self._remb_at:
            return None
        self._remb_at = now + 0.2
        return self._aimd.update(self._delay.state, self._rate.bps, False, now)


class Call:
    """One subscriber; `run` lets time pass and keeps a trace."""

    def __init__(
        self,
        conditions: Conditions,
        *,
        back: Conditions | None = None,
        max_rate_bps: float = 6e6,
        kind: str = "feedback",
        seed: int = 1,
        keyframe_s: float = inf,
        keyframe_times: float = 4,
        frames_per_s: float = 30,
        estimator: BandwidthEstimator | None = None,
        rate_of: Callable[[], float] | None = None,
        paced: bool = False,
    ) -> None:
        """:param paced: pictures wait in the pacer where the line is a thin one, as an SFU's do"""
        self.estimator = estimator or BandwidthEstimator()
        self.forward = Link(conditions, seed)
        self.back = Link(back or Conditions(delay_s=0.03), seed + 1)
        self.receiver = Receiver(kind)
        self.now = 0.0
        self.trace: list[tuple[float, float, float]] = []  # time, estimate, queue in seconds
        self.delivered: list[tuple[float, int]] = []
        self._padding_random = Random(seed)
        self._source = Source(
            rate_of or (lambda: min(self.estimator.estimate_bps, max_rate_bps)),
            keyframe_s,
            keyframe_times,
            frames_per_s,
        )
        self._traced_at = 0.0
        self.padding_bytes = 0
        self.pacing = Pacing() if paced else None
        self.waits: list[tuple[float, float]] = []  # of packets paced: when they left, how long
        self._pace_at = 0.0
        self._picture_number = 0
        self._index = 0

    def change(self, **conditions: float | None) -> None:
        """The line is another from now on."""
        self.forward.conditions = replace(self.forward.conditions, **conditions)  # type: ignore[arg-type]

    def run(self, duration_s: float) -> None:
        end = self._index + round(duration_s / TICK_S)
        while self._index < end:
            self.now = self._index * TICK_S
            self._index += 1
            self._step(self.now)

    def _step(self, now: float) -> None:
        estimator, forward = self.estimator, self.forward
        self._send(self._source.sound(now), now)
        self._send_picture(self._source.picture(now), now)
        if self._index % 5 == 0:
            for padding in estimator.probe(now):
                whole, rest = divmod(padding.size_bytes, padding.packet_bytes)
                self.padding_bytes += padding.size_bytes
                sizes = [padding.packet_bytes] * whole + ([rest] if rest >= 40 else [])
                self._send(sizes, now)
        for packet in forward.receive(now):
            self.receiver.take(packet, now)
        self._report(now)
        if now >= self._traced_at:
            self._traced_at += 0.1
            self.trace.append((now, estimator.estimate_bps, self.queue_s))
            self.delivered.append((now, self.receiver.bytes))

    @property
    def queue_s(self) -> float:
        """How long a packet sent now waits."""
        return max(0.0, self.forward._free_at - self.now)

    def _send_picture(self, sizes: list[int], now: float) -> None:
        pacing = self.pacing
        if pacing is None:
            self._send(sizes, now)
            return
        if now >= self._pace_at:
            self._pace_at += PACED_EVERY_S
            estimator = self.estimator
            self._leave(
                pacing.update(estimator.estimate_bps, SOUND * 400, estimator.limited_at, now), now
            )
        if pacing.pacer is None:
            self._send(sizes, now)
            return
        for size in sizes:
            self._picture_number += 1
            pacing.pacer.put(_PLAN, self._picture_number & 0xFFFF, size, now)
        if self._index % 10 == 0:
            self._leave(pacing.pacer.due(now), now)

    def _leave(self, waiting: Iterable[Waiting | bytes], now: float) -> None:
        left = [each for each in waiting if isinstance(each, Waiting)]
        self.waits += [(now, now - each.since) for each in left]
        self._send([each.size_bytes for each in left], now)

    def _send(self, sizes: Iterable[int], now: float) -> None:
        sizes = list(sizes)
        first = self.estimator.sent.next_number
        self.estimator.sent.note_run(len(sizes), sum(sizes), now)
        for index, size in enumerate(sizes):
            head = _HEAD.pack((first + index) & 0xFFFF, now)
            self.forward.send(head + bytes(size - len(head)), now)

    def _report(self, now: float) -> None:
        feedback = self.receiver.feedback(now)
        if feedback is not None:
            self.back.send(b"F" + feedback.serialize()[4:], now)
        remb = self.receiver.remb(now)
        if remb is not None:
            self.back.send(b"R%f" % remb, now)
        for message in self.back.receive(now):
            if message[:1] == b"F":
                self.estimator.on_feedback(parse_transport_feedback(message[1:]), now)
            else:
                self.estimator.on_remb(float(message[1:]), now)

    # --- what was seen --------------------------------------------------------------------------

    def mean_bps(self, since: float, until: float = inf) -> float:
        rates = [bps for at, bps, _ in self.trace if since <= at < until]
        return sum(rates) / len(rates)

    def delivered_bps(self, since: float, until: float = inf) -> float:
        """What arrived, padding included."""
        seen = [(at, count) for at, count in self.delivered if since <= at < until]
        return (seen[-1][1] - seen[0][1]) * 8 / (seen[-1][0] - seen[0][0])

    def queue_share(self, above_s: float, since: float, until: float = inf) -> float:
        """Share of the time in which a packet would have waited longer than ``above_s``."""
        waits = [wait for at, _, wait in self.trace if since <= at < until]
        return sum(wait > above_s for wait in waits) / len(waits)

    @property
    def lost_share(self) -> float:
        """Share of the packets that found the line's queue full."""
        return self.forward.dropped / self.forward.sent

    def first_above(self, bps: float, since: float) -> float | None:
        """Seconds after ``since`` until the estimate was over ``bps``."""
        return next((at - since for at, rate, _ in self.trace if at >= since and rate >= bps), None)

    def first_below(self, bps: float, since: float) -> float | None:
        return next((at - since for at, rate, _ in self.trace if at >= since and rate <= bps), None)
