from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.wire.errors import WireError
from sfu.wire.extensions import (
    build_abs_send_time,
    build_audio_level,
    build_sdes_text,
    build_transport_sequence,
    parse_abs_send_time,
    parse_audio_level,
    parse_sdes_text,
    parse_transport_sequence,
)
from tests.support.hostile import parses_or_refuses

PARSERS = [parse_abs_send_time, parse_audio_level, parse_sdes_text, parse_transport_sequence]


@pytest.mark.parametrize(
    ("value", "level", "voice"),
    [
        (b"\x00", 0, False),
        (b"\x80", 0, True),
        (b"\x7f", 127, False),
        (b"\x9e", 30, True),
        (b"\x9e\x00", 30, True),  # the two-byte form pads with a zero (RFC 6464 section 3)
    ],
)
def test_audio_level(value: bytes, level: int, voice: bool) -> None:
    assert parse_audio_level(value) == (level, voice)
    assert build_audio_level(level, voice) == value[:1]


@pytest.mark.parametrize("level", [-1, 128])
def test_audio_level_out_of_range_is_refused(level: int) -> None:
    with pytest.raises(WireError):
        build_audio_level(level, False)


@pytest.mark.parametrize(
    ("seconds", "value"),
    [(0.0, b"\x00\x00\x00"), (1.0, b"\x04\x00\x00"), (63.5, b"\xfe\x00\x00"), (65.0, b"\x04\0\0")],
)
def test_abs_send_time_counts_within_64_seconds(seconds: float, value: bytes) -> None:
    assert build_abs_send_time(seconds) == value
    assert parse_abs_send_time(value) == int(seconds % 64 * (1 << 18))


def test_transport_sequence_wraps() -> None:
    assert build_transport_sequence(0x1FFFF) == b"\xff\xff"
    assert parse_transport_sequence(b"\x12\x34") == 0x1234


@pytest.mark.parametrize("text", ["0", "h", "r1_high", "x" * 16])
def test_identifier_both_ways(text: str) -> None:
    assert parse_sdes_text(build_sdes_text(text)) == text


@pytest.mark.parametrize("value", [b"", b"\xff", b"a\x00", b"a\nb", "ç".encode()])
def test_identifier_that_is_no_printable_ascii_is_refused(value: bytes) -> None:
    with pytest.raises(WireError):
        parse_sdes_text(value)


@pytest.mark.parametrize(
    ("parse", "value"),
    [
        (parse_abs_send_time, b"\x01\x02"),
        (parse_abs_send_time, b"\x01\x02\x03\x04"),
        (parse_transport_sequence, b"\x01"),
        (parse_audio_level, b""),
    ],
)
def test_wrong_size_is_refused(parse: Callable[[bytes], object], value: bytes) -> None:
    with pytest.raises(WireError):
        parse(value)


@given(st.sampled_from(PARSERS), st.binary(max_size=20))
def test_any_bytes_parse_or_are_refused(parse: Callable[[bytes], object], value: bytes) -> None:
    parses_or_refuses(parse, value)
