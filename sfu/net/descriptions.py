"""Clients' descriptions, read while media goes on."""

from __future__ import annotations

import asyncio

from sfu.net.media_errors import media_error
from sfu.wire.errors import WireError
from sfu.wire.sdp import SessionDescription, parse_sdp_in_steps


async def read_description(text: str) -> SessionDescription:
    """As `sfu.wire.sdp.parse_sdp`, but on the loop that carries media a step at a time: the longest
    text that is taken costs 100 ms, and a thread of its own would hold the interpreter as long.
    Raises `MediaError`."""
    steps = parse_sdp_in_steps(text)
    while True:
        try:
            next(steps)
        except WireError as exc:
            raise media_error(exc) from exc
        except StopIteration as end:
            description: SessionDescription = end.value
            return description
        await asyncio.sleep(0)
