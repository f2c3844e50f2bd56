"""One track forwarded to one subscribe transport."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from sfu.history import FORGOTTEN_AFTER_S
from sfu.layer_filter import LayerFilter, LeftOut
from sfu.packet import MediaPacket
from sfu.plan import Plan
from sfu.resending import Resending
from sfu.rtp_parameters import TRANSPORT_CC_URI, AcceptedMedia, ForwardedMedia
from sfu.wire.ntp import compact_ntp
from sfu.wire.rtcp_reports import ReportBlock, SenderReport
from sfu.wire.seq import ts_diff

if TYPE_CHECKING:
    from sfu.encoding import Encoding
    from sfu.frame_role import Layer

SAME_INSTANT_S = 0.05
_REPORTS_KEPT = 8


class Consumer:
    """The control side of one consumer; `sfu.fanout` forwards by its ``plan``."""

    def __init__(self, consumer_id: str, media: ForwardedMedia, first_sequence: int) -> None:
        """:param first_sequence: our first sequence number, 1..32767"""
        self.consumer_id = consumer_id
        self.media = media
        self.first_sequence = first_sequence
        self.plan: Plan | None = None
        self.encoding: Encoding | None = None  # what flows
        self.wanted: Encoding | None = None  # what shall flow, from its next keyframe on
        self.layer: Layer | None = None  # of the wanted encoding, at most; None: everything
        self.filter: LayerFilter | None = None  # of what flows; None while all of it does
        self.refused = False  # the subscriber's answer rejected the track
        self.has_started = False
        self.resending = Resending(media, first_sequence)
        self.keyframe_requests = 0
        self.fraction_lost = 0.0
        self.packets_lost = 0
        self.jitter_ticks = 0
        self.transport_cc = False
        """Whether packets carry transport-wide numbers. Not where a lost packet would be sent again
        as it was: under the same sequence number it would have to carry the same one."""
        self.stopped_at: float | None = None  # when the last packet came before it was paused
        self._left_out = LeftOut()  # by filters that have ended
        self._told_left_out = LeftOut()
        self._other_clock = False  # the next packet is of another track
        self._sent_before = 0
        self._idle_since = 0.0
        self._reports: dict[int, float] = {}  # compact NTP of our sender reports → when

    def accept(self, accepted: AcceptedMedia, destination: object) -> None:
        """The subscriber has accepted this track: make or change the plan."""
        self.refused = False
        self.resending.rtx_payload_type = (
            accepted.rtx_payload_type if self.media.rtx_ssrc is not None else None
        )
        self.transport_cc = TRANSPORT_CC_URI in accepted.extensions and (
            self.media.kind == "audio" or self.resending.rtx_payload_type is not None
        )
        if self.plan is None:
            self.plan = Plan(
                ssrc=self.media.ssrc,
                payload_type=accepted.payload_type,
                destination=destination,
            )
        elif (self.plan.payload_type, self.plan.red) != (accepted.payload_type, accepted.red):
            # Sent again in another form, a packet would differ under the same number.
            self.plan.forget_sent()
            self.plan.payload_type = accepted.payload_type
        self.plan.red = accepted.red

    @property
    def round_trip_s(self) -> float | None:
        """To the subscriber and back, as its last report told."""
        return self.resending.round_trip_s

    @property
    def may_wait(self) -> bool:
        """Whether its packets may leave later than they come. Not sound, and not where a lost
        packet is sent again as it was, which is as it came."""
        return self.media.kind == "video" and self.resending.rtx_payload_type is not None

    def started(self, encoding: Encoding) -> None:
        """Forwarding of an encoding begins, or begins again, at a keyframe."""
        self.has_started = True
        self.encoding = encoding
        self._other_clock = False

    @property
    def left_out(self) -> LeftOut:
        """What it did without of the streams it got."""
        return self._left_out if self.filter is None else self._left_out.plus(self.filter.left_out)

    def newly_left_out(self) -> LeftOut:
        """The same since it was last asked for."""
        before, self._told_left_out = self._told_left_out, self.left_out
        return self._told_left_out.plus(before, -1)

    def end_filter(self) -> None:
        """Everything flows from now on, or nothing."""
        self._left_out, self.filter = self.left_out, None

    def is_beyond(self, packet: MediaPacket) -> bool:
        """Whether what flows now is later than a packet of another encoding of the same track, or
        of the same instant: the clocks of two encodings agree to some milliseconds only."""
        plan = self.plan
        if plan is None or not self.has_started:
            return False
        timestamp = (packet.timestamp + plan.timestamp_offset) & 0xFFFFFFFF
        ahead = ts_diff(timestamp, plan.last_timestamp)
        return ahead < SAME_INSTANT_S * self.media.codec.clock_rate

    def leave_track(self) -> None:
        """Another track takes over: its clock has nothing to do with that of the one before."""
        self.has_started = False
        self._other_clock = True

    def elapsed_ticks(self, now: float | None, clock_rate: int) -> int | None:
        """Time from the track before to a packet that came at ``now``; None within one track,
        whose own clock tells."""
        if not self._other_clock or self.stopped_at is None or now is None:
            return None
        return max(1, int((now - self.stopped_at) * clock_rate))

    # --- feedback -------------------------------------------------------------------------------

    def resend(self, sequence_numbers: tuple[int, ...], now: float) -> list[bytes]:
        """The packets, unprotected, that answer a NACK (`Resending.answer`)."""
        return [] if self.plan is None else self.resending.answer(self.plan, sequence_numbers, now)

    def padding(self, size_bytes: int, packet_bytes: int, now: float) -> list[bytes]:
        """Packets of no use but to fill the line (`Resending.padding`)."""
        if self.plan is None:
            return []
        return self.resending.padding(self.plan, size_bytes, packet_bytes, now)

    def forget_idle(self, now: float) -> None:
        """Let go of the packets sent once nothing has left for `FORGOTTEN_AFTER_S`, or enough has
        left since; to be called every second or so."""
        for encoding in (self.encoding, self.wanted):
            if encoding is not None:
                encoding.audience.history.forget_idle(now)
        plan = self.plan
        if plan is None:
            return
        if plan.packets_sent != self._sent_before:
            self._sent_before, self._idle_since = plan.packets_sent, now
            plan.forget_old()
        elif self._sent_before and now - self._idle_since >= FORGOTTEN_AFTER_S:
            plan.forget_sent()
            self._idle_since = inf
        for epoch in plan.epochs:
            epoch.history.forget_idle(now)

    def note_report(self, block: ReportBlock, now: float) -> None:
        """A receiver report's block on our SSRC."""
        self.fraction_lost = block.fraction_lost / 256
        self.packets_lost = block.packets_lost
        self.jitter_ticks = block.jitter
        sent_at = self._reports.get(block.lsr)
        if sent_at is not None:
            self.resending.round_trip_s = max(0.0, now - sent_at - block.dlsr / 65536)

    def sender_report(self, ntp: int, rtp_timestamp: int, now: float) -> SenderReport | None:
        """Our report; None before anything was sent."""
        plan = self.plan
        if plan is None or not plan.packets_sent:
            return None
        self._reports[compact_ntp(ntp)] = now
        while len(self._reports) > _REPORTS_KEPT:
            del self._reports[next(iter(self._reports))]
        return SenderReport(
            ssrc=plan.ssrc,
            ntp_time=ntp,
            rtp_timestamp=(rtp_timestamp + plan.timestamp_offset) & 0xFFFFFFFF,
            packet_count=plan.packets_sent & 0xFFFFFFFF,
            octet_count=plan.bytes_sent & 0xFFFFFFFF,
        )
