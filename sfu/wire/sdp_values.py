"""Values inside SDP attributes: text ↔ value, one type each. Every ``parse`` raises `WireError`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self, cast

from sfu.wire.errors import WireError

Parameters = tuple[tuple[str, str], ...]
Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
DIRECTIONS: tuple[Direction, ...] = ("sendrecv", "sendonly", "recvonly", "inactive")
RidDirection = Literal["send", "recv"]

_TOKEN = re.compile(r"[!#-'*+\-.0-9A-Z^-~]{1,255}", re.ASCII)  # RFC 8866 section 9, "token"
_RID = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)  # RFC 8851 section 10
_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){15,63}", re.ASCII)  # RFC 8122


def token(text: str) -> str:
    """``text`` itself where it is an RFC 8866 token of at most 255 characters."""
    if not _TOKEN.fullmatch(text):
        raise WireError("not an SDP token")
    return text


def rid_token(text: str) -> str:
    """``text`` itself where it is a restriction identifier (RFC 8851)."""
    if not _RID.fullmatch(text):
        raise WireError("not a rid")
    return text


def integer(text: str, low: int, high: int) -> int:
    """A decimal number in ``low``..``high``; `int` alone would take signs, spaces, underscores."""
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise WireError("not a number")
    value = int(text)
    if not low <= value <= high:
        raise WireError(f"number outside {low}..{high}")
    return value


def split_once(text: str, separator: str = " ") -> tuple[str, str]:
    """Both non-empty halves of ``text`` around its first ``separator``."""
    head, found, tail = text.partition(separator)
    tail = tail.strip()
    if not (found and head and tail):
        raise WireError("value missing")
    return head, tail


def direction(text: str) -> Direction:
    if text not in DIRECTIONS:
        raise WireError("not a direction")
    return text


@dataclass(frozen=True, slots=True)
class RtpMap:
    """``a=rtpmap`` (RFC 8866 section 6.6); ``channels`` is 0 where none is named."""

    payload_type: int  # 0–127
    name: str
    clock_rate: int  # Hz
    channels: int = 0

    @classmethod
    def parse(cls, value: str) -> Self:
        payload_type, encoding = split_once(value)
        parts = encoding.split("/")
        if not 2 <= len(parts) <= 3:
            raise WireError("not name/rate or name/rate/channels")
        return cls(
            integer(payload_type, 0, 127),
            token(parts[0]),
            integer(parts[1], 1, 10_000_000),
            integer(parts[2], 1, 255) if len(parts) == 3 else 0,
        )

    def __str__(self) -> str:
        channels = f"/{self.channels}" if self.channels else ""
        return f"{self.payload_type} {self.name}/{self.clock_rate}{channels}"


def parse_parameters(text: str) -> Parameters:
    """Format parameters (RFC 8866 section 6.15) in their order; what is not ``key=value`` is kept
    under an empty key."""
    parameters = []
    for item in text.split(";"):
        key, equals, value = item.strip().partition("=")
        if equals and key:
            parameters.append((key.rstrip(), value.lstrip()))
        elif key or value:
            parameters.append(("", item.strip()))
    return tuple(parameters)


def format_parameters(parameters: Parameters) -> str:
    return ";".join(f"{key}={value}" if key else value for key, value in parameters)


@dataclass(frozen=True, slots=True)
class RtcpFeedback:
    """``a=rtcp-fb`` (RFC 4585 section 4.2): ``payload_type`` is None for ``*``."""

    payload_type: int | None
    value: str  # "nack", "nack pli", "ccm fir", "goog-remb", "transport-cc"

    @classmethod
    def parse(cls, value: str) -> Self:
        payload_type, feedback = split_once(value)
        number = None if payload_type == "*" else integer(payload_type, 0, 127)
        return cls(number, " ".join(feedback.split()))

    def __str__(self) -> str:
        return f"{'*' if self.payload_type is None else self.payload_type} {self.value}"


@dataclass(frozen=True, slots=True)
class ExtMap:
    """``a=extmap`` (RFC 8285 section 8). Ids 4096–4351 only reserve a place in an offer."""

    id: int
    uri: str
    direction: Direction | None = None
    attributes: str = ""

    @classmethod
    def parse(cls, value: str) -> Self:
        head, rest = split_once(value)
        number, slash, way = head.partition("/")
        uri, _, attributes = rest.partition(" ")
        identifier = integer(number, 1, 4351)
        if 255 < identifier < 4096:
            raise WireError("extension id outside 1..255 and 4096..4351")
        return cls(identifier, uri, direction(way) if slash else None, attributes.strip())

    def __str__(self) -> str:
        way = f"/{self.direction}" if self.direction else ""
        attributes = f" {self.attributes}" if self.attributes else ""
        return f"{self.id}{way} {self.uri}{attributes}"


@dataclass(frozen=True, slots=True)
class SsrcAttribute:
    """``a=ssrc`` (RFC 5576 section 4.1)."""

    ssrc: int
    name: str
    value: str | None = None

    @classmethod
    def parse(cls, value: str) -> Self:
        ssrc, attribute = split_once(value)
        name, colon, text = attribute.partition(":")
        return cls(integer(ssrc, 0, 0xFFFFFFFF), token(name), text if colon else None)

    def __str__(self) -> str:
        return f"{self.ssrc} {self.name}" + ("" if self.value is None else f":{self.value}")


@dataclass(frozen=True, slots=True)
class SsrcGroup:
    """``a=ssrc-group`` (RFC 5576 section 4.2): FID is (primary, RTX), SIM the simulcast layers."""

    semantics: str
    ssrcs: tuple[int, ...]

    @classmethod
    def parse(cls, value: str) -> Self:
        semantics, *ssrcs = value.split()
        return cls(token(semantics), tuple(integer(ssrc, 0, 0xFFFFFFFF) for ssrc in ssrcs))

    def __str__(self) -> str:
        return " ".join((self.semantics, *map(str, self.ssrcs)))


@dataclass(frozen=True, slots=True)
class Group:
    """``a=group`` (RFC 5888): BUNDLE and its mids."""

    semantics: str
    mids: tuple[str, ...]

    @classmethod
    def parse(cls, value: str) -> Self:
        semantics, *mids = value.split()
        return cls(token(semantics), tuple(token(mid) for mid in mids))

    def __str__(self) -> str:
        return " ".join((self.semantics, *self.mids))


@dataclass(frozen=True, slots=True)
class Rid:
    """``a=rid`` (RFC 8851)."""

    id: str
    direction: RidDirection
    parameters: str = ""

    @classmethod
    def parse(cls, value: str) -> Self:
        identifier, _, rest = value.partition(" ")
        way, _, parameters = rest.strip().partition(" ")
        if way not in ("send", "recv"):
            raise WireError("rid without direction")
        return cls(rid_token(identifier), cast(RidDirection, way), parameters.strip())

    def __str__(self) -> str:
        return f"{self.id} {self.direction} {self.parameters}".rstrip()


Streams = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Simulcast:
    """``a=simulcast`` (RFC 8853): per direction the streams, each a list of alternative rids; a
    leading ``~`` (initially paused) is kept."""

    send: Streams = ()
    recv: Streams = ()

    @classmethod
    def parse(cls, value: str) -> Self:
        words = value.split()
        if len(words) not in (2, 4) or not set(words[::2]) <= {"send", "recv"}:
            raise WireError("not send or recv with a list")
        lists = dict(zip(words[::2], map(_parse_streams, words[1::2]), strict=True))
        if 2 * len(lists) != len(words):
            raise WireError("a direction twice")
        return cls(**lists)

    def __str__(self) -> str:
        parts = (("send", self.send), ("recv", self.recv))
        return " ".join(f"{way} {_format_streams(streams)}" for way, streams in parts if streams)


def _parse_streams(text: str) -> Streams:
    streams = tuple(tuple(stream.split(",")) for stream in text.split(";"))
    for rid in (rid for stream in streams for rid in stream):
        rid_token(rid.removeprefix("~"))
    return streams


def _format_streams(streams: Sequence[Sequence[str]]) -> str:
    return ";".join(",".join(stream) for stream in streams)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """``a=fingerprint`` (RFC 8122 section 5)."""

    algorithm: str
    value: str  # upper-case pairs with colons

    @classmethod
    def parse(cls, value: str) -> Self:
        algorithm, digest = split_once(value)
        if not _FINGERPRINT.fullmatch(digest):
            raise WireError("not a fingerprint")
        return cls(token(algorithm).lower(), digest.upper())

    def __str__(self) -> str:
        return f"{self.algorithm} {self.value}"


@dataclass(frozen=True, slots=True)
class Msid:
    """``a=msid`` (RFC 8830); ``track`` is empty where only the stream is named."""

    stream: str
    track: str = ""

    @classmethod
    def parse(cls, value: str) -> Self:
        stream, _, track = value.partition(" ")
        track = track.strip()
        return cls(token(stream), token(track) if track else "")

    def __str__(self) -> str:
        return f"{self.stream} {self.track}".rstrip()
