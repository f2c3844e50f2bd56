"""One track forwarded to one subscribe transport."""

from __future__ import annotations

from math import inf
from struct import Struct
from typing import TYPE_CHECKING

from sfu.layer_filter import LayerFilter, LeftOut
from sfu.packet import MediaPacket
from sfu.plan import Plan
from sfu.rtp_parameters import TRANSPORT_CC_URI, AcceptedMedia, ForwardedMedia
from sfu.send_stamps import restamped, stamped_extension
from sfu.wire.ntp import compact_ntp
from sfu.wire.rtcp_reports import ReportBlock, SenderReport
from sfu.wire.seq import ts_diff

if TYPE_CHECKING:
    from sfu.encoding import Encoding
    from sfu.frame_role import Layer

_HEADER = Struct("!BBHII")
_OSN = Struct("!H")
MIN_RESEND_INTERVAL_S = 0.02
MAX_RESEND_INTERVAL_S = 0.3
THIN_QUEUE_S = 0.2
ON_ITS_WAY = 0.75  # of a round trip: what is asked for again sooner may still arrive
RESEND_BURST = 200  # packets
RESEND_SHARE = 0.5  # of the packets sent, in the long run
PADDING_REACH = 64  # packets back
SAME_INSTANT_S = 0.05
FORGOTTEN_AFTER_S = 5.0  # without a packet sent, nobody asks for the ones before
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
        self.resent = 0
        self.resends_refused = 0
        self.nacks = 0
        self.keyframe_requests = 0
        self.round_trip_s: float | None = None
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
        self._rtx_payload_type: int | None = None
        self._rtx_sequence = first_sequence
        self._resent_at: dict[int, float] = {}
        self._budget = float(RESEND_BURST)
        self._paid_for = 0
        self._sent_before = 0
        self._idle_since = 0.0
        self._reports: dict[int, float] = {}  # compact NTP of our sender reports → when

    def accept(self, accepted: AcceptedMedia, destination: object) -> None:
        """The subscriber has accepted this track: make or change the plan."""
        self.refused = False
        self._rtx_payload_type = (
            accepted.rtx_payload_type if self.media.rtx_ssrc is not None else None
        )
        self.transport_cc = TRANSPORT_CC_URI in accepted.extensions and (
            self.media.kind == "audio" or self._rtx_payload_type is not None
        )
        if self.plan is None:
            self.plan = Plan(
                ssrc=self.media.ssrc,
                payload_type=accepted.payload_type,
                destination=destination,
            )
        elif self.plan.payload_type != accepted.payload_type:
            # Sent again with another payload type, a packet would differ under the same number.
            self.plan.forget_sent()
            self.plan.payload_type = accepted.payload_type
        self.plan.red = accepted.red

    @property
    def may_wait(self) -> bool:
        """Whether its packets may leave later than they come. Not sound, and not where a lost
        packet is sent again as it was, which is as it came."""
        return self.media.kind == "video" and self._rtx_payload_type is not None

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
        """The packets, unprotected, that answer a NACK: as a retransmission stream (RFC 4588)
        where it was negotiated, else the very same bytes again.

        What was sent again before, a round trip ago, was lost again: on a line that is not thin it
        goes twice then. Where packets are paced it is put into the pacer instead. Bounded: one
        packet not while it may still be on its way, at least `MIN_RESEND_INTERVAL_S`, and all
        together `RESEND_SHARE` of what was sent."""
        plan = self.plan
        if plan is None or (plan.sent_log is not None and self._rtx_payload_type is None):
            return []
        self.nacks += 1
        self._earn(plan.packets_sent)
        resent: list[bytes] = []
        for number in sequence_numbers:
            left = plan.again(number)
            if left is None or self._is_under_way(plan, number, now):
                continue
            if self._budget < 1:
                self.resends_refused += 1
                continue
            for _ in range(self._copies(plan, number)):
                self._budget -= 1
                self.resent += 1
                datagram = self._again(*left, number, now)
                if plan.pacer is None:
                    resent.append(datagram)
                else:
                    plan.pacer.put_again(plan, number, datagram)
            self._resent_at[number] = now
        while len(self._resent_at) > RESEND_BURST:
            del self._resent_at[next(iter(self._resent_at))]
        return resent

    def padding(self, size_bytes: int, packet_bytes: int, now: float) -> list[bytes]:
        """Packets of no use but to fill the line: the last ones again, as retransmissions, or where
        none is known any more (a track the line was too thin for) empty ones.

        :param size_bytes: of all together, at least, if there is enough to send
        :param packet_bytes: the largest a packet may be"""
        plan = self.plan
        if plan is None or self._rtx_payload_type is None or plan.last_sequence < 0:
            return []
        found: list[bytes] = []
        size = 0
        for back in range(PADDING_REACH):
            number = (plan.last_sequence - back) & 0xFFFF
            left = plan.again(number)
            if left is None or len(left[1]) + len(left[2]) > packet_bytes:
                continue
            if plan.pacer is not None and plan.pacer.holds(plan, number):
                continue  # the receiver would miss all that waits before it
            found.append(self._again(*left, number, now))
            size += len(found[-1])
            if size >= size_bytes:
                break
        return found or self._empty(size_bytes, packet_bytes, plan.last_timestamp, now)

    def forget_idle(self, now: float) -> None:
        """Let go of the packets sent once nothing has left for `FORGOTTEN_AFTER_S`; to be called
        every second or so."""
        plan = self.plan
        if plan is None:
            return
        if plan.packets_sent != self._sent_before:
            self._sent_before, self._idle_since = plan.packets_sent, now
        elif self._sent_before and now - self._idle_since >= FORGOTTEN_AFTER_S:
            plan.forget_sent()
            self._idle_since = inf

    def note_report(self, block: ReportBlock, now: float) -> None:
        """A receiver report's block on our SSRC."""
        self.fraction_lost = block.fraction_lost / 256
        self.packets_lost = block.packets_lost
        self.jitter_ticks = block.jitter
        sent_at = self._reports.get(block.lsr)
        if sent_at is not None:
            self.round_trip_s = max(0.0, now - sent_at - block.dlsr / 65536)

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

    # --- inside ---------------------------------------------------------------------------------

    def _is_under_way(self, plan: Plan, number: int, now: float) -> bool:
        """Whether a packet asked for may still arrive without being sent again, or is of no use."""
        before, pacer = self._resent_at.get(number), plan.pacer
        round_trip_s = ON_ITS_WAY * (self.round_trip_s or 0.0)
        most_s = MAX_RESEND_INTERVAL_S
        if pacer is not None:
            if plan.is_superseded(number) or pacer.holds(plan, number):
                return True
            before = pacer.again_at(plan, number)
            # The thin line's own queue comes on top, which no report is quick enough to tell of.
            round_trip_s, most_s = round_trip_s + THIN_QUEUE_S, most_s + THIN_QUEUE_S
        interval_s = min(most_s, max(MIN_RESEND_INTERVAL_S, round_trip_s))
        return before is not None and now - before < interval_s

    def _copies(self, plan: Plan, number: int) -> int:
        """How many times a packet is to be sent again."""
        known = self.round_trip_s is not None and self._rtx_payload_type is not None
        lost_again = known and number in self._resent_at
        return 2 if lost_again and plan.pacer is None and self._budget >= 2 else 1

    def _earn(self, packets_sent: int) -> None:
        earned = (packets_sent - self._paid_for) * RESEND_SHARE
        self._paid_for = packets_sent
        self._budget = min(RESEND_BURST, self._budget + earned)

    def _empty(self, size_bytes: int, packet_bytes: int, timestamp: int, now: float) -> list[bytes]:
        """Retransmissions of nothing: padding alone (RFC 3550 section 5.1)."""
        extension = stamped_extension([], now)
        room = packet_bytes - _HEADER.size - len(extension)
        padding = min(max(room, 1), 255)
        tail = extension + bytes(padding - 1) + bytes((padding,))
        count = min(-(-size_bytes // (_HEADER.size + len(tail))), PADDING_REACH)
        return [self._rtx_header(0xB0, 0, timestamp & 0xFFFFFFFF) + tail for _ in range(count)]

    def _rtx_header(self, first: int, marker: int, timestamp: int) -> bytes:
        self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
        payload_type, ssrc = self._rtx_payload_type or 0, self.media.rtx_ssrc or 0
        return _HEADER.pack(first, payload_type | marker, self._rtx_sequence, timestamp, ssrc)

    def _again(
        self, packet: MediaPacket, header: bytes, tail: bytes, number: int, now: float
    ) -> bytes:
        """A packet that left as ``header`` and ``tail``, to be sent again."""
        if self._rtx_payload_type is None or self.media.rtx_ssrc is None:
            return header + tail
        first, _, _, timestamp, _ = _HEADER.unpack(header)
        header = self._rtx_header(first, packet.marker, timestamp)
        at = packet.payload_at
        return b"".join((header, restamped(tail[:at], now), _OSN.pack(number), tail[at:]))
