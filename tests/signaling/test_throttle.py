from __future__ import annotations

import pytest

from signaling.throttle import MAX_KEYS, Throttle


@pytest.mark.parametrize(
    ("attempts_at", "last_is_allowed"),
    [
        ((0, 1), True),
        ((0, 1, 2), True),
        ((0, 1, 2, 3), False),
        ((0, 1, 2, 9), False),
        ((0, 1, 2, 10), True),  # the first is ten seconds old
        ((0, 1, 2, 3, 4, 10), True),  # refused ones do not count
        ((0, 10, 20, 30), True),
    ],
)
def test_three_attempts_within_ten_seconds(
    attempts_at: tuple[int, ...], last_is_allowed: bool
) -> None:
    throttle = Throttle(3, 10.0)
    *before, last = attempts_at
    for at in before:
        throttle.attempt("key", at)
    assert throttle.attempt("key", last) is last_is_allowed


def test_keys_do_not_share() -> None:
    throttle = Throttle(1, 10.0)
    assert throttle.attempt("a", 0.0)
    assert throttle.attempt("b", 0.0)
    assert not throttle.attempt("a", 1.0)


def test_a_forgiven_attempt_does_not_count() -> None:
    throttle = Throttle(1, 10.0)
    for now in range(5):
        assert throttle.attempt("key", now)
        throttle.forgive("key")
    throttle.forgive("unknown")


def test_the_key_longest_unused_is_forgotten_first() -> None:
    throttle = Throttle(1, 1e9)
    for number in range(MAX_KEYS):
        throttle.attempt(str(number), 0.0)
    assert not throttle.attempt("0", 1.0)  # used again: now the youngest
    throttle.attempt("one more", 1.0)
    assert throttle.attempt("1", 2.0)
    assert not throttle.attempt("0", 2.0)


def test_a_clock_set_back_forgets_nothing_and_keeps_nobody_waiting_for_longer() -> None:
    throttle = Throttle(2, 10.0)
    assert throttle.attempt("key", 1000.0)
    assert throttle.attempt("key", 1001.0)
    assert not throttle.attempt("key", 5.0)
    assert not throttle.attempt("key", 14.0)
    assert throttle.attempt("key", 15.0)
