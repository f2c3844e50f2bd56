import pytest

from bots.pacer import next_tick

ROWS = [
    # last tick, elapsed, expected next: in time, a little late, far too late
    (-1, 0.0, 0),
    (0, 0.0, 1),
    (10, 0.30, 11),
    (10, 0.719, 11),
    (10, 0.73, 36),
    (10, 60.0, 3000),
]


@pytest.mark.parametrize(("last", "elapsed_s", "expected"), ROWS)
def test_next_tick(last: int, elapsed_s: float, expected: int) -> None:
    assert next_tick(last, elapsed_s, 0.02) == expected
