import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.wire.h264 import h264_parameter_set, is_h264_keyframe, is_h264_slice
from tests.support.hostile import truncations

AGGREGATE = bytes.fromhex(
    "78"  # STAP-A
    "0002 09 10"  # access unit delimiter
    "0004 67 42e01f"  # sequence parameter set
    "0004 68 ce3c80"  # picture parameter set
)


@pytest.mark.parametrize(
    ("payload", "keyframe"),
    [
        ("65 88 84", True),  # IDR slice
        ("67 42 e0 1f", True),  # sequence parameter set
        ("05", True),
        ("68 ce 3c 80", False),  # picture parameter set
        ("41 9a 24", False),  # other slice
        ("06 05 11", False),  # supplemental information
        (AGGREGATE.hex(), True),
        ("78 0002 65 88", True),
        ("78 0002 41 9a 0002 41 9b", False),
        ("78 0000 0002 65 88", False),  # an empty unit
        ("78 0005 65 88", False),  # a unit past the end
        ("78", False),
        ("7c 85 88", True),  # FU-A: first fragment of an IDR slice
        ("7c 87 42", True),
        ("7c 05 88", False),  # a middle fragment
        ("7c 45 88", False),  # the last one
        ("7c 81 9a", False),  # first fragment of another slice
        ("7c", False),
        ("7d 85 0000", False),  # FU-B: packetization mode 2, never negotiated
        ("", False),
    ],
)
def test_keyframe(payload: str, keyframe: bool) -> None:
    assert is_h264_keyframe(bytes.fromhex(payload)) is keyframe


@pytest.mark.parametrize(
    ("payload", "found", "piece"),
    [
        ("67 42", "67 42", False),
        (AGGREGATE.hex(), "67 42e01f", False),
        ("7c 87 42", "67 42", False),
        ("78 0002 65 88", None, False),
        ("65 88", None, False),
        ("41 9a", None, True),
        ("7c 81 9a", None, True),  # a slice's first fragment
        ("7c 41 9a", None, True),  # its last
        ("7c 05 88", None, False),
        ("7c", None, False),
        ("", None, False),
    ],
)
def test_parameter_sets_and_slices(payload: str, found: str | None, piece: bool) -> None:
    data = bytes.fromhex(payload)
    assert h264_parameter_set(data) == (None if found is None else bytes.fromhex(found))
    assert is_h264_slice(data) is piece


def test_truncated_aggregate_is_a_keyframe_once_the_parameter_set_is_whole() -> None:
    found = [is_h264_keyframe(prefix) for prefix in truncations(AGGREGATE)]
    assert found.index(True) == 11
    assert all(found[11:])


@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda rest: b"\x78" + rest))
def test_any_payload_is_judged(payload: bytes) -> None:
    assert is_h264_keyframe(payload) in (True, False)
    assert h264_parameter_set(payload) is None or is_h264_keyframe(payload)
