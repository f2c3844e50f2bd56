"""Answers to the offers of publish transports: the server only receives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sfu.codecs import DEFAULT_PREFERENCES, CodecPreferences, codec_rules
from sfu.header_extensions import PUBLISH_EXTENSIONS
from sfu.negotiation_answer import answered_groups, answered_setup, refuse_section, remote_of
from sfu.negotiation_common import (
    DISCARD_PORT,
    RTP_PROTOCOLS,
    NegotiationError,
    Role,
    bundled_mids,
    put_transport,
    section_kind,
    transport_section,
)
from sfu.rtp_parameters import TRANSPORT_CC_URI, Codec, PublishedMedia, TransportParameters
from sfu.section_codecs import section_codecs, write_codecs
from sfu.wire.sdp import MediaDescription, Origin, SessionDescription
from sfu.wire.sdp_values import Direction, ExtMap, Rid, Simulcast

MAX_RIDS = 4
MAX_SSRCS = 16  # of one section; simulcast needs three

# Offered direction of an extension → answered (RFC 8285 section 6); others are refused.
_EXTENSION_DIRECTIONS: dict[Direction | None, Direction | None] = {
    None: None,
    "sendrecv": "recvonly",
    "sendonly": "recvonly",
}


Pick = Callable[[str, Sequence[Codec]], Codec]


def _first(mid: str, ranked: Sequence[Codec]) -> Codec:
    return ranked[0]


@dataclass(frozen=True, slots=True)
class PublishAnswer:
    """``media`` has one entry for each audio and video section of the offer, in its order. A mid
    of an earlier offer that is missing has ended. ``remote`` is None where a re-offer has ended
    every section, and with them the transport."""

    sdp: str
    remote: TransportParameters | None
    setup: Role  # the server's DTLS role, as answered
    media: tuple[PublishedMedia, ...]


def answer_publish(
    offer: SessionDescription,
    local: TransportParameters,
    previous: Sequence[PublishedMedia] | None = None,
    preferences: CodecPreferences = DEFAULT_PREFERENCES,
    pick: Pick = _first,
) -> PublishAnswer:
    """The answer to a client's ``offer``, taking on each section one codec, so that a track never
    changes it midway: the one that ``pick`` says, asked with the section's mid and what can be
    taken, in the order of ``preferences`` but for the codec that ``previous`` (the result of the
    last answer on this transport) had, which comes first.

    What cannot be taken is answered with port 0. Raises `NegotiationError`: ``sdp_unsupported``
    when that is all of a first offer, ``sdp_invalid`` when the transport's parameters are missing.
    """
    kept = {media.mid: media.codecs for media in previous or ()}
    bundle = bundled_mids(offer)
    planned = [_plan(section, offer, bundle, kept, preferences, pick) for section in offer.media]
    accepted = [media.mid for media in planned if media is not None and media.codecs]
    tagged = transport_section(offer, accepted)
    if tagged is None and previous is None:
        raise NegotiationError("sdp_unsupported", "no section of the offer can be accepted")
    setup = answered_setup(tagged or offer, offer, local)
    answer = SessionDescription(
        origin=Origin(offer.origin.session_id, offer.origin.version, username="roda"),
        groups=answered_groups(offer, accepted),
        ice_lite=local.ice.lite,
        msid_semantic="WMS *",
    )
    for section, media in zip(offer.media, planned, strict=True):
        if media is not None and media.codecs:
            answered = _accept(section, offer, media, preferences)
        else:
            answered = refuse_section(section)
        put_transport(answered, local, setup)
        answer.media.append(answered)
    return PublishAnswer(
        sdp=answer.serialize(),
        remote=None if tagged is None else remote_of(offer, tagged, setup),
        setup=setup,
        media=tuple(media for media in planned if media is not None),
    )


def check_whole(offer: SessionDescription, answer: PublishAnswer) -> None:
    """Raises `NegotiationError` (``sdp_unsupported``) where an audio or video section that is
    offered was refused: a WHIP client must not be answered in part (RFC 9725 section 4.4.3)."""
    refused = {media.mid for media in answer.media if not media.codecs}
    for section in offer.media:
        if section.mid in refused and not section.rejected:
            raise NegotiationError("sdp_unsupported", f"section {section.mid} cannot be taken")


def _plan(
    section: MediaDescription,
    offer: SessionDescription,
    bundle: Sequence[str],
    kept: dict[str, tuple[Codec, ...]],
    preferences: CodecPreferences,
    pick: Pick,
) -> PublishedMedia | None:
    """What is taken of ``section``: no codecs where it is refused, None where it is not media."""
    kind = section_kind(section)
    if kind is None:
        return None
    refused = (
        section.rejected
        or section.protocol not in RTP_PROTOCOLS
        or not section.rtcp_mux
        or section.mid not in bundle
    )
    extensions = {item.uri: item.id for item in _extensions(section, offer, preferences)}
    offered = section_codecs(section, transport_cc=TRANSPORT_CC_URI in extensions)
    ranked = _rank(offered, kept.get(section.mid, ()), preferences)
    if refused or not ranked:
        return PublishedMedia(mid=section.mid, kind=kind, active=False)
    chosen = pick(section.mid, ranked)
    red = _red_over(chosen, offered) if preferences.red else ()
    repairs = {rtx: ssrc for ssrc, rtx in _pairs(section, "FID")}
    secondary = repairs.keys() | {fec for _, fec in _pairs(section, "FEC-FR")}
    direction = section.direction or offer.direction or "sendrecv"
    return PublishedMedia(
        mid=section.mid,
        kind=kind,
        active=direction in ("sendrecv", "sendonly"),
        codecs=(*red, chosen),
        offered=tuple(ranked),
        extensions=extensions,
        ssrcs=tuple(item for item in _ordered_ssrcs(section) if item not in secondary)[:MAX_SSRCS],
        rtx_ssrcs=repairs,
        rids=_send_rids(section),
        msid=(section.msids[0].stream, section.msids[0].track) if section.msids else None,
    )


def _pairs(section: MediaDescription, semantics: str) -> list[tuple[int, int]]:
    groups = (group.ssrcs for group in section.ssrc_groups if group.semantics == semantics)
    return [(ssrcs[0], ssrcs[1]) for ssrcs in groups if len(ssrcs) == 2][:MAX_SSRCS]


def _ordered_ssrcs(section: MediaDescription) -> list[int]:
    """The layers of a SIM group in its order (lowest first), then the other SSRCs."""
    layers = (group.ssrcs for group in section.ssrc_groups if group.semantics == "SIM")
    return list(dict.fromkeys((*(ssrc for group in layers for ssrc in group), *section.ssrcs)))


def _rank(
    offered: Sequence[Codec], kept: tuple[Codec, ...], preferences: CodecPreferences
) -> list[Codec]:
    """What can be answered of ``offered``: what was answered before, then as is preferred."""
    ranked = []
    for codec in offered:
        rules = codec_rules(codec)
        rank = rules.rank(codec) if rules else None
        if rules is None or rank is None:
            continue
        answered = replace(codec, name=rules.name, parameters=rules.answer(codec))
        names = preferences.of_kind(rules.kind)
        if any(_same(answered, codec) for codec in kept):
            ranked.append((-1, rank, answered))
        elif rules.name in names:
            ranked.append((names.index(rules.name), rank, answered))
    return [answered for _, _, answered in sorted(ranked, key=lambda item: item[:2])]


def _same(codec: Codec, other: Codec) -> bool:
    return (codec.name, codec.payload_type) == (other.name, other.payload_type)


def _red_over(codec: Codec, offered: Sequence[Codec]) -> tuple[Codec, ...]:
    """RED that carries nothing but ``codec`` (RFC 2198 section 5: a list of payload types)."""
    for red in offered:
        carried = {item for key, text in red.parameters if not key for item in text.split("/")}
        if red.name.lower() == "red" and carried == {str(codec.payload_type)}:
            return (red,)
    return ()


def _extensions(
    section: MediaDescription, offer: SessionDescription, preferences: CodecPreferences
) -> list[ExtMap]:
    """The accepted extensions as answered: ids as offered, each URI and each id once."""
    kind = section_kind(section)
    accepted: dict[str, ExtMap] = {}
    for item in (*offer.extmaps, *section.extmaps):
        wanted = (
            kind is not None
            and item.uri in PUBLISH_EXTENSIONS[kind]
            and (preferences.transport_cc or item.uri != TRANSPORT_CC_URI)
            and item.direction in _EXTENSION_DIRECTIONS
            and item.id <= 255
            and item.id not in {other.id for other in accepted.values()}
        )
        if wanted:
            answered = ExtMap(item.id, item.uri, _EXTENSION_DIRECTIONS[item.direction])
            accepted.setdefault(item.uri, answered)
    return list(accepted.values())


def _send_rids(section: MediaDescription) -> tuple[str, ...]:
    """The simulcast rids (RFC 8853 section 5.3) both declared and listed, the first of each set
    of alternatives, at most `MAX_RIDS`."""
    declared = {rid.id for rid in section.rids if rid.direction == "send"}
    streams = section.simulcast.send if section.simulcast else ()
    listed = dict.fromkeys(stream[0].removeprefix("~") for stream in streams)
    return tuple(rid for rid in listed if rid in declared)[:MAX_RIDS]


def _accept(
    section: MediaDescription,
    offer: SessionDescription,
    media: PublishedMedia,
    preferences: CodecPreferences,
) -> MediaDescription:
    answered = MediaDescription(
        kind=section.kind,
        port=DISCARD_PORT,
        protocol=section.protocol,
        mid=section.mid,
        direction="recvonly" if media.active else "inactive",
        extmap_allow_mixed=section.extmap_allow_mixed or offer.extmap_allow_mixed,
        extmaps=_extensions(section, offer, preferences),
        rtcp_mux=True,
        rtcp_rsize=section.rtcp_rsize,
    )
    write_codecs(answered, media.codecs)
    if media.rids:
        answered.rids = [Rid(rid, "recv") for rid in media.rids]
        answered.simulcast = Simulcast(recv=tuple((rid,) for rid in media.rids))
    return answered
