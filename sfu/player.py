"""The sending half of a connection whose client offers (WHEP).

The client's one offer lays out the sections for good. A section keeps its SSRC, its consumer and
with it its numbering; tracks come and go in it. What finds no section waits for one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from sfu.consumer import Consumer
from sfu.negotiation import NegotiationError, PlaySection, answer_play, read_play_offer
from sfu.producer import Producer
from sfu.rtp_parameters import AcceptedMedia, Codec, ForwardedMedia, Kind, TransportParameters
from sfu.subscriber import Offer, Section, Slot, Subscriber
from sfu.wire.sdp import SessionDescription


class Match(NamedTuple):
    """A track and the codec of the section in which it is sent."""

    producer: Producer
    codec: Codec


@dataclass(slots=True)
class _PlaySlot(Slot):
    section: PlaySection | None = None


def by_activity(producers: Sequence[Producer]) -> list[Producer]:
    """Those that send now before those that are muted or have sent nothing yet; else in the order
    given."""
    return sorted(producers, key=lambda producer: (producer.muted, not producer.has_started))


def match(sections: Sequence[PlaySection], producers: Sequence[Producer]) -> list[Match | None]:
    """For each section the first of ``producers`` not yet on another that fits it."""
    left = list(producers)
    matches = []
    for section in sections:
        found = next((m for m in (_fit(section, p) for p in left) if m is not None), None)
        if found is not None:
            left.remove(found.producer)
        matches.append(found)
    return matches


class Player(Subscriber):
    """Everything one WHEP transport carries. It never offers."""

    def __init__(
        self,
        local: TransportParameters,
        new_ssrc: Callable[[], int],
        first_sequence: Callable[[], int],
        wants: Callable[[str], bool],
        on_placed: Callable[[Section], None],
    ) -> None:
        """
        :param wants: whether the tracks of the connection of this id are to be played
        :param on_placed: called when a track has found its section after the answer
        """
        super().__init__(local, new_ssrc, 0, first_sequence)
        self._wants = wants
        self._on_placed = on_placed
        self._unplaced: list[Producer] = []
        self._play_slots: list[_PlaySlot] = []
        self._destination: object = None

    # --- tracks ---------------------------------------------------------------------------------

    def add(self, producer: Producer) -> bool:
        """Play a track, at once if a section is free. Never asks for an offer."""
        if self._wants(producer.connection_id):
            self._unplaced.append(producer)
            self._place()
        return False

    def remove(self, producer: Producer) -> None:
        """Stop playing a track; its section goes to one that waits."""
        if producer in self._unplaced:
            self._unplaced.remove(producer)
        for slot in self._play_slots:
            if slot.producer is producer:
                _vacate(slot)
        self._place()

    def clear(self) -> None:
        self._unplaced.clear()
        for slot in self._play_slots:
            _vacate(slot)

    def offer(self) -> Offer | None:
        return None

    def verdict(self, codec: Codec) -> bool | None:
        """As its offer says; None before it, and of a kind that it does not want."""
        sections = [slot.section for slot in self._play_slots if slot.media.kind == codec.kind]
        if not sections:
            return None
        return any(one is not None and one.codec_for(codec) is not None for one in sections)

    # --- the client's offer ---------------------------------------------------------------------

    def play(self, offer: SessionDescription, destination: object) -> str:
        """Take the client's only offer; the answer. More tracks than sections: the active ones
        first, the others wait. More sections than tracks: these are answered too, and stay silent
        until a track comes that fits.

        :param destination: where packets go, for their plans

        Raises `NegotiationError`; nothing has changed then."""
        if self._play_slots:
            raise NegotiationError("sdp_invalid", "answered already")
        sections = read_play_offer(offer)
        matches = match(sections, by_activity(self._unplaced))
        spare: dict[Kind, count[int]] = {"audio": count(), "video": count()}
        media = [
            self._play_media(section, found, spare)
            for section, found in zip(sections, matches, strict=True)
        ]
        answer = answer_play(offer, self._local, sections, media)
        self.remote = answer.remote
        self._destination = destination
        for section, item, found in zip(sections, media, matches, strict=True):
            consumer = Consumer(f"play-{item.mid}", item, self._first_sequence())
            slot = _PlaySlot(item, None, consumer, section=section)
            self._play_slots.append(slot)
            self._slots.append(slot)
            self._by_ssrc[item.ssrc] = slot
            if found is not None:
                self._unplaced.remove(found.producer)
                self._fill(slot, found)
        return answer.sdp

    # --- inside ---------------------------------------------------------------------------------

    def _place(self) -> None:
        """Bring tracks that wait to sections that are free, the first come first."""
        for producer in list(self._unplaced):
            for slot in self._play_slots:
                found = None if slot.producer is not None else _fit(slot.section, producer)
                if found is not None:
                    self._unplaced.remove(producer)
                    self._on_placed(self._fill(slot, found))
                    break

    def _fill(self, slot: _PlaySlot, found: Match) -> Section:
        assert slot.consumer is not None
        assert slot.section is not None
        slot.producer = found.producer
        accepted = AcceptedMedia(
            mid=slot.media.mid,
            active=True,
            payload_type=found.codec.payload_type,
            rtx_payload_type=found.codec.rtx_payload_type,
            extensions={item.uri: item.id for item in slot.section.extensions},
            feedback=found.codec.feedback,
        )
        slot.consumer.accept(accepted, self._destination)
        found.producer.add_consumer(slot.consumer)
        return Section(slot.media, found.producer, slot.consumer)

    def _play_media(
        self, section: PlaySection, found: Match | None, spare: dict[Kind, count[int]]
    ) -> ForwardedMedia:
        if found is not None:
            screen = found.producer.source in ("screen", "screen_audio")
            stream_id = found.producer.connection_id + ("-screen" if screen else "")
            track_id = found.producer.track_id
        else:
            # The nth spare sound goes with the nth spare picture.
            stream_id = f"spare{next(spare[section.kind])}"
            track_id = f"{stream_id}-{section.kind}"
        has_rtx = any(codec.rtx_payload_type is not None for codec in section.codecs)
        return ForwardedMedia(
            mid=section.mid,
            kind=section.kind,
            codec=section.codecs[0] if found is None else found.codec,
            ssrc=self._new_ssrc(),
            rtx_ssrc=self._new_ssrc() if has_rtx and section.kind == "video" else None,
            stream_id=stream_id,
            track_id=track_id,
            cname=stream_id,
        )


def _fit(section: PlaySection | None, producer: Producer) -> Match | None:
    if section is None or section.kind != producer.kind:
        return None
    codec = section.codec_for(producer.codec)
    return None if codec is None else Match(producer, codec)


def _vacate(slot: Slot) -> None:
    if slot.producer is not None and slot.consumer is not None:
        slot.producer.remove_consumer(slot.consumer)
        slot.consumer.leave_track()
    slot.producer = None
