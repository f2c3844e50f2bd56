"""The receiving half of a connection: which packet belongs to which track, and what the publisher
must be told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from sfu.arrivals import ArrivalLog
from sfu.encoding import Encoding, passed_on
from sfu.packet import MediaPacket
from sfu.producer import Producer
from sfu.publisher_clock import PublisherClock
from sfu.receive_stream import ReceiveStream
from sfu.red import to_red
from sfu.rtp_parameters import PublishedMedia, Source
from sfu.ssrc_table import SsrcTable
from sfu.wire.errors import WireError
from sfu.wire.ntp import ntp_from_unix, unix_from_ntp
from sfu.wire.rtcp import RtcpPacket
from sfu.wire.rtcp_feedback import Nack, PictureLossIndication
from sfu.wire.rtcp_reports import ReceiverReport, SenderReport, SourceDescription
from sfu.wire.rtp import RtpPacket, parse_extensions, parse_rtp, unwrap_rtx

MAX_BLOCKS = 31  # of one receiver report (RFC 3550 section 6.4.1)
REPORT_INTERVAL_S = 1.0
MAX_NACK_ITEMS = 200  # in one packet, so that it stays below one datagram


class Publisher:
    """Tracks of one publish transport. Pure: bytes and ``now`` (monotonic seconds) in."""

    def __init__(self, connection_id: str, cname: str, ssrc: int, wall_offset_s: float) -> None:
        """
        :param ssrc: the SSRC the server speaks RTCP with
        :param wall_offset_s: Unix time minus ``now``
        """
        self.connection_id = connection_id
        self.clock = PublisherClock()
        self.producers: dict[str, Producer] = {}  # by mid
        self.unknown_packets = 0
        self.invalid_packets = 0
        self.probes = 0  # retransmission packets with nothing in them
        self._cname = cname
        self._ssrc = ssrc
        self._wall_offset_s = wall_offset_s
        self._media: dict[str, PublishedMedia] = {}
        self._table = SsrcTable()
        self._arrivals = ArrivalLog()
        self._report_at = 0.0

    # --- negotiation ----------------------------------------------------------------------------

    def negotiate(
        self,
        media: Sequence[PublishedMedia],
        sources: dict[str, tuple[Source, bool]],
        new_track_id: Callable[[], str],
    ) -> tuple[list[Producer], list[Producer]]:
        """Take what was negotiated: sections that became active get a producer, those that ended
        lose it.

        :param sources: by mid: the source and whether it begins muted
        :return: (new producers, ended producers)
        """
        active = {section.mid: section for section in media if section.active and section.codecs}
        ended = [
            self.producers.pop(mid)
            for mid, producer in list(self.producers.items())
            if mid not in active or not _goes_on(producer, active[mid])
        ]
        added = []
        for mid, section in active.items():
            if mid not in self.producers:
                source, muted = sources.get(mid, _default_source(section))
                producer = Producer(
                    track_id=new_track_id(),
                    connection_id=self.connection_id,
                    kind=section.kind,
                    source=source,
                    codec=section.codecs[-1],
                    red=_red(section),
                    extensions=passed_on(section.kind, section.extensions),
                    muted=muted,
                    rids=section.rids,
                )
                self.producers[mid] = producer
                added.append(producer)
        self._media = active
        self._table.describe(active, self.producers)
        return added, ended

    # --- packets --------------------------------------------------------------------------------

    def receive_rtp(self, data: bytes, now: float) -> tuple[Producer, MediaPacket] | None:
        """Take one decrypted RTP packet. None if it is not to be forwarded; never raises."""
        try:
            packet = parse_rtp(data)
            if self._table.transport_cc_id and packet.extension_profile:
                self._note_arrival(packet, now)
            route = self._table.find(packet.ssrc) or self._table.learn(packet)
            if route is None:
                self.unknown_packets += 1
                return None
            producer, encoding = route
            retransmitted = packet.payload_type == producer.codec.rtx_payload_type
            if retransmitted:
                if not packet.payload:
                    self.probes += 1
                    return None
                primary = self._table.primary(packet.ssrc, route)
                packet = unwrap_rtx(packet, producer.codec.payload_type, primary)
            elif producer.red is not None:
                packet = to_red(packet, producer.red, producer.codec.payload_type)
        except WireError:
            self.invalid_packets += 1
            return None
        if packet.payload_type != producer.codec.payload_type:
            self.unknown_packets += 1
            return None
        forwarded = encoding.receive(packet, now, retransmitted=retransmitted)
        return None if forwarded is None else (producer, forwarded)

    def receive_rtcp(self, packets: Iterable[RtcpPacket], now: float) -> None:
        """Take the publisher's reports."""
        for packet in packets:
            if isinstance(packet, SenderReport):
                route = self._table.find(packet.ssrc)
                stream = route.encoding.stream if route is not None else None
                if route is not None and stream is not None and stream.ssrc == packet.ssrc:
                    stream.note_sender_report(packet.ntp_time, packet.rtp_timestamp, now)
                    route.producer.align_clocks()
                    self.clock.sample(unix_from_ntp(packet.ntp_time), now + self._wall_offset_s)

    def feedback(self, now: float) -> list[RtcpPacket]:
        """What to tell the publisher now: NACKs, keyframe requests, transport feedback, reports."""
        packets: list[RtcpPacket] = []
        for producer in self.producers.values():
            for encoding in producer.encodings:
                stream = encoding.stream
                if stream is not None and (stream.nack.missing or encoding.keyframes.wanted):
                    self._ask(producer, encoding, stream, packets, now)
        arrivals = self._arrivals.due(self._ssrc, now)
        if arrivals is not None:
            packets.append(arrivals)
        if now >= self._report_at:
            reports = self._reports(now)
            if reports:
                self._report_at = now + REPORT_INTERVAL_S
                packets[:0] = reports
        return packets

    def audio_level(self, now: float) -> int | None:
        """The loudest microphone's level, 0 loudest to 127; None if all are muted or silent."""
        levels = [
            encoding.audio_level
            for producer in self.producers.values()
            if producer.source == "microphone" and not producer.muted
            for encoding in producer.encodings
            if encoding.audio_level is not None and encoding.is_active(now)
        ]
        return min(levels, default=None)

    def sender_time(self, encoding: Encoding, now: float) -> tuple[int, int] | None:
        """(NTP time of ours, RTP timestamp as consumers see it) of this instant, by the
        publisher's last sender report; None before there was one."""
        stream = encoding.stream
        if stream is None or stream.sender_report is None:
            return None
        ntp, rtp, _ = stream.sender_report
        at = self.clock.to_ours(unix_from_ntp(ntp))
        if at is None:
            return None
        wall = now + self._wall_offset_s
        elapsed = int((wall - at) * encoding.codec.clock_rate)
        return ntp_from_unix(wall), encoding.rtp_time(rtp + elapsed)

    # --- inside ---------------------------------------------------------------------------------

    def _note_arrival(self, packet: RtpPacket, now: float) -> None:
        value = parse_extensions(packet.extension_profile, packet.extension_data).get(
            self._table.transport_cc_id
        )
        if value is not None and len(value) == 2:
            self._arrivals.note(int.from_bytes(value, "big"), packet.ssrc, now)

    def _ask(
        self,
        producer: Producer,
        encoding: Encoding,
        stream: ReceiveStream,
        packets: list[RtcpPacket],
        now: float,
    ) -> None:
        if "nack" in producer.codec.feedback:
            lost = stream.nack.due(now)
            for first in range(0, len(lost), MAX_NACK_ITEMS):
                items = tuple(lost[first : first + MAX_NACK_ITEMS])
                packets.append(Nack(self._ssrc, stream.ssrc, items))
            if stream.nack.exhausted:
                stream.nack.exhausted = False
                encoding.repair()
        if not producer.muted and encoding.keyframes.due(now):
            packets.append(PictureLossIndication(self._ssrc, stream.ssrc))

    def _reports(self, now: float) -> list[RtcpPacket]:
        streams = [
            encoding.stream
            for producer in self.producers.values()
            for encoding in producer.encodings
            if encoding.stream is not None
        ]
        blocks = tuple(stream.report(now) for stream in streams[:MAX_BLOCKS])
        if not blocks:
            return []
        return [
            ReceiverReport(self._ssrc, blocks),
            SourceDescription.of_cname(self._ssrc, self._cname),
        ]


def _goes_on(producer: Producer, section: PublishedMedia) -> bool:
    extensions = passed_on(section.kind, section.extensions)
    if _red(section) != producer.red:
        return False
    return producer.negotiated(section.codecs[-1], extensions, section.rids)


def _red(section: PublishedMedia) -> int | None:
    return section.codecs[0].payload_type if len(section.codecs) > 1 else None


def _default_source(section: PublishedMedia) -> tuple[Source, bool]:
    return ("microphone" if section.kind == "audio" else "camera"), False
