"""What a packet says of its frame, by codec; rubbish says nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.frame_marks import FrameReader
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
    assert FrameReader(codec).read(payload, None).keyframe is keyframe


SETS, PICTURE, MIDDLE, SLICE = b"\x67\x42", b"\x7c\x85\x88", b"\x7c\x05\x88", b"\x41\x9a"


@pytest.mark.parametrize(
    ("packets", "starts"),
    [
        ([SETS, PICTURE, MIDDLE, SLICE] * 2, [0, 1, 4, 5]),
        ([SETS, PICTURE, MIDDLE, SLICE, PICTURE, MIDDLE, SLICE], [0, 1, 4]),  # sent once only
        ([SETS, PICTURE, SLICE, SETS, PICTURE, SLICE, PICTURE, MIDDLE, SETS], [0, 1, 3, 4, 8]),
        ([b"\x7c\x81\x9a", PICTURE], [1]),
    ],
    ids=["whole", "once", "lost, and sent again", "never"],
)
def test_an_h264_picture_is_begun_with_its_parameter_sets(
    packets: list[bytes], starts: list[int]
) -> None:
    reader = FrameReader("H264")
    marks = [reader.read(packet, None).keyframe for packet in packets]
    assert [index for index, keyframe in enumerate(marks) if keyframe] == starts


@given(
    st.sampled_from(["vp8", "vp9", "h264", "av1"]),
    st.lists(st.tuples(st.binary(max_size=60), st.none() | st.binary(max_size=40)), max_size=5),
)
def test_any_bytes_are_answered(codec: str, packets: list[tuple[bytes, bytes | None]]) -> None:
    reader = FrameReader(codec)
    for payload, descriptor in packets:
        assert reader.read(payload, descriptor).keyframe in (True, False)


def test_the_numbers_a_vp8_decoder_follows() -> None:
    payload = b"\x90\xe0\x81\x05\x07\x60" + vp8_payload(keyframe=True)[1:]
    marks = FrameReader("VP8").read(payload, None)
    assert (marks.picture_id, marks.picture_id_at) == (0x105, 2)
    assert (marks.tl0_index, marks.tl0_index_at) == (7, 4)
    assert (marks.temporal, marks.size) == (1, (640, 480))
    assert marks.role.targets[1] == (0, 1)
