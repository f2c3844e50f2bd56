import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.wire.bits import BitReader
from sfu.wire.errors import WireError


def test_fields_are_read_from_the_highest_bit_on() -> None:
    bits = BitReader(b"\xa5\x0f")
    assert [bits.read(width) for width in (1, 3, 0, 8, 4)] == [1, 2, 0, 0x50, 0xF]


def test_reading_beyond_the_end_is_refused() -> None:
    bits = BitReader(b"\xff")
    bits.read(7)
    with pytest.raises(WireError):
        bits.read(2)


@pytest.mark.parametrize(
    ("count", "codes"),
    [
        (1, [""]),
        (2, ["0", "1"]),
        (3, ["0", "10", "11"]),
        (5, ["00", "01", "10", "110", "111"]),
    ],
)
def test_non_symmetric_numbers(count: int, codes: list[str]) -> None:
    """The codes by AV1 bitstream specification, section 4.10.7."""
    for value, code in enumerate(codes):
        data = int((code + "1" * 8)[:8], 2).to_bytes(1, "big")
        bits = BitReader(data)
        assert bits.non_symmetric(count) == value
        assert bits.read(8 - len(code)) == (1 << (8 - len(code))) - 1


@given(st.binary(max_size=10), st.lists(st.integers(0, 12), max_size=20))
def test_fields_join_to_the_bytes(data: bytes, widths: list[int]) -> None:
    text = "".join(f"{byte:08b}" for byte in data)
    bits = BitReader(data)
    for width in widths:
        if width > len(text):
            with pytest.raises(WireError):
                bits.read(width)
            return
        assert bits.read(width) == int(text[:width] or "0", 2)
        text = text[width:]


@pytest.mark.parametrize(
    ("bits", "unsigned", "signed"),
    [("1", 0, 0), ("010", 1, 1), ("011", 2, -1), ("00100", 3, 2), ("0001000", 7, 4)],
)
def test_exp_golomb(bits: str, unsigned: int, signed: int) -> None:
    data = int(bits.ljust(8, "0"), 2).to_bytes(1, "big")
    assert BitReader(data).exp_golomb() == unsigned
    assert BitReader(data).signed_exp_golomb() == signed


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x01", bytes(40)])
def test_exp_golomb_without_an_end(data: bytes) -> None:
    with pytest.raises(WireError):
        BitReader(data).exp_golomb()
