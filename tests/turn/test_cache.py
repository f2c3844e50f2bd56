import asyncio

import pytest

from tests.turn.fakes import ManualClock, ScriptedProvider, some_list
from turn.cache import MAX_ENTRIES, RETRY_AFTER_S, CachedProvider, per_participant, shared
from turn.provider import IceServerError

FAILURE = IceServerError("upstream_failed", "HTTP 500")


@pytest.mark.parametrize(("age_s", "requests"), [(0, 1), (74.9, 1), (75, 2), (99, 2), (500, 2)])
async def test_fresh_for_three_quarters_of_its_life(age_s: float, requests: int) -> None:
    clock, inner = ManualClock(), ScriptedProvider([some_list("a"), some_list("b")])
    cache = CachedProvider(inner, clock)
    await cache.ice_servers("p")
    clock.now += age_s
    answer = await cache.ice_servers("p")
    assert len(inner.asked) == requests
    assert answer.servers == some_list("a" if requests == 1 else "b").servers


async def test_a_kept_list_says_what_is_left_of_its_life() -> None:
    clock, inner = ManualClock(), ScriptedProvider([some_list(ttl_s=100)])
    cache = CachedProvider(inner, clock)
    assert (await cache.ice_servers("p")).ttl_s == 100
    clock.now += 30
    assert (await cache.ice_servers("p")).ttl_s == 70


@pytest.mark.parametrize(
    ("key", "participants", "requests"),
    [
        (per_participant, ["p"] * 20, 1),
        (per_participant, ["p", "q"] * 10, 2),
        (shared, ["p", "q"] * 10, 1),
    ],
)
async def test_all_who_wait_share_one_request(key, participants, requests) -> None:
    gate = asyncio.Event()
    inner = ScriptedProvider([some_list("a"), some_list("b")], gate)
    cache = CachedProvider(inner, ManualClock(), key)
    waiting = [asyncio.create_task(cache.ice_servers(p)) for p in participants]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*waiting)
    assert len(inner.asked) == requests


async def test_a_caller_that_gives_up_leaves_the_request_to_the_others() -> None:
    gate = asyncio.Event()
    cache = CachedProvider(ScriptedProvider([some_list("a")], gate), ManualClock())
    first = asyncio.create_task(cache.ice_servers("p"))
    second = asyncio.create_task(cache.ice_servers("p"))
    await asyncio.sleep(0)
    first.cancel()
    gate.set()
    assert (await second).servers == some_list("a").servers


async def test_a_failure_reaches_all_who_wait_and_is_not_kept() -> None:
    gate = asyncio.Event()
    inner = ScriptedProvider([FAILURE, some_list("a")], gate)
    cache = CachedProvider(inner, ManualClock())
    waiting = [asyncio.create_task(cache.ice_servers("p")) for _ in range(3)]
    await asyncio.sleep(0)
    gate.set()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == [str(FAILURE)] * 3
    assert (await cache.ice_servers("p")).servers == some_list("a").servers


async def test_the_old_list_serves_while_it_lives() -> None:
    clock, inner = ManualClock(), ScriptedProvider([some_list("a"), FAILURE, some_list("b")])
    cache = CachedProvider(inner, clock)
    await cache.ice_servers("p")
    clock.now += 80
    old = await cache.ice_servers("p")
    assert (old.servers, old.ttl_s) == (some_list("a").servers, 20)
    clock.now += RETRY_AFTER_S - 1
    await cache.ice_servers("p")
    assert len(inner.asked) == 2  # not asked again so soon
    clock.now += 1
    assert (await cache.ice_servers("p")).servers == some_list("b").servers


@pytest.mark.parametrize("age_s", [100, 101])
async def test_a_dead_list_is_never_given(age_s: float) -> None:
    clock, inner = ManualClock(), ScriptedProvider([some_list("a"), FAILURE, FAILURE])
    cache = CachedProvider(inner, clock)
    await cache.ice_servers("p")
    clock.now += 95
    await cache.ice_servers("p")
    clock.now += age_s - 95
    with pytest.raises(IceServerError, match="upstream_failed"):
        await cache.ice_servers("p")


async def test_the_longest_unused_entry_goes_first() -> None:
    inner = ScriptedProvider([some_list("a")] * (MAX_ENTRIES + 2))
    cache = CachedProvider(inner, ManualClock())
    for number in range(MAX_ENTRIES):
        await cache.ice_servers(str(number))
    await cache.ice_servers("0")  # used again: "1" is now the oldest
    await cache.ice_servers("one more")
    before = len(inner.asked)
    await cache.ice_servers("0")
    assert len(inner.asked) == before
    await cache.ice_servers("1")
    assert len(inner.asked) == before + 1
