from __future__ import annotations

import pytest

from signaling.token_bucket import TokenBucket

# (moments at which a token is asked for, how many are given): 2 a second, 3 at once
ROWS = [
    ([0, 0, 0], 3),
    ([0, 0, 0, 0], 3),
    ([0, 0, 0, 0.5], 4),
    ([0, 0, 0, 0.49], 3),
    ([0, 0, 0, 10, 10, 10, 10], 6),  # never more than the burst
    ([5, 5, 5, 0, 0, 0], 3),  # a clock set back gives nothing and takes nothing
]


@pytest.mark.parametrize(("moments", "given"), ROWS)
def test_rows(moments: list[float], given: int) -> None:
    bucket = TokenBucket(rate_per_s=2, burst=3, now=moments[0])
    assert sum(bucket.take(at) for at in moments) == given
