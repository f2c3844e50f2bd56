"""What begins a keyframe, by codec; anything else, rubbish too, does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.keyframe_tests import KEYFRAME_TESTS
from tests.sfu.streams import vp8_payload


@pytest.mark.parametrize(
    ("codec", "payload", "keyframe"),
    [
        ("vp8", vp8_payload(keyframe=True), True),
        ("vp8", vp8_payload(keyframe=True, start=False), False),
        ("vp8", vp8_payload(keyframe=False), False),
        ("vp8", b"", False),
        ("h264", b"\x67\x42\xe0\x1f", True),  # parameter set
        ("h264", b"\x65\x88", True),  # IDR
        ("h264", b"\x41\x9a", False),
        ("h264", b"", False),
        ("vp9", b"\x88\x01", True),  # a frame begins, predicted from none
        ("vp9", b"\xc8\x01\x02", False),  # predicted from another
        ("vp9", b"", False),
        ("av1", b"\x18\x0a\x0b", True),  # N: a coded video sequence begins
        ("av1", b"\x10\x32\x00", False),
        ("av1", b"", False),
    ],
)
def test_keyframes_are_known_by_their_first_packet(
    codec: str, payload: bytes, keyframe: bool
) -> None:
    assert KEYFRAME_TESTS[codec](payload) is keyframe


@given(st.sampled_from(sorted(KEYFRAME_TESTS)), st.binary(max_size=60))
def test_any_bytes_are_answered(codec: str, payload: bytes) -> None:
    assert KEYFRAME_TESTS[codec](payload) in (True, False)
