"""Which losses are asked for, when, how often, and when they are given up."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sfu.nack import (
    AGAIN_S,
    DEFAULT_RTT_S,
    LATE_S,
    MAX_AGE,
    MAX_MISSING,
    MAX_RTT_S,
    MAX_TRIES,
    NackGenerator,
)


def after(*sequences: int) -> NackGenerator:
    nack = NackGenerator()
    for sequence in sequences:
        nack.received(sequence, 0.0)
    return nack


@pytest.mark.parametrize(
    ("arrived", "asked"),
    [
        ((), []),
        ((10,), []),
        ((10, 11, 12), []),
        ((10, 12), [11]),
        ((10, 13, 15), [11, 12, 14]),
        ((10, 13, 11), [12]),  # late, not lost
        ((10, 12, 11), []),
        ((10, 9), []),  # from before the first
        ((10, 12, 12, 10), [11]),  # duplicates
        ((65534, 65537), [65535, 0]),  # told in 16 bits
        ((10, 11 + MAX_MISSING), [(11 + i) & 0xFFFF for i in range(MAX_MISSING)]),
        ((10, 12 + MAX_MISSING), []),  # an interruption
    ],
)
def test_gaps_are_asked_for_at_once(arrived: tuple[int, ...], asked: list[int]) -> None:
    assert after(*arrived).due(0.0) == asked


def test_an_interruption_asks_for_nothing_and_says_that_a_keyframe_is_needed() -> None:
    nack = after(10, 12)
    assert nack.received(14 + MAX_MISSING, 0.0)
    assert nack.missing == 0
    assert nack.given_up == 1


def test_a_packet_is_asked_for_again_after_a_round_trip_until_given_up() -> None:
    nack = after(10, 12)
    assert nack.due(0.0) == [11]
    assert nack.due(DEFAULT_RTT_S) == []
    times = [index * 0.005 for index in range(500)]
    assert sum(len(nack.due(now)) for now in times) == MAX_TRIES - 1
    assert nack.missing == 0
    assert (nack.given_up, nack.exhausted) == (1, True)


def test_only_what_was_lost_again_is_asked_for_twice_in_a_round_trip() -> None:
    nack = after(10, 12)
    asked = [now / 1000 for now in range(400) if nack.due(now / 1000)]
    round_trip = DEFAULT_RTT_S + LATE_S
    expected = [0.0, round_trip, round_trip + AGAIN_S, 2 * round_trip, 2 * round_trip + AGAIN_S]
    assert asked[:5] == pytest.approx(expected, abs=0.003)


@pytest.mark.parametrize("lost_again", [0, 1, 2, 4])
def test_what_is_lost_again_does_not_make_the_round_trip_longer(lost_again: int) -> None:
    nack = NackGenerator()
    for number in range(16):
        rounds = 3 if number % 10 < lost_again else 1
        nack.received(2 * number, number)
        nack.received(2 * number + 2, number)
        nack.due(number)
        nack.received(2 * number + 1, number + 0.08 * rounds)
    assert nack.rtt_s == pytest.approx(0.08)


def test_what_arrived_is_not_asked_for_again() -> None:
    nack = after(10, 12)
    nack.due(0.0)
    nack.received(11, 0.05)
    assert nack.due(1.0) == []
    assert (nack.recovered, nack.given_up) == (1, 0)


@pytest.mark.parametrize("rtt_s", [0.03, 0.09, 0.2, 0.35])
def test_the_round_trip_is_learned_from_answers_even_when_it_began_too_small(rtt_s: float) -> None:
    nack = NackGenerator()
    sequence = 0
    for round_ in range(60):
        now = round_ * 10.0
        nack.received(sequence, now)
        nack.received(sequence + 2, now)
        nack.due(now)
        ticks = [now + 0.01 * (i + 1) for i in range(round(rtt_s / 0.01) - 1)]
        for tick in ticks:
            nack.due(tick)
        nack.received(sequence + 1, now + rtt_s)
        sequence += 3
    assert nack.rtt_s == pytest.approx(rtt_s, rel=0.15)


def test_a_slow_answer_does_not_make_the_round_trip_absurd() -> None:
    nack = after(10, 12)
    nack.due(0.0)
    nack.received(11, 1e6)
    assert nack.rtt_s <= MAX_RTT_S


def test_old_losses_are_forgotten() -> None:
    nack = after(0, 2)
    sequence = 2
    while sequence < MAX_AGE:
        sequence += 1
        nack.received(sequence, 0.0)
    assert nack.received(sequence + 2, 0.0)  # a new gap shows how old the first is
    assert nack.due(0.0) == [sequence + 1]


def test_a_restarted_numbering_keeps_counters_and_round_trip() -> None:
    nack = after(10, 12)
    nack.due(0.0)
    nack.rtt_s = 0.2
    fresh = nack.restarted()
    assert (fresh.requested, fresh.given_up, fresh.missing, fresh.rtt_s) == (1, 1, 0, 0.2)


@given(st.lists(st.tuples(st.integers(-600, 3000), st.floats(0, 0.3)), max_size=40))
@example([(0, 0.0), (2, 0.0), (511, 0.0), (513, 0.0)])  # one is too old, and one too many
def test_whatever_arrives_the_list_is_bounded_and_what_arrived_is_never_asked_for(
    steps: list[tuple[int, float]],
) -> None:
    nack = NackGenerator()
    highest, now = 1000, 0.0
    arrived = set()
    for step, wait in steps:
        sequence = highest + step
        highest = max(highest, sequence)
        nack.received(sequence, now)
        arrived.add(sequence & 0xFFFF)
        now += wait
        asked = nack.due(now)
        assert len(asked) == len(set(asked)) <= MAX_MISSING
        assert nack.missing <= MAX_MISSING
        if highest < 60000:
            assert not arrived & set(asked)
