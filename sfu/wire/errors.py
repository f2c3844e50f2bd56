"""The one exception of the wire formats."""

from __future__ import annotations


class WireError(ValueError):
    """Bytes that are not what they should be, or values that do not fit the format."""
