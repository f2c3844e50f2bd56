"""The size in parameter sets that libx264 writes, and in those that nobody should."""

from __future__ import annotations

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.wire.errors import WireError
from sfu.wire.h264_sps import MAX_SIDE, sps_size
from tests.support.hostile import truncations

CHROMIUM = bytes.fromhex("6742c01f8c8d40f01e9a020202808000")  # constrained baseline


def written(width: int, height: int, form: str = "yuv420p", parameters: str = "") -> bytes:
    """The parameter set of an encoder's first keyframe."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, form
    encoder.framerate = 30
    encoder.options = {
        "preset": "veryfast",
        "x264-params": f"annexb=1:repeat-headers=1:{parameters}",
    }
    packets = [*encoder.encode(av.VideoFrame(width, height, form)), *encoder.encode(None)]
    units = bytes(packets[0]).replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return next(unit for unit in units if unit and unit[0] & 0x1F == 7)


@pytest.mark.parametrize(
    ("width", "height"),
    [
        (16, 16),
        (160, 90),
        (240, 136),
        (320, 180),
        (640, 480),
        (426, 240),
        (1920, 1080),
        (3840, 2160),
    ],
)
@pytest.mark.parametrize("profile", ["baseline", "main", "high"])
def test_sizes(width: int, height: int, profile: str) -> None:
    assert sps_size(written(width, height, parameters=f"profile={profile}")) == (width, height)


@pytest.mark.parametrize(
    ("form", "parameters"),
    [
        ("yuv420p", "interlaced=1"),
        ("yuv420p", "cqm=jvt"),
        ("yuv420p", "cqm4=16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"),
        ("yuv422p", ""),
        ("yuv444p", "cqm=jvt"),
        ("gray", ""),
    ],
)
def test_sizes_in_other_forms(form: str, parameters: str) -> None:
    assert sps_size(written(636, 476, form, parameters)) == (636, 476)


def test_picture_order_of_the_first_kind() -> None:
    """``pic_order_cnt_type`` 1 with a cycle of two, which libx264 does not write: 64×48 pixels."""
    bits = "1 1 010 0 1 1 011 1 1 010 0 00100 011 1 1 0 0 1".replace(" ", "")
    body = int(bits.ljust(32, "0"), 2).to_bytes(4, "big")
    assert sps_size(bytes.fromhex("6742c01f") + body) == (64, 48)


@pytest.mark.parametrize(
    "unit",
    [
        "",
        "67",
        "6742c01f",
        "6742c01f00000000000000",  # a number without an end
        "67f4001f 88 00",  # a chroma format beyond 3
        "6742c01f ff",  # ends before its last field
    ],
)
def test_malformed(unit: str) -> None:
    with pytest.raises(WireError):
        sps_size(bytes.fromhex(unit))


def test_cut_off() -> None:
    whole = written(320, 180)
    for prefix in truncations(whole):
        try:
            assert sps_size(prefix) == (320, 180)
        except WireError:
            continue


@given(st.binary(max_size=80).map(lambda rest: b"\x67" + rest))
def test_any_bytes_have_a_size_or_none(unit: bytes) -> None:
    try:
        width, height = sps_size(unit)
    except WireError:
        return
    assert 0 < width <= MAX_SIDE
    assert 0 < height <= MAX_SIDE
