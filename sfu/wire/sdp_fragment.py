"""SDP fragments of trickle ICE (RFC 8840 section 9): text ↔ value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sfu.wire.errors import WireError
from sfu.wire.sdp import parse_sdp

MAX_FRAGMENT_CHARS = 16 * 1024
_HEAD = "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"


@dataclass(frozen=True, slots=True)
class SdpFragment:
    """A peer's ICE credentials and candidates, of a bundled transport."""

    ufrag: str | None
    password: str | None
    candidates: tuple[str, ...] = ()  # without "a=candidate:"
    ended: bool = False  # no more candidates will come


def parse_fragment(text: str) -> SdpFragment:
    """The fragment in ``text``; credentials may stand before the first media line or in the first
    section that has them. Raises `WireError` on anything that is not such a fragment, and on more
    than 16 Ki characters."""
    if len(text) > MAX_FRAGMENT_CHARS:
        raise WireError(f"fragment of more than {MAX_FRAGMENT_CHARS} characters")
    if not text.strip():
        raise WireError("empty fragment")
    # The lines of a fragment are those of a description without its head. A candidate before any
    # section, as some clients send it, is kept as an unknown attribute.
    whole = parse_sdp(_HEAD + text.lstrip())
    levels = (whole, *whole.media)
    loose = [value for name, value in whole.attributes if name == "candidate" and value]
    return SdpFragment(
        ufrag=next((level.ice_ufrag for level in levels if level.ice_ufrag), None),
        password=next((level.ice_pwd for level in levels if level.ice_pwd), None),
        candidates=(*loose, *(item for section in whole.media for item in section.candidates)),
        ended=any(section.end_of_candidates for section in whole.media)
        or any(name == "end-of-candidates" for name, _ in whole.attributes),
    )


def build_fragment(
    *,
    ufrag: str,
    password: str,
    lite: bool,
    bundle: Sequence[str],
    media_line: str,
    mid: str,
    candidates: Sequence[str],
) -> str:
    """The text of a fragment that gives a bundled transport's credentials and all its candidates
    in one section.

    :param media_line: of that section, without ``m=``
    """
    lines = ["a=ice-lite"] if lite else []
    if bundle:
        lines.append(f"a=group:BUNDLE {' '.join(bundle)}")
    lines.append(f"m={media_line}")
    if mid:
        lines.append(f"a=mid:{mid}")
    lines += [f"a=ice-ufrag:{ufrag}", f"a=ice-pwd:{password}"]
    lines += [f"a=candidate:{candidate}" for candidate in candidates]
    lines.append("a=end-of-candidates")
    return "".join(f"{line}\r\n" for line in lines)
