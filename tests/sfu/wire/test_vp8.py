import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.wire.errors import WireError
from sfu.wire.vp8 import Vp8Descriptor, is_plain_vp8, parse_vp8, rewrite_vp8
from tests.support.hostile import parses_or_refuses, truncations

KEYFRAME_HEADER = bytes.fromhex(
    "10 02 00"  # keyframe, version 0, shown; first partition of 16 bytes
    "9d 01 2a"  # start code
    "40 01 f0 c0"  # 320 wide; 240 high, upscaled by 3
)
FULL = bytes.fromhex(
    "90"  # extended, start of partition 0
    "f0"  # picture id, TL0PICIDX, TID and KEYIDX follow
    "92 34"  # picture id of 15 bits: 0x1234
    "07"  # TL0PICIDX
    "65"  # temporal layer 1, layer sync, key index 5
)

CASES: dict[str, tuple[bytes, Vp8Descriptor]] = {
    "bare, start of a frame": (b"\x10\x01", Vp8Descriptor(1, True, 0, False)),
    "bare, continued": (b"\x00\xaa", Vp8Descriptor(1, False, 0, False)),
    "later partition": (b"\x13" + KEYFRAME_HEADER, Vp8Descriptor(1, True, 3, False)),
    "droppable": (b"\x30\x01", Vp8Descriptor(1, True, 0, True)),
    "nothing after the descriptor": (b"\x10", Vp8Descriptor(1, True, 0, False)),
    "extended without fields": (b"\x80\x00", Vp8Descriptor(2, False, 0, False)),
    "7-bit picture id": (
        bytes.fromhex("90 80 7f 01"),
        Vp8Descriptor(3, True, 0, False, picture_id=127, picture_id_at=2, picture_id_size=1),
    ),
    "everything, keyframe": (
        FULL + KEYFRAME_HEADER,
        Vp8Descriptor(
            size=6,
            start_of_partition=True,
            partition=0,
            non_reference=False,
            picture_id=0x1234,
            picture_id_at=2,
            picture_id_size=2,
            tl0picidx=7,
            tl0picidx_at=4,
            tid=1,
            layer_sync=True,
            keyidx=5,
            is_keyframe=True,
            width=320,
            height=240,
        ),
    ),
    "layer without TL0PICIDX": (
        bytes.fromhex("80 20 c0 aa"),
        Vp8Descriptor(3, False, 0, False, tid=3),
    ),
    "key index alone": (bytes.fromhex("80 10 ff"), Vp8Descriptor(3, False, 0, False, keyidx=31)),
    "interframe": (
        bytes.fromhex("90 80 05 31 02 00 9d 01 2a 40 01 f0 00"),
        Vp8Descriptor(3, True, 0, False, picture_id=5, picture_id_at=2, picture_id_size=1),
    ),
    "keyframe's header cut short": (
        b"\x10" + KEYFRAME_HEADER[:9],
        Vp8Descriptor(1, True, 0, False),
    ),
    "keyframe without the start code": (b"\x10" + bytes(10), Vp8Descriptor(1, True, 0, False)),
}


@pytest.mark.parametrize(("payload", "descriptor"), CASES.values(), ids=CASES.keys())
def test_descriptor(payload: bytes, descriptor: Vp8Descriptor) -> None:
    assert parse_vp8(payload) == descriptor


@pytest.mark.parametrize("payload", list(truncations(FULL)), ids=len)
def test_truncated_descriptor_is_refused(payload: bytes) -> None:
    with pytest.raises(WireError):
        parse_vp8(payload)


@pytest.mark.parametrize(
    ("payload", "rewritten"),
    [
        ("90f092340765 aabb", "90f0fffeff65 aabb"),
        ("90c07f07 aabb", "90c07eff aabb"),  # 7 bits of the picture id
        ("908012 aabb", "90807e aabb"),
        ("904012 aabb", "9040ff aabb"),
        ("802040 aabb", "802040 aabb"),
        ("10 aabb", "10 aabb"),
    ],
)
def test_rewriting(payload: str, rewritten: str) -> None:
    data = bytes.fromhex(payload)
    assert rewrite_vp8(data, parse_vp8(data), 0x7FFE, 0xFF).hex() == rewritten.replace(" ", "")


@given(st.binary(min_size=1, max_size=40), st.integers(0, 0x7FFF), st.integers(0, 255))
def test_rewriting_changes_the_two_numbers_alone(
    payload: bytes, picture_id: int, tl0picidx: int
) -> None:
    try:
        before = parse_vp8(payload)
    except WireError:
        return
    rewritten = rewrite_vp8(payload, before, picture_id, tl0picidx)
    after = parse_vp8(rewritten)
    assert len(rewritten) == len(payload)
    assert rewritten[before.size :] == payload[before.size :]
    mask = {0: None, 1: 0x7F, 2: 0x7FFF}[before.picture_id_size]
    assert after.picture_id == (None if mask is None else picture_id & mask)
    assert after.tl0picidx == (None if before.tl0picidx is None else tl0picidx)
    assert rewrite_vp8(rewritten, after, before.picture_id or 0, before.tl0picidx or 0) == payload


@given(st.binary(max_size=40))
def test_any_payload_parses_or_is_refused(payload: bytes) -> None:
    parses_or_refuses(parse_vp8, payload)


@given(st.one_of(st.binary(max_size=20), st.binary(max_size=20).map(lambda data: b"\x10" + data)))
def test_nothing_is_found_in_what_is_plain(payload: bytes) -> None:
    try:
        found = parse_vp8(payload)
    except WireError:
        return
    named = found.picture_id, found.tl0picidx, found.tid, found.width
    if is_plain_vp8(payload):
        assert (*named, found.is_keyframe) == (None, None, None, None, False)
    else:
        assert payload[0] & 0x80 or payload[0] & 0x10


@pytest.mark.parametrize(
    ("payload", "plain"),
    [
        ("", True),
        ("10", True),
        ("00 ff", True),
        ("10 01", True),  # an inter frame begins
        ("10 00", False),  # a keyframe begins
        ("80 00", False),
        ("90 80 11 01", False),
    ],
)
def test_what_is_plain(payload: str, plain: bool) -> None:
    assert is_plain_vp8(bytes.fromhex(payload)) is plain
