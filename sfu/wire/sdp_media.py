"""One media section of a session description (RFC 8866 section 5.14)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class MediaDescription:
    kind: str
    mid: str = ""
