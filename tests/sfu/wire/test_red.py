"""RED payloads as bytes and as blocks (RFC 2198 section 3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.wire.errors import WireError
from sfu.wire.red import RedBlock, build_red, parse_red

CHROMIUM = (  # one earlier packet, 20 ms (960 ticks) before
    b"\xef\x0f\x00\x03"  # F=1, type 111, offset 960, length 3
    b"\x6f"  # F=0, type 111
    b"old"
    b"newest"
)
BLOCKS = [RedBlock(111, 960, b"old"), RedBlock(111, 0, b"newest")]


def test_a_payload_of_chromium() -> None:
    assert parse_red(CHROMIUM) == BLOCKS
    assert build_red(BLOCKS) == CHROMIUM


@pytest.mark.parametrize(
    "bad", [b"", b"\xef", b"\xef\x0f\x00\x03", b"\xef\x0f\x00\x03\x6fol", b"\xef\x0f\x00\x00" * 17]
)
def test_what_is_cut_short_is_refused(bad: bytes) -> None:
    with pytest.raises(WireError):
        parse_red(bad)


@given(st.binary(max_size=80))
def test_any_bytes_either_parse_or_are_refused(data: bytes) -> None:
    try:
        blocks = parse_red(data)
    except WireError:
        return
    assert build_red(blocks) == data


block = st.builds(RedBlock, st.integers(0, 127), st.integers(0, 0x3FFF), st.binary(max_size=0x3FF))


@given(st.lists(block, max_size=3), st.binary(max_size=1400))
def test_blocks_survive(earlier: list[RedBlock], newest: bytes) -> None:
    blocks = [*earlier, RedBlock(96, 0, newest)]
    assert parse_red(build_red(blocks)) == blocks
