"""The transport on which a client gets the others' tracks."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sfu.bandwidth.estimator import BandwidthEstimator
from sfu.encoding import Encoding
from sfu.layer_control import LayerControl
from sfu.net.feedback_intake import FeedbackIntake
from sfu.net.native_signals import HEARD, OTHER, UNAUTHENTIC, URGENT
from sfu.net.path import Path
from sfu.net.transport import Transport
from sfu.net.transport_context import TransportContext
from sfu.pacer import UNKNOWN_QUEUE_S, Pacer, Waiting
from sfu.pacing import Pacing, paces
from sfu.plan import TRANSPORT_NUMBER_AT, UINT16
from sfu.send_stamps import restamped
from sfu.subscriber import Section, Subscriber
from sfu.wire.rtcp import RtcpPacket
from sfu.wire.rtcp_feedback import Remb
from sfu.wire.rtcp_reports import ReceiverReport, SourceDescription
from sfu.wire.transport_feedback import TransportFeedback

TICK_INTERVAL_S = 0.1  # nothing is as urgent here as a gap in what publishers send
RESTING_INTERVAL_S = 0.25
LATENESS = 0.9  # of an interval: the server's ticks come a little late
REPORT_INTERVAL_S = 1.0
LAYERS_INTERVAL_S = 0.5
SETTLE_S = 2.0  # after the keys, until an estimate is believed


class SubscribeTransport(Transport):
    name = "subscribe"

    def __init__(
        self,
        context: TransportContext,
        make_subscriber: Callable[[SubscribeTransport], Subscriber],
        sender_time: Callable[[str, Encoding, float], tuple[int, int] | None],
    ) -> None:
        """:param sender_time: (NTP time, RTP timestamp) of this instant, if known, given a
        publisher's connection id and the encoding"""
        super().__init__(context, "actpass")
        self.subscriber = make_subscriber(self)
        self._sender_time = sender_time
        self._intake: FeedbackIntake | None = None
        if context.listeners is None:
            self.estimator = BandwidthEstimator()
        else:
            self._intake = FeedbackIntake(context.listeners, self)
            self.estimator = BandwidthEstimator(make_signals=self._intake.make_signals)
        self._unknown = 0  # of what feedback told, counted for the server
        self.layers = LayerControl()
        self._layers_at = 0.0
        self._probes_succeeded = 0
        self._ready_at = 0.0
        self.due_at = 0.0  # when `tick` next has something to do
        self._report_at = 0.0
        self._media_started = False
        self._pacing = Pacing()

    def accepted(self, sections: Iterable[Section]) -> None:
        """The client's answer took these sections: forward to them, now or once there are keys."""
        if self.outbound is None or self.state in ("failed", "closed"):
            return
        for section in sections:
            plan = section.consumer.plan
            if plan is not None:
                plan.srtp, plan.srtp_at = self.outbound.handle, self.outbound.address
                plan.route_at = self.route_at
                plan.sent_log = self.estimator.sent if section.consumer.transport_cc else None
                section.producer.resume(section.consumer)

    def media_ready(self, now: float) -> None:
        self._ready_at = now
        self.accepted(self.subscriber.sections)

    def media_stopped(self) -> None:
        self.path_left()
        self._count()
        self._pacing.stop()
        self._give_pacer()
        for section in self.subscriber.sections:
            section.producer.pause(section.consumer)

    def media_started(self) -> None:
        """The first packets of a track have left for this subscriber."""
        self.due_at = self._report_at = 0.0
        if not self._media_started:
            self._media_started = True
            self._context.on_step("first_keyframe_forwarded", "ok", "")

    # --- RTCP -----------------------------------------------------------------------------------

    def _receive_srtcp(self, data: bytes, path: Path, now: float) -> None:
        intake, inbound = self._intake, self.inbound
        if intake is None or inbound is None or not inbound.knows(data[4:8]):
            super()._receive_srtcp(data, path, now)
            return
        taken = intake.receive(inbound, data, now)
        if taken == UNAUTHENTIC:
            self._reject()
            return
        if path is self._path:
            intake.listen(inbound, path, data[4:8])
        self._note_heard(path, now)
        plain = intake.signals.plain if taken & OTHER else b""
        if taken & HEARD:
            self._decide(taken & URGENT > 0, now)
        if plain:
            self._take_rtcp(plain, path, now)

    def feedback_taken(self, now: float) -> None:
        self._decide(True, now)

    def rtcp_unprotected(self, plain: bytes, now: float) -> None:
        if self._path is not None:
            self._take_rtcp(plain, self._path, now)

    def path_left(self) -> None:
        if self._intake is not None:
            self._intake.stop()

    async def close(self) -> None:
        try:
            await super().close()
        finally:
            self.path_left()  # until then feedback comes, and would be listened for again

    def _last_heard(self) -> float:
        heard_at = 0.0 if self._intake is None else self._intake.heard_at
        return max(super()._last_heard(), heard_at)

    def _note_heard(self, path: Path, now: float) -> None:
        if path is not self._path and self._intake is not None:
            agent = self.agent
            agent.selected_heard_at = max(agent.selected_heard_at, self._intake.heard_at)
        super()._note_heard(path, now)

    def _decide(self, urgent: bool, now: float) -> None:
        if urgent:
            self.due_at = min(self.due_at, now + LATENESS * TICK_INTERVAL_S)
        self._count_unknown()
        self.estimator.on_signals(urgent, now)

    def receive_rtcp(self, packets: list[RtcpPacket], now: float) -> None:
        self._estimate(packets, now)
        if all([isinstance(packet, TransportFeedback) for packet in packets]):
            return  # by far the most frequent
        again = self.subscriber.receive_rtcp(packets, now)
        self._context.counters.note_received(packets)
        self._context.counters.packets_resent += len(again)
        self._send(again, now)
        if self.pacer is not None:
            self._leave(self.pacer.due(now), now)

    def _estimate(self, packets: list[RtcpPacket], now: float) -> None:
        for packet in packets:
            if isinstance(packet, TransportFeedback):
                self.estimator.on_feedback(packet, now)
                self._count_unknown()
            elif isinstance(packet, Remb):
                self.estimator.on_remb(packet.bitrate_bps, now)
            elif isinstance(packet, ReceiverReport) and packet.reports:
                lost = max(block.fraction_lost for block in packet.reports)
                self.estimator.on_report(lost / 256, now)

    def _count_unknown(self) -> None:
        unknown = self.estimator.signals.unknown
        if unknown != self._unknown:
            self._context.counters.unknown_feedback += unknown - self._unknown
            self._unknown = unknown

    def _send(self, datagrams: list[bytes], now: float) -> None:
        """Each with a transport-wide number of its own."""
        if self.outbound is None or self.path is None:
            return
        for data in datagrams:
            if self._numbered:
                stamped = bytearray(data)
                UINT16.pack_into(
                    stamped, TRANSPORT_NUMBER_AT, self.estimator.sent.note(len(data), now)
                )
                data = bytes(stamped)
            protected = self.outbound.protect_rtp(data)
            if protected is not None:
                self.path.send(protected)

    @property
    def _numbered(self) -> bool:
        return any(section.consumer.transport_cc for section in self.subscriber.sections)

    @property
    def budget_bps(self) -> float | None:
        """What the line carries; None where the client reports nothing it could be told by."""
        source = self.estimator.source
        if source not in ("feedback", "remb"):
            return None
        # libwebrtc leaves sound out of its receiver's estimate, which follows what video it gets.
        beside = self._audio_bps if source == "remb" else 0.0
        return self.estimator.estimate_bps + beside

    @property
    def _audio_bps(self) -> float:
        flowing = [section.consumer.encoding for section in self.subscriber.sections]
        return sum([e.rate.bps for e in flowing if e is not None and e.codec.kind == "audio"])

    def _choose_layers(self, now: float) -> None:
        succeeded = self.estimator.probes_succeeded
        if now < self._layers_at and succeeded == self._probes_succeeded:
            return
        self._layers_at = now + LATENESS * LAYERS_INTERVAL_S
        budget_bps = self.budget_bps if now - self._ready_at >= SETTLE_S else None
        self._pace(budget_bps, now)
        self.layers.update(
            self.subscriber.sections,
            budget_bps,
            now,
            probe_succeeded=succeeded > self._probes_succeeded,
        )
        self._probes_succeeded = succeeded
        if self.layers.allocation is not None:
            self.estimator.wanted_bps = self.layers.allocation.wanted_bps

    # --- pacing ---------------------------------------------------------------------------------

    @property
    def pacer(self) -> Pacer | None:
        """Where the line is a thin one."""
        return self._pacing.pacer

    @property
    def hurried(self) -> bool:
        """Whether `hurry` is to be called every 10 ms. Begins with a `tick` only."""
        if self.state in ("failed", "closed"):
            return False
        return self.estimator.probing or self._pacing.pacer is not None

    def hurry(self, now: float) -> None:
        """Send what is due of padding and of what waits."""
        if self.pacer is not None:
            queue_s = self.estimator.queue_s
            self.pacer.line_queue_s = UNKNOWN_QUEUE_S if queue_s is None else queue_s
            self._leave(self.pacer.due(now), now)
        if self.estimator.probing:
            self.probe(now)

    def _pace(self, budget_bps: float | None, now: float) -> None:
        """Begin or end to pace, or go on by a new estimate."""
        limited_at = self.estimator.limited_at
        if self.pacer is not None:
            self._count()
        elif not paces(budget_bps, now - limited_at, already=False):
            return
        left = self._pacing.update(budget_bps, self._audio_bps, limited_at, now)
        self._give_pacer()
        self._leave(left, now)

    def _give_pacer(self) -> None:
        for section in self.subscriber.sections:
            plan = section.consumer.plan
            if plan is not None:
                plan.pacer = self.pacer if section.consumer.may_wait else None

    def _leave(self, waiting: list[Waiting | bytes], now: float) -> None:
        datagrams = []
        for each in waiting:
            if isinstance(each, bytes):
                datagrams.append(each)
                self._context.counters.packets_resent += 1
            elif (left := each.plan.again(each.sequence)) is not None:
                datagrams.append(left[1] + restamped(left[2], now))
        self._send(datagrams, now)

    def probe(self, now: float) -> None:
        """Send the padding that is due."""
        for padding in self.estimator.probe(now):
            for section in self.subscriber.sections:
                again = section.consumer.padding(padding.size_bytes, padding.packet_bytes, now)
                if again:
                    self._send(again, now)
                    break

    def _count(self) -> None:
        """For the whole server what this subscriber has come to since the last time."""
        self._count_unknown()
        counters = self._context.counters
        if self.pacer is not None:
            counters.note_paced(self.pacer)
        for section in self.subscriber.sections:
            counters.note_left_out(section.consumer.newly_left_out())

    def tick(self, now: float) -> None:
        if now < self.due_at:
            return
        self.due_at = now + LATENESS * TICK_INTERVAL_S
        super().tick(now)
        if self.pacer is None and self.estimator.is_resting(now):
            self.due_at = now + LATENESS * RESTING_INTERVAL_S

    def tick_media(self, now: float) -> None:
        self.probe(now)
        self._choose_layers(now)
        if now < self._report_at:
            return
        self._report_at = now + LATENESS * REPORT_INTERVAL_S
        self._count()
        reports: list[RtcpPacket] = []
        for section in self.subscriber.sections:
            section.consumer.forget_idle(now)
            encoding = section.consumer.encoding
            if encoding is None:
                continue
            times = self._sender_time(section.producer.connection_id, encoding, now)
            if times is None:
                continue
            report = section.consumer.sender_report(*times, now)
            if report is not None:
                reports.append(report)
                reports.append(SourceDescription.of_cname(report.ssrc, section.media.cname))
        if reports:
            self.send_rtcp(reports)
