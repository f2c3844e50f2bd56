"""Offers of subscribe transports, and what their answers accepted: the server only sends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sfu.codecs import PayloadTypes
from sfu.header_extensions import SUBSCRIBE_EXTENSIONS
from sfu.negotiation_common import (
    DISCARD_PORT,
    NegotiationError,
    Role,
    bundled_mids,
    feedback_known,
    put_transport,
    remote_transport,
    transport_section,
)
from sfu.red_numbers import OPUS_NUMBER, RED_CODEC, RED_NUMBER
from sfu.rtp_parameters import (
    TRANSPORT_CC_URI,
    AcceptedMedia,
    ForwardedMedia,
    TransportParameters,
)
from sfu.section_codecs import section_codecs, write_codecs
from sfu.wire.errors import WireError
from sfu.wire.sdp import MediaDescription, Origin, SessionDescription, parse_sdp
from sfu.wire.sdp_values import ExtMap, Group, Msid, SsrcAttribute, SsrcGroup


@dataclass(frozen=True, slots=True)
class SubscribeAnswer:
    """``media`` has one entry for each offered section, in its order. ``remote`` is None where the
    client takes none of them, and so says nothing of a transport."""

    remote: TransportParameters | None
    media: tuple[AcceptedMedia, ...]


def make_subscribe_offer(
    media: Sequence[ForwardedMedia],
    local: TransportParameters,
    session_id: int,
    version: int,
    payload_types: PayloadTypes | None = None,
    transport_cc: bool = True,
) -> str:
    """The offer of a subscribe transport with one section for each of ``media``.

    Sections keep their mid and place for the transport's life; one whose track has ended stays,
    inactive, until a track of its kind takes it over. ``version`` grows with each offer. Pass the
    transport's own ``payload_types`` every time: a section's reuse would otherwise renumber the
    codecs of others. Raises `NegotiationError` (``sdp_unsupported``) for a codec that is not
    forwarded, `ValueError` when ``media`` is empty.
    """
    if not media:
        raise ValueError("an offer without sections has no transport")
    numbers = payload_types or PayloadTypes()
    offer = SessionDescription(
        origin=Origin(session_id, version, username="roda"),
        groups=[Group("BUNDLE", tuple(item.mid for item in media))],
        ice_lite=local.ice.lite,
        msid_semantic="WMS *",
    )
    for item in media:
        section = _offer_section(item, numbers, transport_cc)
        put_transport(section, local, "actpass")
        offer.media.append(section)
    return offer.serialize()


def _offer_section(
    media: ForwardedMedia, numbers: PayloadTypes, transport_cc: bool
) -> MediaDescription:
    try:
        codec = numbers.assign(media.codec)
    except LookupError as exc:
        raise NegotiationError("sdp_unsupported", str(exc)) from exc
    section = MediaDescription(
        kind=media.kind,
        port=DISCARD_PORT,
        protocol="UDP/TLS/RTP/SAVPF",
        mid=media.mid,
        direction="sendonly" if media.active else "inactive",
        extmap_allow_mixed=True,
        extmaps=[
            ExtMap(identifier, uri)
            for uri, identifier in SUBSCRIBE_EXTENSIONS[media.kind].items()
            if transport_cc or uri != TRANSPORT_CC_URI
        ],
        rtcp_mux=True,
        rtcp_rsize=True,
    )
    with_rtx = media.kind == "video" and media.rtx_ssrc is not None
    rtx_payload_type = codec.rtx_payload_type if with_rtx else None
    feedback = feedback_known(media.kind, transport_cc)
    codecs = [replace(codec, feedback=feedback, rtx_payload_type=rtx_payload_type)]
    if media.red and codec.payload_type == OPUS_NUMBER:
        codecs.insert(0, replace(RED_CODEC, feedback=feedback))
    write_codecs(section, codecs)
    if media.active:
        put_streams(section, media)
    return section


def put_streams(section: MediaDescription, media: ForwardedMedia) -> None:
    section.msids = [Msid(media.stream_id, media.track_id)]
    ssrcs = [media.ssrc]
    if media.rtx_ssrc is not None and media.kind == "video":
        ssrcs.append(media.rtx_ssrc)
        section.ssrc_groups = [SsrcGroup("FID", (media.ssrc, media.rtx_ssrc))]
    for ssrc in ssrcs:
        section.ssrc_attributes += [
            SsrcAttribute(ssrc, "cname", media.cname),
            SsrcAttribute(ssrc, "msid", f"{media.stream_id} {media.track_id}"),
        ]


def read_subscribe_answer(
    answer: str | SessionDescription, offered: Sequence[ForwardedMedia]
) -> SubscribeAnswer:
    """What the client's ``answer`` accepted of the sections ``offered``; a rejected one is not
    active. Raises `NegotiationError`: ``sdp_invalid`` where the sections are not those offered or
    the transport's parameters are missing, ``sdp_unsupported`` where the client takes a section
    outside the bundle or without rtcp-mux."""
    if isinstance(answer, str):
        try:
            answer = parse_sdp(answer)
        except WireError as exc:
            raise NegotiationError("sdp_invalid", str(exc)) from exc
    _check_sections(answer, offered)
    media = tuple(
        _read_section(section, item, answer)
        for section, item in zip(answer.media, offered, strict=True)
    )
    taken = [section.mid for section in answer.media if not section.rejected]
    if not taken:
        return SubscribeAnswer(None, media)
    _check_bundle(answer)
    tagged = transport_section(answer, taken)
    if tagged is None:
        raise NegotiationError("sdp_unsupported", "no accepted section in the bundle")
    return SubscribeAnswer(remote_transport(answer, tagged, _setup(tagged, answer)), media)


def _check_sections(answer: SessionDescription, offered: Sequence[ForwardedMedia]) -> None:
    if len(answer.media) != len(offered):
        count = f"{len(answer.media)} sections answered, {len(offered)} offered"
        raise NegotiationError("sdp_invalid", count)
    for number, (section, item) in enumerate(zip(answer.media, offered, strict=True)):
        # A rejected section may come without its mid (RFC 8829 section 5.3.1).
        if section.mid != item.mid and (section.mid or not section.rejected):
            raise NegotiationError("sdp_invalid", f"section {number} answers another mid")
        if section.kind != item.kind:
            raise NegotiationError("sdp_invalid", f"section {number} answers another kind")


def _check_bundle(answer: SessionDescription) -> None:
    bundle = bundled_mids(answer)
    for section in answer.media:
        if section.rejected:
            continue
        if section.mid not in bundle or not section.rtcp_mux:
            raise NegotiationError("sdp_unsupported", "a section outside the one transport")


def _setup(tagged: MediaDescription, answer: SessionDescription) -> Role:
    setup = tagged.setup or answer.setup or "active"
    if setup not in ("active", "passive"):
        raise NegotiationError("sdp_invalid", f"a=setup:{setup} in an answer")
    return setup


def _read_section(
    section: MediaDescription, offered: ForwardedMedia, answer: SessionDescription
) -> AcceptedMedia:
    direction = section.direction or answer.direction or "sendrecv"
    receives = offered.active and direction in ("sendrecv", "recvonly")
    known = SUBSCRIBE_EXTENSIONS[offered.kind]
    extensions = {
        item.uri: item.id
        for item in (*answer.extmaps, *section.extmaps)
        if known.get(item.uri) == item.id and item.direction not in ("sendonly", "inactive")
    }
    codecs = {
        codec.name.lower(): codec
        for codec in reversed(section_codecs(section, transport_cc=TRANSPORT_CC_URI in extensions))
    }
    codec = codecs.get(offered.codec.name.lower())
    red = offered.red and "red" in codecs
    if section.rejected or not receives or codec is None:
        decodable = not offered.active or (codec is not None and not section.rejected)
        return AcceptedMedia(mid=offered.mid, active=False, decodable=decodable)
    return AcceptedMedia(
        mid=offered.mid,
        active=True,
        payload_type=RED_NUMBER if red else codec.payload_type,
        rtx_payload_type=codec.rtx_payload_type,
        extensions=extensions,
        feedback=codec.feedback,
        red=red,
    )
