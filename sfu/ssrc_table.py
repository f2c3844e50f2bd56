"""Which track, and which of its encodings, a publisher's SSRC belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sfu.encoding import Encoding
from sfu.producer import Producer
from sfu.rtp_parameters import (
    MID_URI,
    REPAIRED_RID_URI,
    RID_URI,
    TRANSPORT_CC_URI,
    PublishedMedia,
)
from sfu.wire.errors import WireError
from sfu.wire.rtp import RtpPacket, parse_extensions

MAX_LEARNED = 64  # SSRCs that no description names
MAX_KEPT = MAX_LEARNED // 2  # of them over a negotiation


class Route(NamedTuple):
    producer: Producer
    encoding: Encoding


class SsrcTable:
    """SSRCs as the SDP names them, and as packets show them by MID, RID or payload type
    (RFC 9143 section 9.2, RFC 8852)."""

    def __init__(self) -> None:
        self.transport_cc_id = 0  # header extension id, 0 where it was not negotiated
        self._routes: dict[int, Route] = {}
        self._rtx: dict[int, int] = {}  # RTX SSRC → primary SSRC
        self._producers: Mapping[str, Producer] = {}
        self._learned: dict[int, tuple[str, str | None]] = {}  # SSRC → MID, RID
        self._mid_id = self._rid_id = self._repaired_id = 0

    def describe(
        self, media: Mapping[str, PublishedMedia], producers: Mapping[str, Producer]
    ) -> None:
        """A description was negotiated: sections and their producers, by mid. What SSRCs have shown
        stays: once it has had a report on a stream, a browser says its MID and RID no more, not
        even where the section has become another track."""
        self._producers = producers
        self._routes = {}
        self._rtx = {}
        for ssrc, (mid, rid) in list(self._learned.items()):
            route = self._shown(mid, rid)
            if route is None or len(self._learned) > MAX_KEPT:
                del self._learned[ssrc]
            else:
                self._routes[ssrc] = route
        extensions: dict[str, int] = {}
        for mid, section in media.items():
            producer = producers[mid]
            extensions |= section.extensions
            if not section.rids:
                only = Route(producer, producer.encodings[0])
                named = (*section.ssrcs, *section.rtx_ssrcs)
                self._routes |= dict.fromkeys(named, only)
                self._rtx |= section.rtx_ssrcs
            for encoding in producer.encodings:
                if encoding.stream is not None:
                    self._routes[encoding.stream.ssrc] = Route(producer, encoding)
        self.transport_cc_id = extensions.get(TRANSPORT_CC_URI, 0)
        self._mid_id = extensions.get(MID_URI, 0)
        self._rid_id = extensions.get(RID_URI, 0)
        self._repaired_id = extensions.get(REPAIRED_RID_URI, 0)

    def find(self, ssrc: int) -> Route | None:
        """An SSRC seen or named before."""
        return self._routes.get(ssrc)

    def learn(self, packet: RtpPacket) -> Route | None:
        """The route of an SSRC not seen before. Raises `WireError` on a malformed extension."""
        if len(self._learned) >= MAX_LEARNED:
            return None
        elements: Mapping[int, bytes] = {}
        if packet.extension_profile:
            elements = parse_extensions(packet.extension_profile, packet.extension_data)
        mid = self._mid(packet, elements.get(self._mid_id) if self._mid_id else None)
        route = None if mid is None else self._shown(mid, self._rid(elements))
        if mid is None or route is None or not _has_type(route.producer, packet.payload_type):
            return None
        self._learned[packet.ssrc] = (mid, self._rid(elements))
        self._routes[packet.ssrc] = route
        return route

    def primary(self, ssrc: int, route: Route) -> int:
        """The SSRC whose packets an RTX SSRC repeats. Raises `WireError` while it is unknown."""
        named = self._rtx.get(ssrc)
        if named is not None:
            return named
        if route.encoding.stream is None:
            raise WireError("retransmission before its stream")
        return route.encoding.stream.ssrc

    def _mid(self, packet: RtpPacket, shown: bytes | None) -> str | None:
        if shown is not None:
            return shown.decode("ascii", "replace")
        producers = self._producers.items()
        return _only(mid for mid, p in producers if _has_type(p, packet.payload_type))

    def _rid(self, elements: Mapping[int, bytes]) -> str | None:
        rid = elements.get(self._rid_id) or elements.get(self._repaired_id)
        return rid.decode("ascii", "replace") if rid else None

    def _shown(self, mid: str, rid: str | None) -> Route | None:
        producer = self._producers.get(mid)
        if producer is None:
            return None
        if not producer.rids:
            return Route(producer, producer.encodings[0])
        if rid not in producer.rids:
            return None
        return Route(producer, producer.encodings[producer.rids.index(rid)])


def _only(mids: Iterable[str]) -> str | None:
    found = list(mids)
    return found[0] if len(found) == 1 else None


def _has_type(producer: Producer, payload_type: int) -> bool:
    codec = producer.codec
    return payload_type in (codec.payload_type, codec.rtx_payload_type, producer.red)
