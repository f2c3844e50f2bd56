"""Session descriptions (RFC 8866) as WebRTC uses them (RFC 8829): text ↔ values.

Unknown attributes are kept, known ones must be well-formed. Nothing here decides anything about
media; `sfu.negotiation` does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field

from sfu.wire.errors import WireError
from sfu.wire.sdp_media import (
    MEDIA_FLAGS,
    MEDIA_VALUES,
    SESSION_FLAGS,
    SESSION_VALUES,
    MediaDescription,
    TransportAttributes,
    add_attribute,
    parse_media_line,
)
from sfu.wire.sdp_values import Group, integer

__all__ = [
    "MediaDescription",
    "Origin",
    "SessionDescription",
    "parse_sdp",
    "parse_sdp_in_steps",
]

MAX_SDP_CHARS = 128 * 1024
MAX_SECTIONS = 64
MAX_SECTION_LINES = 2000
LINES_A_STEP = 128  # about a millisecond

# Other control characters, and what Python's splitlines takes for a line end, have no place in a
# line: an echoed value could smuggle in a line of its own.
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
_LINE = re.compile(r"([a-z])=(.+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Origin:
    """``o=`` (RFC 8866 section 5.2)."""

    session_id: int  # 0 to 2**64 - 1
    version: int  # 0 to 2**64 - 1
    username: str = "-"
    address: str = "IN IP4 127.0.0.1"

    @classmethod
    def parse(cls, value: str) -> Origin:
        fields = value.split()
        if len(fields) != 6:
            raise WireError("not six fields")
        username, session_id, version, *address = fields
        top = 2**64 - 1
        return cls(
            integer(session_id, 0, top), integer(version, 0, top), username, " ".join(address)
        )

    def __str__(self) -> str:
        return f"{self.username} {self.session_id} {self.version} {self.address}"


@dataclass(slots=True)
class SessionDescription(TransportAttributes):
    """A whole description."""

    origin: Origin = field(default_factory=lambda: Origin(0, 0))
    name: str = "-"
    timing: str = "0 0"
    groups: list[Group] = field(default_factory=list)
    ice_lite: bool = False
    msid_semantic: str | None = None  # "WMS *"
    media: list[MediaDescription] = field(default_factory=list)

    def serialize(self) -> str:
        """The text, every line ended by CRLF."""
        return "".join(f"{line}\r\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        yield "v=0"
        yield f"o={self.origin}"
        yield f"s={self.name}"
        if self.connection:
            yield f"c={self.connection}"
        yield from (f"b={bandwidth}" for bandwidth in self.bandwidths)
        yield f"t={self.timing}"
        if self.ice_lite:
            yield "a=ice-lite"
        yield from (f"a=group:{group}" for group in self.groups)
        if self.extmap_allow_mixed:
            yield "a=extmap-allow-mixed"
        if self.msid_semantic:
            yield f"a=msid-semantic:{self.msid_semantic}"
        yield from self.transport_lines()
        if self.direction:
            yield f"a={self.direction}"
        yield from (f"a=extmap:{extmap}" for extmap in self.extmaps)
        yield from self.unknown_lines()
        for section in self.media:
            yield from section.lines()


def _set_msid_semantic(session: SessionDescription, value: str) -> None:
    session.msid_semantic = " ".join(value.split())


_VALUES: dict[str, Callable[[SessionDescription, str], None]] = {
    **SESSION_VALUES,
    "group": lambda session, value: session.groups.append(Group.parse(value)),
    "msid-semantic": _set_msid_semantic,
}
_FLAGS = {**SESSION_FLAGS, "ice-lite": "ice_lite"}


def parse_sdp(text: str) -> SessionDescription:
    """The description in ``text``; line ends may be CRLF or LF. Raises `WireError` on anything
    that is not SDP, and on more than 128 Ki characters, 64 sections or 2,000 lines a section. The
    error names the line, never its content, which may hold an ICE password."""
    steps = parse_sdp_in_steps(text)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            session: SessionDescription = end.value
            return session


def parse_sdp_in_steps(text: str) -> Generator[None, None, SessionDescription]:
    """As `parse_sdp`; yields after every `LINES_A_STEP` lines, so that others get a turn."""
    session = SessionDescription()
    counts: dict[str, int] = {}
    for number, (kind, value) in enumerate(_split_lines(text), 1):
        counts[kind] = 1 if kind == "m" else counts.get(kind, 0) + 1
        if kind == "m":
            counts["a"] = 0
        try:
            _take_line(session, kind, value, first=number == 1, attributes=counts.get("a", 0))
        except WireError as exc:
            raise WireError(f"SDP line {number} ({kind}=): {exc}") from exc
        if number % LINES_A_STEP == 0:
            yield
    missing = [kind for kind in "vost" if kind not in counts]
    if missing:
        raise WireError(f"SDP without {missing[0]}= line")
    _check_mids(session)
    return session


def _split_lines(text: str) -> Iterator[tuple[str, str]]:
    if len(text) > MAX_SDP_CHARS:
        raise WireError(f"SDP of more than {MAX_SDP_CHARS} characters")
    text = text.replace("\r\n", "\n")
    if _FORBIDDEN.search(text):
        raise WireError("SDP with control characters")
    for number, line in enumerate(text.strip("\n").split("\n"), 1):
        match = _LINE.fullmatch(line)
        if not match:
            raise WireError(f"SDP line {number}: not of the form type=value")
        yield match[1], match[2]


def _take_line(
    session: SessionDescription, kind: str, value: str, *, first: bool, attributes: int
) -> None:
    if first != (kind == "v"):
        raise WireError("v= must be the first line, once")
    if attributes > MAX_SECTION_LINES:
        raise WireError(f"more than {MAX_SECTION_LINES} attributes in a section")
    if kind == "a" and session.media:
        add_attribute(session.media[-1], value, MEDIA_VALUES, MEDIA_FLAGS)
    elif kind == "a":
        add_attribute(session, value, _VALUES, _FLAGS)
    elif kind == "m":
        if len(session.media) == MAX_SECTIONS:
            raise WireError(f"more than {MAX_SECTIONS} sections")
        session.media.append(parse_media_line(value))
    else:
        _take_other_line(session, kind, value)


def _take_other_line(session: SessionDescription, kind: str, value: str) -> None:
    level: TransportAttributes = session.media[-1] if session.media else session
    if kind in "vost" and session.media:
        raise WireError("belongs before the first section")
    if kind == "v" and value != "0":
        raise WireError("unknown version")
    elif kind == "o":
        session.origin = Origin.parse(value)
    elif kind == "s":
        session.name = value
    elif kind == "t":
        session.timing = value
    elif kind == "c":
        level.connection = value
    elif kind == "b":
        level.bandwidths.append(value)
    # The rest (i= u= e= p= r= z= k=) means nothing to WebRTC.


def _check_mids(session: SessionDescription) -> None:
    mids = [section.mid for section in session.media if section.mid]
    if len(set(mids)) != len(mids):
        raise WireError("SDP with one mid on two sections")
