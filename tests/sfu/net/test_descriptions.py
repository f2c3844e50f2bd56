"""The longest descriptions are read while everything else goes on."""

from __future__ import annotations

import asyncio

import pytest

from sfu.net.descriptions import read_description
from sfu.net.media_api import MediaError
from sfu.wire.sdp import LINES_A_STEP, MAX_SDP_CHARS, parse_sdp
from tests.sfu.sdp_fixtures import read

SECTION_LINES = 1999


def long_offer() -> str:
    """As many lines as there may be."""
    sections = "".join(
        f"m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:{mid}\r\n" + "a=x\r\n" * SECTION_LINES
        for mid in range(12)
    )
    return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n" + sections


class Turns:
    """Counts what others get to do meanwhile."""

    def __init__(self) -> None:
        self.count = 0
        self._ended = False

    def __enter__(self) -> Turns:
        self._take()
        return self

    def __exit__(self, *exc: object) -> None:
        self._ended = True

    def _take(self) -> None:
        if not self._ended:
            self.count += 1
            asyncio.get_running_loop().call_soon(self._take)


async def test_a_long_description_gives_others_their_turns() -> None:
    text = long_offer()
    assert 0.9 * MAX_SDP_CHARS < len(text) <= MAX_SDP_CHARS
    with Turns() as turns:
        description = await read_description(text)
    assert turns.count >= text.count("\n") // LINES_A_STEP
    assert description == parse_sdp(text)


async def test_a_browsers_is_read_as_it_is() -> None:
    text = read("chromium_camera")
    assert (await read_description(text)).serialize() == parse_sdp(text).serialize()


@pytest.mark.parametrize("text", ["", "v=1\r\n", long_offer() + "a=mid:0\r\na=mid:1\r\n" * 9])
async def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(MediaError, match="sdp_invalid"):
        await read_description(text)
