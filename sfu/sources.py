"""What a track shows, where only the order of the offer tells (WHIP)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from sfu.rtp_parameters import Kind, PublishedMedia, Source

_FIRST: Mapping[Kind, Source] = MappingProxyType({"audio": "microphone", "video": "camera"})
_FURTHER: Mapping[Kind, Source] = MappingProxyType({"audio": "screen_audio", "video": "screen"})


def sources_by_order(media: Sequence[PublishedMedia]) -> dict[str, tuple[Source, bool]]:
    """By mid: the source of each section, and that it begins unmuted. Of the sections that send,
    the first audio is the microphone, the first video the camera, all others the screen's."""
    sources: dict[str, tuple[Source, bool]] = {}
    seen: set[Kind] = set()
    for section in media:
        if section.active:
            names = _FURTHER if section.kind in seen else _FIRST
            seen.add(section.kind)
            sources[section.mid] = (names[section.kind], False)
    return sources
