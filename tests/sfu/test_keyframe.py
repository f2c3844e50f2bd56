"""Keyframe requests: merged, spaced, ever rarer for a publisher that does not answer."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sfu.keyframe import MAX_INTERVAL_S, MIN_INTERVAL_S, QUICK_REPEATS, KeyframeRequester


def asked_at(requester: KeyframeRequester, until_s: float, step_s: float = 0.05) -> list[float]:
    instants = [index * step_s for index in range(round(until_s / step_s))]
    return [now for now in instants if requester.due(now)]


def test_nothing_is_asked_that_nobody_wants() -> None:
    assert asked_at(KeyframeRequester(), 5) == []


def test_many_wishes_are_one_request() -> None:
    requester = KeyframeRequester()
    for _ in range(50):
        requester.want()
    assert requester.due(0.0)
    requester.received()
    assert not requester.due(1.0)
    assert (requester.asked, requester.merged) == (1, 49)


def test_an_unanswered_request_is_repeated_ever_more_seldom() -> None:
    requester = KeyframeRequester()
    requester.want()
    times = asked_at(requester, 30)
    gaps = [round(b - a, 6) for a, b in pairwise(times)]
    assert gaps[:6] == [MIN_INTERVAL_S] * QUICK_REPEATS + [1.0, 2.0, 4.0]
    assert set(gaps[6:]) == {MAX_INTERVAL_S}


def test_the_first_repetition_is_as_quick_for_the_second_keyframe_as_for_the_first() -> None:
    requester = KeyframeRequester()
    for start in (0.0, 10.0):
        requester.want()
        assert requester.due(start)
        assert requester.due(start + MIN_INTERVAL_S)
        requester.received()


def test_after_an_interruption_requests_are_as_frequent_as_at_first() -> None:
    requester = KeyframeRequester()
    requester.want()
    last = asked_at(requester, 30)[-1]
    requester.renew()
    assert not requester.due(last + 0.4)
    assert requester.due(last + MIN_INTERVAL_S)
    assert requester.due(last + 2 * MIN_INTERVAL_S)


def test_a_flood_of_wishes_with_prompt_answers_is_still_spaced() -> None:
    requester = KeyframeRequester()
    times = []
    for index in range(1000):
        requester.want()
        if requester.due(index * 0.01):
            times.append(index * 0.01)
            requester.received()
    assert len(times) == 20


@given(st.lists(st.tuples(st.sampled_from(["want", "received", "renew", "due"]), st.floats(0, 1))))
def test_two_requests_are_never_closer_than_the_least_interval(
    steps: list[tuple[str, float]],
) -> None:
    requester = KeyframeRequester()
    now, last = 0.0, None
    for action, wait in steps:
        now += wait
        if action != "due":
            getattr(requester, action)()
        elif requester.due(now):
            assert last is None or now - last >= MIN_INTERVAL_S
            last = now
