"""The sending half of a connection: its media sections, its offers, its consumers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from sfu.codec_choice import Decoders
from sfu.consumer import Consumer
from sfu.negotiation import (
    PayloadTypes,
    make_subscribe_offer,
    read_subscribe_answer,
)
from sfu.producer import Producer
from sfu.rtp_parameters import Codec, ForwardedMedia, TransportParameters
from sfu.wire.rtcp import RtcpPacket
from sfu.wire.rtcp_feedback import FullIntraRequest, Nack, PictureLossIndication
from sfu.wire.rtcp_reports import ReceiverReport, ReportBlock, SenderReport
from sfu.wire.sdp import SessionDescription

MAX_SECTIONS = 64
REUSE_FROM_SECTIONS = 16
MAX_NACKED = 400  # sequence numbers answered of one RTCP datagram


class OfferSuperseded(Exception):
    """An answer to an offer that is not the outstanding one."""


class Section(NamedTuple):
    """A media section that carries a track now."""

    media: ForwardedMedia
    producer: Producer
    consumer: Consumer


@dataclass(slots=True)
class Slot:
    """One m-line: it stays for ever, the track in it comes and goes."""

    media: ForwardedMedia
    producer: Producer | None
    consumer: Consumer | None
    ended: bool = False  # its end was offered and answered: the section may carry another track


class Offer(NamedTuple):
    offer_id: int
    sdp: str
    sections: list[Section]


class Subscriber:
    """Everything one subscribe transport carries. One offer is outstanding at a time."""

    def __init__(
        self,
        local: TransportParameters,
        new_ssrc: Callable[[], int],
        sdp_session_id: int,
        first_sequence: Callable[[], int],
    ) -> None:
        """
        :param new_ssrc: gives unused random 32-bit numbers
        :param first_sequence: gives random numbers 1..32767
        """
        self._local = local
        self._new_ssrc = new_ssrc
        self._first_sequence = first_sequence
        self._sdp_session_id = sdp_session_id
        self._slots: list[Slot] = []
        self._by_ssrc: dict[int, Slot] = {}
        self._payload_types = PayloadTypes()
        self._offered: list[ForwardedMedia] | None = None
        self._offer_id = 0
        self._changed = False
        self.remote: TransportParameters | None = None
        self.decoders = Decoders()

    # --- tracks ---------------------------------------------------------------------------------

    def add(self, producer: Producer) -> bool:
        """Forward a track; it flows when the next offer is answered. False if there are too many
        sections."""
        slot = self._free_slot(producer)
        if slot is None:
            if len(self._slots) >= MAX_SECTIONS:
                return False
            slot = self._new_slot(producer)
        consumer = Consumer(
            f"{producer.track_id}-{slot.media.mid}", slot.media, self._first_sequence()
        )
        slot.producer, slot.consumer = producer, consumer
        producer.add_consumer(consumer)
        self._by_ssrc[slot.media.ssrc] = slot
        self._changed = True
        return True

    def remove(self, producer: Producer) -> None:
        """Stop forwarding a track."""
        for slot in self._slots:
            if slot.producer is producer:
                self._clear(slot)
                self._changed = True

    def clear(self) -> None:
        """The transport is gone."""
        for slot in self._slots:
            self._clear(slot)

    @property
    def sections(self) -> list[Section]:
        return [
            Section(slot.media, slot.producer, slot.consumer)
            for slot in self._slots
            if slot.producer is not None and slot.consumer is not None
        ]

    # --- offers ---------------------------------------------------------------------------------

    def offer(self) -> Offer | None:
        """The offer to send now; None while one is outstanding or nothing has changed."""
        if self._offered is not None or not self._changed:
            return None
        self._changed = False
        self._offer_id += 1
        self._offered = [slot.media for slot in self._slots]
        sdp = make_subscribe_offer(
            self._offered,
            self._local,
            self._sdp_session_id,
            self._offer_id,
            self._payload_types,
        )
        return Offer(self._offer_id, sdp, self.sections)

    def restart(self, local: TransportParameters) -> None:
        """Offer again with other ICE credentials; an offer still outstanding is superseded."""
        self._local = local
        self._offered = None
        self._changed = bool(self._slots)

    def outstanding(self, offer_id: int) -> Sequence[ForwardedMedia]:
        """The sections of the offer that is to be answered. Raises `OfferSuperseded` if it is
        another."""
        if self._offered is None or offer_id != self._offer_id:
            raise OfferSuperseded(f"offer {offer_id} is not outstanding")
        return self._offered

    def answer(
        self, offer_id: int, sdp: str | SessionDescription, destination: object
    ) -> list[Section]:
        """Take the answer to the outstanding offer.

        :param destination: where accepted tracks go, for their plans
        :return: the sections that are accepted and still carry a track

        Raises `OfferSuperseded`, and `NegotiationError` on an answer that is invalid: the offer
        stays outstanding then."""
        answer = read_subscribe_answer(sdp, self.outstanding(offer_id))
        offered, self._offered = self.outstanding(offer_id), None
        self.remote = answer.remote or self.remote
        accepted = []
        # Sections added since the offer come last, and are not in it.
        for slot, media, given in zip(self._slots, offered, answer.media, strict=False):
            slot.ended = slot.producer is None and not media.active
            if media.active and (given.active or not given.decodable):
                self.decoders.answered(media.codec, given.active)
            if slot.media != media or slot.consumer is None or slot.producer is None:
                continue
            if given.active:
                slot.consumer.accept(given, destination)
                accepted.append(Section(slot.media, slot.producer, slot.consumer))
            else:
                slot.consumer.refused = True
                slot.producer.pause(slot.consumer)
        return accepted

    def verdict(self, codec: Codec) -> bool | None:
        """Whether the client can decode ``codec``; None while that is not known."""
        return self.decoders.verdict(codec)

    # --- RTCP -----------------------------------------------------------------------------------

    def receive_rtcp(self, packets: Sequence[RtcpPacket], now: float) -> list[bytes]:
        """Take a datagram's packets; the RTP packets to send again, unprotected."""
        resent: list[bytes] = []
        budget = MAX_NACKED
        for packet in packets:
            if isinstance(packet, Nack):
                slot = self._by_ssrc.get(packet.media_ssrc)
                if slot is not None and slot.consumer is not None and budget > 0:
                    wanted = packet.sequence_numbers[:budget]
                    budget -= len(wanted)
                    resent += slot.consumer.resend(wanted, now)
            elif isinstance(packet, PictureLossIndication):
                self._want_keyframe(packet.media_ssrc)
            elif isinstance(packet, FullIntraRequest):
                for ssrc in _fir_targets(packet):
                    self._want_keyframe(ssrc)
            elif isinstance(packet, ReceiverReport | SenderReport):
                self._note_reports(packet.reports, now)
        return resent

    # --- inside ---------------------------------------------------------------------------------

    def _free_slot(self, producer: Producer) -> Slot | None:
        """A section to use again. Not before there are many: some clients handle a new section
        better than an old one with another track in it."""
        if len(self._slots) < REUSE_FROM_SECTIONS:
            return None
        for slot in self._slots:
            if slot.ended and slot.media.kind == producer.kind:
                slot.ended = False
                slot.media = self._media(slot.media.mid, producer)
                return slot
        return None

    def _new_slot(self, producer: Producer) -> Slot:
        slot = Slot(self._media(str(len(self._slots)), producer), None, None)
        self._slots.append(slot)
        return slot

    def _media(self, mid: str, producer: Producer) -> ForwardedMedia:
        screen = producer.source in ("screen", "screen_audio")
        has_rtx = producer.codec.rtx_payload_type is not None
        return ForwardedMedia(
            mid=mid,
            kind=producer.kind,
            codec=producer.codec,
            ssrc=self._new_ssrc(),
            rtx_ssrc=self._new_ssrc() if has_rtx else None,
            stream_id=producer.connection_id + ("-screen" if screen else ""),
            track_id=producer.track_id,
            cname=producer.connection_id,
            red=producer.red is not None,
        )

    def _clear(self, slot: Slot) -> None:
        if slot.producer is not None and slot.consumer is not None:
            slot.producer.remove_consumer(slot.consumer)
        self._by_ssrc.pop(slot.media.ssrc, None)
        slot.producer = slot.consumer = None
        slot.media = replace(slot.media, active=False)

    def _want_keyframe(self, ssrc: int) -> None:
        slot = self._by_ssrc.get(ssrc)
        if slot is not None and slot.producer is not None and slot.consumer is not None:
            slot.consumer.keyframe_requests += 1
            slot.producer.want_keyframe(slot.consumer)

    def _note_reports(self, blocks: Sequence[ReportBlock], now: float) -> None:
        for block in blocks:
            slot = self._by_ssrc.get(block.ssrc)
            if slot is not None and slot.consumer is not None:
                slot.consumer.note_report(block, now)


def _fir_targets(packet: FullIntraRequest) -> list[int]:
    return [ssrc for ssrc, _ in packet.entries]
