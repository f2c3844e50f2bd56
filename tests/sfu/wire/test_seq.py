import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.wire.seq import Unwrapper, seq_diff, seq_newer, ts_diff

SEQ = st.integers(0, 0xFFFF)


@pytest.mark.parametrize(
    ("a", "b", "newer", "difference"),
    [
        (1, 0, True, 1),
        (0, 1, False, -1),
        (7, 7, False, 0),
        (0, 0xFFFF, True, 1),
        (0xFFFF, 0, False, -1),
        (0x7FFF, 0, True, 0x7FFF),
        (0x8000, 0, False, -0x8000),
        (0, 0x8000, False, -0x8000),
    ],
)
def test_sequence_numbers_compare_across_the_wrap(
    a: int, b: int, newer: bool, difference: int
) -> None:
    assert seq_newer(a, b) is newer
    assert seq_diff(a, b) == difference


@pytest.mark.parametrize(
    ("a", "b", "difference"),
    [
        (90_000, 0, 90_000),
        (0, 0xFFFFFFFF, 1),
        (0xFFFFFFFF, 0, -1),
        (0x7FFFFFFF, 0, 0x7FFFFFFF),
        (0x80000000, 0, -0x80000000),
    ],
)
def test_timestamps_compare_across_the_wrap(a: int, b: int, difference: int) -> None:
    assert ts_diff(a, b) == difference


@given(SEQ, SEQ)
def test_difference_undoes_addition(a: int, b: int) -> None:
    assert (b + seq_diff(a, b)) & 0xFFFF == a
    assert seq_newer(a, b) is (seq_diff(a, b) > 0)


@pytest.mark.parametrize(
    ("arriving", "extended"),
    [
        ([0xFFFE, 0xFFFF, 0, 1], [0xFFFE, 0xFFFF, 0x10000, 0x10001]),
        ([0, 0xFFFF, 1], [0, -1, 1]),  # what came before the first is negative
        ([10, 12, 11, 13], [10, 12, 11, 13]),
        ([0xFFFF, 0, 0xFFFF, 1], [0xFFFF, 0x10000, 0xFFFF, 0x10001]),  # late, over the wrap
        ([0, 0x7FFF, 0xFFFE, 0x7FFD], [0, 0x7FFF, 0xFFFE, 0x17FFD]),  # great strides go on
    ],
)
def test_unwrapping(arriving: list[int], extended: list[int]) -> None:
    unwrapper = Unwrapper()
    assert [unwrapper.unwrap(number) for number in arriving] == extended


def test_highest_is_none_before_the_first_and_keeps_through_late_ones() -> None:
    unwrapper = Unwrapper()
    assert unwrapper.highest is None
    for number in (5, 9, 7):
        unwrapper.unwrap(number)
    assert unwrapper.highest == 9


@given(st.integers(0, 0xFFFF), st.lists(st.integers(-0x3FFF, 0x3FFF), max_size=200))
def test_unwrapping_recovers_a_walk(start: int, steps: list[int]) -> None:
    """Any walk that stays within half the space of its highest point is recovered."""
    unwrapper = Unwrapper()
    unwrapper.unwrap(start)
    highest = start
    for step in steps:
        true = highest + step
        assert unwrapper.unwrap(true & 0xFFFF) == true
        highest = max(highest, true)
