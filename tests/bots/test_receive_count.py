import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.receive_count import ReceiveCount

ROWS = [
    # sequence numbers, packets, expected, lost, highest
    ([], 0, 0, 0, 0),
    ([5], 1, 1, 0, 5),
    ([5, 6, 7], 3, 3, 0, 7),
    ([5, 7], 2, 3, 1, 7),
    ([5, 7, 6], 3, 3, 0, 7),
    ([65534, 65535, 0, 1], 4, 4, 0, 65537),
    ([65535, 1], 2, 3, 1, 65537),
    ([5, 5, 6], 3, 2, 0, 6),
]


def counted(sequence: list[int]) -> ReceiveCount:
    count = ReceiveCount()
    for number in sequence:
        count.add(number, 100, marker=number % 2 == 0)
    return count


@pytest.mark.parametrize(("sequence", "packets", "expected", "lost", "highest"), ROWS)
def test_counting(
    sequence: list[int], packets: int, expected: int, lost: int, highest: int
) -> None:
    count = counted(sequence)
    assert (count.packets, count.expected, count.lost, count.highest) == (
        packets,
        expected,
        lost,
        highest,
    )
    assert count.octets == 100 * packets


def test_fraction_lost_is_of_the_interval() -> None:
    count = counted([0, 1, 2, 3])
    assert count.fraction_lost() == 0
    for number in (4, 7):  # 2 of 4 lost
        count.add(number, 1, marker=False)
    assert count.fraction_lost() == 128
    assert count.fraction_lost() == 0


@given(st.integers(0, 65_535), st.sets(st.integers(0, 200_000), min_size=1, max_size=300))
def test_any_loss_in_a_long_stream(first: int, offsets: set[int]) -> None:
    """As long as no gap is over half the sequence space, loss is counted exactly."""
    kept = sorted(offsets | set(range(0, max(offsets) + 1, 20_000)) | {0})
    count = counted([(first + offset) % 65_536 for offset in kept])
    assert count.expected == kept[-1] + 1
    assert count.lost == kept[-1] + 1 - len(kept)
