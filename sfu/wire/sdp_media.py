"""Media sections of a session description (RFC 8866 section 5.14)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeVar, cast

from sfu.wire.errors import WireError
from sfu.wire.sdp_values import (
    DIRECTIONS,
    Direction,
    ExtMap,
    Fingerprint,
    Msid,
    Parameters,
    Rid,
    RtcpFeedback,
    RtpMap,
    Simulcast,
    SsrcAttribute,
    SsrcGroup,
    direction,
    format_parameters,
    integer,
    parse_parameters,
    split_once,
    token,
)

Setup = Literal["actpass", "active", "passive", "holdconn"]
Attribute = tuple[str, str | None]  # name, value (None: no colon)

MAX_MID_CHARS = 32

_UFRAG = re.compile(r"[!-9;-~]{4,256}", re.ASCII)  # RFC 8839 section 5.4, wider; never a colon
_PASSWORD = re.compile(r"[!-~]{22,256}", re.ASCII)


@dataclass(slots=True)
class TransportAttributes:
    """What stands at session level, at media level, or at both (the media level wins)."""

    ice_ufrag: str | None = None
    ice_pwd: str | None = None
    ice_options: str | None = None
    fingerprints: list[Fingerprint] = field(default_factory=list)
    setup: Setup | None = None
    direction: Direction | None = None
    extmap_allow_mixed: bool = False
    extmaps: list[ExtMap] = field(default_factory=list)
    connection: str | None = None  # c=
    bandwidths: list[str] = field(default_factory=list)  # b=
    attributes: list[Attribute] = field(default_factory=list)  # what nothing here knows, in order

    def transport_lines(self) -> Iterator[str]:
        for name, value in (
            ("ice-ufrag", self.ice_ufrag),
            ("ice-pwd", self.ice_pwd),
            ("ice-options", self.ice_options),
        ):
            if value is not None:
                yield f"a={name}:{value}"
        yield from (f"a=fingerprint:{fingerprint}" for fingerprint in self.fingerprints)
        if self.setup:
            yield f"a=setup:{self.setup}"

    def unknown_lines(self) -> Iterator[str]:
        for name, value in self.attributes:
            yield f"a={name}" if value is None else f"a={name}:{value}"


@dataclass(slots=True)
class MediaDescription(TransportAttributes):
    """One media section. ``kind`` is audio, video, application or whatever else was there."""

    kind: str = ""
    port: int = 0
    protocol: str = ""
    formats: tuple[str, ...] = ()
    mid: str = ""
    rtpmaps: dict[int, RtpMap] = field(default_factory=dict)
    fmtps: dict[str, Parameters] = field(default_factory=dict)  # by format
    feedback: list[RtcpFeedback] = field(default_factory=list)
    ssrc_attributes: list[SsrcAttribute] = field(default_factory=list)
    ssrc_groups: list[SsrcGroup] = field(default_factory=list)
    rids: list[Rid] = field(default_factory=list)
    simulcast: Simulcast | None = None
    msids: list[Msid] = field(default_factory=list)
    candidates: list[str] = field(default_factory=list)  # without "a=candidate:"
    end_of_candidates: bool = False
    rtcp_mux: bool = False
    rtcp_rsize: bool = False
    bundle_only: bool = False

    @property
    def is_rtp(self) -> bool:
        return self.kind in ("audio", "video") and "RTP/" in self.protocol

    @property
    def payload_types(self) -> tuple[int, ...]:
        """The formats of an RTP section, as numbers, in the order of preference."""
        return tuple(int(item) for item in self.formats) if self.is_rtp else ()

    @property
    def ssrcs(self) -> tuple[int, ...]:
        """Every SSRC with an attribute, in the order of appearance."""
        return tuple(dict.fromkeys(attribute.ssrc for attribute in self.ssrc_attributes))

    @property
    def rejected(self) -> bool:
        """Port 0, other than on a bundle-only section (RFC 9143 section 6)."""
        return self.port == 0 and not self.bundle_only

    def lines(self) -> Iterator[str]:
        yield f"m={self.kind} {self.port} {self.protocol} {' '.join(self.formats)}"
        if self.connection:
            yield f"c={self.connection}"
        yield from (f"b={bandwidth}" for bandwidth in self.bandwidths)
        yield from (f"a=candidate:{candidate}" for candidate in self.candidates)
        if self.end_of_candidates:
            yield "a=end-of-candidates"
        yield from self.transport_lines()
        if self.mid:
            yield f"a=mid:{self.mid}"
        flags = (
            ("bundle-only", self.bundle_only),
            ("extmap-allow-mixed", self.extmap_allow_mixed),
            ("rtcp-mux", self.rtcp_mux),
            ("rtcp-rsize", self.rtcp_rsize),
        )
        yield from (f"a={name}" for name, is_set in flags if is_set)
        if self.direction:
            yield f"a={self.direction}"
        yield from (f"a=msid:{msid}" for msid in self.msids)
        yield from (f"a=extmap:{extmap}" for extmap in self.extmaps)
        yield from self._format_lines()
        yield from self.unknown_lines()
        yield from self._stream_lines()

    def _format_lines(self) -> Iterator[str]:
        yield from (f"a=rtpmap:{rtpmap}" for rtpmap in self.rtpmaps.values())
        yield from (f"a=rtcp-fb:{feedback}" for feedback in self.feedback)
        for name, parameters in self.fmtps.items():
            yield f"a=fmtp:{name} {format_parameters(parameters)}"

    def _stream_lines(self) -> Iterator[str]:
        yield from (f"a=rid:{rid}" for rid in self.rids)
        if self.simulcast:
            yield f"a=simulcast:{self.simulcast}"
        yield from (f"a=ssrc-group:{group}" for group in self.ssrc_groups)
        yield from (f"a=ssrc:{attribute}" for attribute in self.ssrc_attributes)


def parse_media_line(value: str) -> MediaDescription:
    """The section that ``m=value`` begins (RFC 8866 section 5.14)."""
    kind, port, protocol, *formats = value.split() + [""] * (3 - len(value.split()))
    section = MediaDescription(
        kind=token(kind),
        port=integer(port.partition("/")[0], 0, 65535),
        protocol="/".join(token(part) for part in protocol.split("/")),
        formats=tuple(token(item) for item in formats),
    )
    if not formats:
        raise WireError("no format")
    if section.is_rtp:
        for item in formats:
            integer(item, 0, 127)
    return section


Section = TypeVar("Section", bound=TransportAttributes)


def _set_ufrag(section: TransportAttributes, value: str) -> None:
    if not _UFRAG.fullmatch(value):
        raise WireError("not an ICE ufrag")
    section.ice_ufrag = value


def _set_pwd(section: TransportAttributes, value: str) -> None:
    if not _PASSWORD.fullmatch(value):
        raise WireError("not an ICE password")
    section.ice_pwd = value


def _set_options(section: TransportAttributes, value: str) -> None:
    section.ice_options = value


def _set_setup(section: TransportAttributes, value: str) -> None:
    if value not in ("actpass", "active", "passive", "holdconn"):
        raise WireError("not a DTLS setup role")
    section.setup = cast(Setup, value)


def _set_mid(section: MediaDescription, value: str) -> None:
    if len(value) > MAX_MID_CHARS:
        raise WireError("mid too long")
    section.mid = token(value)


def _set_rtpmap(section: MediaDescription, value: str) -> None:
    rtpmap = RtpMap.parse(value)
    section.rtpmaps[rtpmap.payload_type] = rtpmap


def _set_fmtp(section: MediaDescription, value: str) -> None:
    name, parameters = split_once(value)
    section.fmtps[token(name)] = parse_parameters(parameters)


def _set_simulcast(section: MediaDescription, value: str) -> None:
    section.simulcast = Simulcast.parse(value)


SESSION_VALUES: dict[str, Callable[[TransportAttributes, str], None]] = {
    "ice-ufrag": _set_ufrag,
    "ice-pwd": _set_pwd,
    "ice-options": _set_options,
    "setup": _set_setup,
    "fingerprint": lambda section, value: section.fingerprints.append(Fingerprint.parse(value)),
    "extmap": lambda section, value: section.extmaps.append(ExtMap.parse(value)),
}

MEDIA_VALUES: dict[str, Callable[[MediaDescription, str], None]] = {
    **SESSION_VALUES,
    "mid": _set_mid,
    "rtpmap": _set_rtpmap,
    "fmtp": _set_fmtp,
    "simulcast": _set_simulcast,
    "rtcp-fb": lambda section, value: section.feedback.append(RtcpFeedback.parse(value)),
    "ssrc": lambda section, value: section.ssrc_attributes.append(SsrcAttribute.parse(value)),
    "ssrc-group": lambda section, value: section.ssrc_groups.append(SsrcGroup.parse(value)),
    "rid": lambda section, value: section.rids.append(Rid.parse(value)),
    "msid": lambda section, value: section.msids.append(Msid.parse(value)),
    "candidate": lambda section, value: section.candidates.append(value),
}

# Attributes without a value, and the field each sets.
SESSION_FLAGS = {"extmap-allow-mixed": "extmap_allow_mixed"}
MEDIA_FLAGS = {
    **SESSION_FLAGS,
    "rtcp-mux": "rtcp_mux",
    "rtcp-rsize": "rtcp_rsize",
    "bundle-only": "bundle_only",
    "end-of-candidates": "end_of_candidates",
}


def add_attribute(
    section: Section,
    line: str,
    values: dict[str, Callable[[Section, str], None]],
    flags: dict[str, str],
) -> None:
    """Take the attribute ``line`` (without ``a=``) into ``section``."""
    name, colon, value = line.partition(":")
    value = value.strip()
    if name in values:
        if not value:
            raise WireError("value missing")
        values[name](section, value)
    elif name in flags:
        setattr(section, flags[name], True)
    elif name in DIRECTIONS:
        section.direction = direction(name)
    else:
        section.attributes.append((token(name), value if colon else None))
