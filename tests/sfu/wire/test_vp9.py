import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.wire.errors import WireError
from sfu.wire.vp9 import Vp9Descriptor, parse_vp9
from tests.support.hostile import parses_or_refuses, truncations

KEYFRAME = bytes.fromhex(
    "aa"  # picture id, layers, start of frame, scalability structure
    "81 02"  # picture id 258
    "00"  # temporal layer 0, spatial layer 0
    "09"  # TL0PICIDX
    "38"  # two spatial layers, with sizes, with a picture group
    "0140 00b4 0280 0168"  # 320x180, 640x360
    "02"  # of two pictures:
    "04 01"  # one reference, one picture back
    "38 01 02"  # temporal layer 1, switching up, two references
)

CASES: dict[str, tuple[str, Vp9Descriptor]] = {
    "bare, middle of a keyframe": ("00", Vp9Descriptor(1, False, False, False, False, False)),
    "bare, whole interframe": ("4c", Vp9Descriptor(1, True, False, True, True, False)),
    "7-bit picture id": (
        "88 7f",
        Vp9Descriptor(2, False, False, True, False, False, picture_id=127, picture_id_size=1),
    ),
    "non-flexible layers": (
        "a9 05 37 ff",
        Vp9Descriptor(
            size=4,
            inter_picture_predicted=False,
            flexible=False,
            start_of_frame=True,
            end_of_frame=False,
            not_reference_upward=True,
            picture_id=5,
            picture_id_size=1,
            tid=1,
            sid=3,
            switching_up=True,
            inter_layer_predicted=True,
            tl0picidx=255,
            tl0picidx_at=3,
        ),
    ),
    "flexible, with references": (
        "f4 05 44 03 09 04",
        Vp9Descriptor(
            size=6,
            inter_picture_predicted=True,
            flexible=True,
            start_of_frame=False,
            end_of_frame=True,
            not_reference_upward=False,
            picture_id=5,
            picture_id_size=1,
            tid=2,
            sid=2,
            reference_diffs=(1, 4, 2),
        ),
    ),
    "keyframe with structure": (
        KEYFRAME.hex(),
        Vp9Descriptor(
            size=20,
            inter_picture_predicted=False,
            flexible=False,
            start_of_frame=True,
            end_of_frame=False,
            not_reference_upward=False,
            picture_id=258,
            picture_id_size=2,
            tid=0,
            sid=0,
            tl0picidx=9,
            tl0picidx_at=4,
            spatial_layers=2,
            layer_sizes=((320, 180), (640, 360)),
        ),
    ),
    "structure without sizes and pictures": (
        "02 e0",
        Vp9Descriptor(2, False, False, False, False, False, spatial_layers=8),
    ),
}


@pytest.mark.parametrize(("payload", "descriptor"), CASES.values(), ids=CASES.keys())
def test_descriptor(payload: str, descriptor: Vp9Descriptor) -> None:
    assert parse_vp9(bytes.fromhex(payload) + b"\xaa") == descriptor


@pytest.mark.parametrize(("payload", "_"), CASES.values(), ids=CASES.keys())
def test_truncated_descriptor_is_refused(payload: str, _: Vp9Descriptor) -> None:
    prefixes = truncations(bytes.fromhex(payload))
    assert not any(parses_or_refuses(parse_vp9, prefix) for prefix in prefixes)


@pytest.mark.parametrize(
    ("payload", "keyframe"),
    [
        (KEYFRAME.hex(), True),
        ("08", True),
        ("48", False),  # predicted from another picture
        ("00", False),  # not the start
        ("28 02 00", False),  # spatial layer 1
        ("28 00 00", True),
    ],
)
def test_keyframe(payload: str, keyframe: bool) -> None:
    assert parse_vp9(bytes.fromhex(payload)).is_keyframe is keyframe


def test_fourth_reference_is_refused() -> None:
    with pytest.raises(WireError):
        parse_vp9(bytes.fromhex("50 03 03 03 02"))


@given(st.binary(max_size=60))
def test_any_payload_parses_or_is_refused(payload: bytes) -> None:
    if parses_or_refuses(parse_vp9, payload):
        assert 0 < parse_vp9(payload).size <= len(payload)
