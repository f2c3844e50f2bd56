"""Answers to offers to receive (WHEP): the server sends on the sections that the client lays out.

The client numbers payload types and header extensions. Every codec of a section that the server
forwards is answered, so that the section can carry one track after another, each in its own codec.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sfu.codecs import codec_rules
from sfu.header_extensions import SUBSCRIBE_EXTENSIONS
from sfu.negotiation_answer import answered_groups, answered_setup, refuse_section, remote_of
from sfu.negotiation_common import (
    DISCARD_PORT,
    RTP_PROTOCOLS,
    NegotiationError,
    bundled_mids,
    put_transport,
    section_kind,
    transport_section,
)
from sfu.negotiation_subscribe import put_streams
from sfu.rtp_parameters import (
    TRANSPORT_CC_URI,
    Codec,
    ForwardedMedia,
    Kind,
    TransportParameters,
)
from sfu.section_codecs import section_codecs, write_codecs
from sfu.wire.sdp import MediaDescription, Origin, SessionDescription
from sfu.wire.sdp_values import Direction, ExtMap

# Offered direction of an extension → answered (RFC 8285 section 6); others are refused.
_EXTENSION_DIRECTIONS: dict[Direction | None, Direction | None] = {
    None: None,
    "sendrecv": "sendonly",
    "recvonly": "sendonly",
}


@dataclass(frozen=True, slots=True)
class PlaySection:
    """One section of a player's offer on which the server can send."""

    mid: str
    kind: Kind
    codecs: tuple[Codec, ...]  # forwarded by the server, in the client's order, never empty
    extensions: tuple[ExtMap, ...]  # accepted, as answered

    def codec_for(self, codec: Codec) -> Codec | None:
        """The section's codec in which a track of ``codec`` can be sent; None if there is none."""
        rules = codec_rules(codec)
        if rules is None:
            return None
        same = [offered for offered in self.codecs if offered.name == rules.name]
        if rules.kind == "audio":
            return same[0] if same else None
        exact = (offered for offered in same if rules.offer(offered) == rules.offer(codec))
        anything = (offered for offered in same if _takes_any_profile(offered))
        return next(exact, None) or next(anything, None)


@dataclass(frozen=True, slots=True)
class PlayAnswer:
    sdp: str
    remote: TransportParameters


def read_play_offer(offer: SessionDescription) -> list[PlaySection]:
    """The sections of ``offer`` that can carry a track, in its order: offered ``recvonly`` (or
    ``sendrecv``), bundled, with a codec that the server forwards. Raises `NegotiationError`
    (``sdp_unsupported``) when there is none."""
    bundle = bundled_mids(offer)
    read = (_read(section, offer, bundle) for section in offer.media)
    sections = [section for section in read if section is not None]
    if not sections:
        raise NegotiationError("sdp_unsupported", "no section of the offer can be sent on")
    return sections


def answer_play(
    offer: SessionDescription,
    local: TransportParameters,
    sections: Sequence[PlaySection],
    media: Sequence[ForwardedMedia],
) -> PlayAnswer:
    """The answer to a player's ``offer``: ``sections`` (from `read_play_offer`) are answered
    ``sendonly`` with the streams of ``media``, one for each, and its codec first; all others are
    refused. Raises `NegotiationError` when the transport's parameters are missing."""
    tagged = transport_section(offer, [section.mid for section in sections])
    if tagged is None:
        raise NegotiationError("sdp_unsupported", "no accepted section in the bundle")
    setup = answered_setup(tagged, offer, local)
    answer = SessionDescription(
        origin=Origin(offer.origin.session_id, offer.origin.version, username="roda"),
        groups=answered_groups(offer, [section.mid for section in sections]),
        ice_lite=local.ice.lite,
        msid_semantic="WMS *",
    )
    accepted = {section.mid: (section, item) for section, item in zip(sections, media, strict=True)}
    for section in offer.media:
        taken = accepted.get(section.mid)
        answered = refuse_section(section) if taken is None else _accept(section, offer, *taken)
        put_transport(answered, local, setup)
        answer.media.append(answered)
    return PlayAnswer(answer.serialize(), remote_of(offer, tagged, setup))


def _read(
    section: MediaDescription, offer: SessionDescription, bundle: Sequence[str]
) -> PlaySection | None:
    kind = section_kind(section)
    direction = section.direction or offer.direction or "sendrecv"
    refused = (
        section.rejected
        or section.protocol not in RTP_PROTOCOLS
        or not section.rtcp_mux
        or section.mid not in bundle
        or direction not in ("recvonly", "sendrecv")
    )
    if kind is None or refused:
        return None
    codecs = []
    for codec in section_codecs(section, transport_cc=False):
        rules = codec_rules(codec)
        if rules is not None and rules.rank(codec) is not None:
            codecs.append(replace(codec, name=rules.name))
    if not codecs:
        return None
    return PlaySection(section.mid, kind, tuple(codecs), _extensions(section, offer, kind))


def _extensions(
    section: MediaDescription, offer: SessionDescription, kind: Kind
) -> tuple[ExtMap, ...]:
    """Packets are written once for all subscribers, with the server's own extension ids: only
    those are accepted that the client happens to have under the same id. Receivers skip the
    others (RFC 8285 section 4.1.1)."""
    ours = {uri: id_ for uri, id_ in SUBSCRIBE_EXTENSIONS[kind].items() if uri != TRANSPORT_CC_URI}
    return tuple(
        dict.fromkeys(
            ExtMap(item.id, item.uri, _EXTENSION_DIRECTIONS[item.direction])
            for item in (*offer.extmaps, *section.extmaps)
            if ours.get(item.uri) == item.id and item.direction in _EXTENSION_DIRECTIONS
        )
    )


def _takes_any_profile(codec: Codec) -> bool:
    """GStreamer names neither profile nor mode of the H.264 it receives, and takes all."""
    return codec.name == "H264" and not codec.parameters


def _answered(codec: Codec) -> Codec:
    rules = codec_rules(codec)
    return codec if rules is None else replace(codec, parameters=rules.answer(codec))


def _accept(
    section: MediaDescription,
    offer: SessionDescription,
    taken: PlaySection,
    media: ForwardedMedia,
) -> MediaDescription:
    answered = MediaDescription(
        kind=section.kind,
        port=DISCARD_PORT,
        protocol=section.protocol,
        mid=section.mid,
        direction="sendonly",
        extmap_allow_mixed=section.extmap_allow_mixed or offer.extmap_allow_mixed,
        extmaps=list(taken.extensions),
        rtcp_mux=True,
        rtcp_rsize=section.rtcp_rsize,
    )
    first = media.codec.payload_type
    ordered = sorted(taken.codecs, key=lambda codec: codec.payload_type != first)
    write_codecs(answered, [_answered(codec) for codec in ordered])
    put_streams(answered, media)
    return answered
