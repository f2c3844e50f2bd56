"""The codecs of one media section: SDP ↔ `Codec`."""

from __future__ import annotations

from collections.abc import Sequence

from sfu.negotiation_common import feedback_known, section_kind
from sfu.rtp_parameters import Codec
from sfu.wire.sdp import MediaDescription
from sfu.wire.sdp_values import RtcpFeedback, RtpMap


def section_codecs(section: MediaDescription, *, transport_cc: bool) -> list[Codec]:
    """What ``section`` offers, in its order of preference: RTX (RFC 4588 section 8) folded into
    the codec it repairs, feedback limited to what the server understands. ``transport_cc`` says
    whether transport-wide feedback can be: without its header extension it would report nothing.
    """
    kind = section_kind(section)
    if kind is None:
        return []
    feedback = _feedback(section, feedback_known(kind, transport_cc))
    for_all = feedback.get(None, [])
    repairs = _rtx_payload_types(section)
    codecs = []
    for payload_type in dict.fromkeys(section.payload_types):
        rtpmap = section.rtpmaps.get(payload_type)
        if rtpmap is None or rtpmap.name.lower() == "rtx":
            continue
        codecs.append(
            Codec(
                kind=kind,
                name=rtpmap.name,
                clock_rate=rtpmap.clock_rate,
                payload_type=payload_type,
                channels=rtpmap.channels,
                parameters=section.fmtps.get(str(payload_type), ()),
                feedback=tuple(dict.fromkeys(for_all + feedback.get(payload_type, []))),
                rtx_payload_type=repairs.get((payload_type, rtpmap.clock_rate)),
            )
        )
    return codecs


def _feedback(section: MediaDescription, known: Sequence[str]) -> dict[int | None, list[str]]:
    """By payload type (None: for all) what is known of what is said, each once, in its order."""
    said: dict[int | None, list[str]] = {}
    for item in dict.fromkeys(section.feedback):
        if item.value in known:
            said.setdefault(item.payload_type, []).append(item.value)
    return said


def _rtx_payload_types(section: MediaDescription) -> dict[tuple[int, int], int]:
    """(repaired payload type, clock rate) → RTX payload type."""
    repairs: dict[tuple[int, int], int] = {}
    for payload_type in section.payload_types:
        rtpmap = section.rtpmaps.get(payload_type)
        if rtpmap is None or rtpmap.name.lower() != "rtx":
            continue
        for name, value in section.fmtps.get(str(payload_type), ()):
            if name == "apt" and value.isascii() and value.isdigit() and len(value) <= 3:
                repairs.setdefault((int(value), rtpmap.clock_rate), payload_type)
    return repairs


def write_codecs(section: MediaDescription, codecs: Sequence[Codec]) -> None:
    """Give ``section`` these formats, each followed by its RTX."""
    formats: list[int] = []
    for codec in codecs:
        number = codec.payload_type
        formats.append(number)
        section.rtpmaps[number] = RtpMap(number, codec.name, codec.clock_rate, codec.channels)
        section.feedback += [RtcpFeedback(number, value) for value in codec.feedback]
        if codec.parameters:
            section.fmtps[str(number)] = codec.parameters
        if codec.rtx_payload_type is not None:
            rtx = codec.rtx_payload_type
            formats.append(rtx)
            section.rtpmaps[rtx] = RtpMap(rtx, "rtx", codec.clock_rate)
            section.fmtps[str(rtx)] = (("apt", str(number)),)
    section.formats = tuple(str(item) for item in formats)
