import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.wire.av1 import Av1Payload, parse_av1
from sfu.wire.errors import WireError
from tests.support.hostile import parses_or_refuses, truncations

TEMPORAL_DELIMITER, FRAME = 2, 6

START = bytes.fromhex(
    "28"  # two elements, first packet of a coded video sequence
    "03 08 0000"  # three bytes: sequence header
    "30 112233"  # the rest: frame
)

CASES: dict[str, tuple[str, Av1Payload]] = {
    "start of a sequence": (START.hex(), Av1Payload(False, False, True, (1, FRAME))),
    "all elements with lengths": ("00 02 12 00 02 30 11", Av1Payload(False, False, False, (2, 6))),
    "one element": ("10 30 11", Av1Payload(False, False, False, (FRAME,))),
    "three elements": ("30 01 12 01 08 30", Av1Payload(False, False, False, (2, 1, FRAME))),
    "fragment from the middle": ("d0 08 08", Av1Payload(True, True, False, ())),
    "end of a fragment, then an OBU": ("a0 02 0808 30", Av1Payload(True, False, False, (FRAME,))),
    "start of a fragment": ("50 32 00", Av1Payload(False, True, False, (FRAME,))),
    "length of two bytes": (
        "20 8100 12 30",
        Av1Payload(False, False, False, (TEMPORAL_DELIMITER, FRAME)),
    ),
    "empty element": ("00 00 01 30", Av1Payload(False, False, False, (FRAME,))),
    "nothing after the header": ("00", Av1Payload(False, False, False, ())),
}


@pytest.mark.parametrize(("payload", "parsed"), CASES.values(), ids=CASES.keys())
def test_payload(payload: str, parsed: Av1Payload) -> None:
    assert parse_av1(bytes.fromhex(payload)) == parsed


@pytest.mark.parametrize(
    ("payload", "keyframe"),
    [
        (START.hex(), True),
        ("18 30 11", True),  # announced alone
        ("20 02 0800 30", True),  # the sequence header alone
        ("90 08 00", False),  # what looks like one, but continues another OBU
        ("10 30 11", False),
    ],
)
def test_keyframe(payload: str, keyframe: bool) -> None:
    assert parse_av1(bytes.fromhex(payload)).is_keyframe is keyframe


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "98 30 11",  # continues an OBU and starts a sequence
        "10",  # one element announced, none there
        "20 02 0800",  # two announced, one there
        "00 05 30 11",  # an element past the end
        "00 80",  # a length past the end
        "00 8180808080808080 00 30",  # a length of more than eight bytes
        "00 ffffffffffffff7f 01",  # an absurd length
    ],
)
def test_malformed_payload_is_refused(payload: str) -> None:
    with pytest.raises(WireError):
        parse_av1(bytes.fromhex(payload))


@pytest.mark.parametrize(("payload", "_"), CASES.values(), ids=CASES.keys())
def test_truncated_payload_parses_or_is_refused(payload: str, _: Av1Payload) -> None:
    results = [parses_or_refuses(parse_av1, cut) for cut in truncations(bytes.fromhex(payload))]
    assert not results[0]


@given(st.binary(max_size=60))
def test_any_payload_parses_or_is_refused(payload: bytes) -> None:
    parses_or_refuses(parse_av1, payload)


@given(
    st.lists(st.tuples(st.integers(0, 15), st.binary(max_size=200)), min_size=1, max_size=3),
    st.booleans(),
)
def test_any_obus_are_found(obus: list[tuple[int, bytes]], counted: bool) -> None:
    elements = [bytes((kind << 3,)) + data for kind, data in obus]
    payload = bytes(((len(obus) << 4) if counted else 0,))
    for index, element in enumerate(elements):
        if not (counted and index == len(elements) - 1):
            payload += leb128(len(element))
        payload += element
    assert parse_av1(payload).obu_types == tuple(kind for kind, _ in obus)


def leb128(value: int) -> bytes:
    return bytes((value,)) if value < 128 else bytes((value & 0x7F | 0x80, value >> 7))
