"""The transport on which a client gets the others' tracks."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sfu.encoding import Encoding
from sfu.net.transport import Transport, TransportContext
from sfu.subscriber import Section, Subscriber
from sfu.wire.rtcp import RtcpPacket
from sfu.wire.rtcp_reports import SourceDescription

REPORT_INTERVAL_S = 1.0


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
        self._report_at = 0.0
        self._media_started = False

    def accepted(self, sections: Iterable[Section]) -> None:
        """The client's answer took these sections: forward to them, now or once there are keys."""
        if self.outbound is None or self.state in ("failed", "closed"):
            return
        for section in sections:
            plan = section.consumer.plan
            if plan is not None:
                plan.srtp = self.outbound.handle
                section.producer.resume(section.consumer)

    def media_ready(self, now: float) -> None:
        self.accepted(self.subscriber.sections)

    def media_stopped(self) -> None:
        for section in self.subscriber.sections:
            section.producer.pause(section.consumer)

    def media_started(self) -> None:
        """The first packets of a track have left for this subscriber."""
        self._report_at = 0.0
        if not self._media_started:
            self._media_started = True
            self._context.on_step("first_keyframe_forwarded", "ok", "")

    def receive_rtcp(self, packets: list[RtcpPacket], now: float) -> None:
        for data in self.subscriber.receive_rtcp(packets, now):
            if self.outbound is not None and self.path is not None:
                protected = self.outbound.protect_rtp(data)
                if protected is not None:
                    self.path.send(protected)

    def tick_media(self, now: float) -> None:
        if now < self._report_at:
            return
        self._report_at = now + REPORT_INTERVAL_S
        reports: list[RtcpPacket] = []
        for section in self.subscriber.sections:
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
