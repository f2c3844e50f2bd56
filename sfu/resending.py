"""What one consumer sends again: retransmissions, and padding made of them."""

from __future__ import annotations

from struct import Struct

from sfu.packet import MediaPacket
from sfu.plan import Plan
from sfu.rtp_parameters import ForwardedMedia
from sfu.send_stamps import restamped, stamped_extension

_HEADER = Struct("!BBHII")
_OSN = Struct("!H")
MIN_RESEND_INTERVAL_S = 0.02
MAX_RESEND_INTERVAL_S = 1.0
PACED_MARGIN_S = 0.03
ON_ITS_WAY = 0.75  # of a round trip: what is asked for again sooner may still arrive
RESEND_BURST = 200  # packets
RESEND_SHARE = 0.5  # of the packets sent, in the long run
PADDING_REACH = 64  # packets back


class Resending:
    """One consumer's answers to NACKs."""

    def __init__(self, media: ForwardedMedia, first_sequence: int) -> None:
        """:param first_sequence: of the retransmission stream (RFC 4588), 0..65535"""
        self.rtx_payload_type: int | None = None  # None: packets are sent again as they were
        self.round_trip_s: float | None = None  # to the subscriber
        self.nacks = 0
        self.resent = 0
        self.refused = 0
        self._media = media
        self._rtx_sequence = first_sequence
        self._resent_at: dict[int, float] = {}
        self._budget = float(RESEND_BURST)
        self._paid_for = 0

    def answer(self, plan: Plan, sequence_numbers: tuple[int, ...], now: float) -> list[bytes]:
        """The packets, unprotected, that answer a NACK: as a retransmission stream (RFC 4588)
        where it was negotiated, else the very same bytes again.

        What was sent again before, a round trip ago, was lost again: on a line that is not thin it
        goes twice then. Where packets are paced it is put into the pacer instead. Bounded: one
        packet not while it may still be on its way, at least `MIN_RESEND_INTERVAL_S`, and all
        together `RESEND_SHARE` of what was sent."""
        if plan.sent_log is not None and self.rtx_payload_type is None:
            return []
        self.nacks += 1
        self._earn(plan.packets_sent)
        resent: list[bytes] = []
        for number in sequence_numbers:
            left = plan.again(number)
            if left is None or self._is_under_way(plan, number, now):
                continue
            if self._budget < 1:
                self.refused += 1
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

    def padding(self, plan: Plan, size_bytes: int, packet_bytes: int, now: float) -> list[bytes]:
        """Packets of no use but to fill the line: the last ones again, as retransmissions, or where
        none is known any more (a track the line was too thin for) empty ones.

        :param size_bytes: of all together, at least, if there is enough to send
        :param packet_bytes: the largest a packet may be"""
        if self.rtx_payload_type is None or plan.last_sequence < 0:
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

    # --- inside ---------------------------------------------------------------------------------

    def _is_under_way(self, plan: Plan, number: int, now: float) -> bool:
        """Whether a packet asked for may still arrive without being sent again, or is of no use."""
        before, pacer = self._resent_at.get(number), plan.pacer
        round_trip_s = ON_ITS_WAY * (self.round_trip_s or 0.0)
        if pacer is not None:
            if plan.is_superseded(number) or pacer.holds(plan, number):
                return True
            before = pacer.again_at(plan, number)
            # The thin line's own queue comes on top, which no report is quick enough to tell of.
            round_trip_s += pacer.line_queue_s + PACED_MARGIN_S
        interval_s = min(MAX_RESEND_INTERVAL_S, max(MIN_RESEND_INTERVAL_S, round_trip_s))
        return before is not None and now - before < interval_s

    def _copies(self, plan: Plan, number: int) -> int:
        """How many times a packet is to be sent again."""
        known = self.round_trip_s is not None and self.rtx_payload_type is not None
        lost_again = known and number in self._resent_at
        return 2 if lost_again and plan.pacer is None and self._budget >= 2 else 1

    def _earn(self, packets_sent: int) -> None:
        earned = (packets_sent - self._paid_for) * RESEND_SHARE
        self._paid_for = packets_sent
        self._budget = min(RESEND_BURST, self._budget + earned)

    def _again(
        self, packet: MediaPacket, header: bytes, tail: bytes, number: int, now: float
    ) -> bytes:
        """A packet that left as ``header`` and ``tail``, to be sent again."""
        if self.rtx_payload_type is None or self._media.rtx_ssrc is None:
            return header + tail
        first, _, _, timestamp, _ = _HEADER.unpack(header)
        header = self._rtx_header(first, packet.marker, timestamp)
        at = packet.payload_at
        return b"".join((header, restamped(tail[:at], now), _OSN.pack(number), tail[at:]))

    def _empty(self, size_bytes: int, packet_bytes: int, timestamp: int, now: float) -> list[bytes]:
        """Retransmissions of nothing: padding alone (RFC 3550 section 5.1)."""
        extension = stamped_extension([], now)
        padding = min(max(packet_bytes - _HEADER.size - len(extension), 1), 255)
        tail = extension + bytes(padding - 1) + bytes((padding,))
        count = min(-(-size_bytes // (_HEADER.size + len(tail))), PADDING_REACH)
        return [self._rtx_header(0xB0, 0, timestamp & 0xFFFFFFFF) + tail for _ in range(count)]

    def _rtx_header(self, first: int, marker: int, timestamp: int) -> bytes:
        self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
        payload_type, ssrc = self.rtx_payload_type or 0, self._media.rtx_ssrc or 0
        return _HEADER.pack(first, payload_type | marker, self._rtx_sequence, timestamp, ssrc)
