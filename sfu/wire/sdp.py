"""Session descriptions (RFC 8866) as WebRTC uses them (RFC 8829): text ↔ values."""

from __future__ import annotations

from dataclasses import dataclass, field

from sfu.wire.sdp_media import MediaDescription

__all__ = ["MediaDescription", "SessionDescription", "parse_sdp"]


@dataclass(slots=True)
class SessionDescription:
    media: list[MediaDescription] = field(default_factory=list)

    def serialize(self) -> str:
        """The text, with CRLF line ends."""
        raise NotImplementedError


def parse_sdp(text: str) -> SessionDescription:
    """Raises `WireError`."""
    raise NotImplementedError
