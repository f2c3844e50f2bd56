"""Bad input for parsers of what comes from the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sfu.wire.errors import WireError


def truncations(data: bytes) -> Iterator[bytes]:
    """Every proper prefix of ``data``, the empty one too."""
    return (data[:size] for size in range(len(data)))


def parses_or_refuses(parse: Callable[[bytes], object], data: bytes) -> bool:
    """Whether ``data`` parses. Any exception but the documented `WireError` escapes."""
    try:
        parse(data)
    except WireError:
        return False
    return True
