import logging

import pytest

from tests.turn.fakes import ManualClock, ScriptedProvider, some_list
from turn.chain import HOLD_OFF_S, ProviderChain, ProviderStatus
from turn.provider import IceServerError


async def test_the_first_that_answers_wins() -> None:
    first = ScriptedProvider([some_list("a")], name="first")
    second = ScriptedProvider([], name="second")
    chain = ProviderChain([first, second], ManualClock())
    assert (await chain.ice_servers("p")).servers == some_list("a").servers
    assert second.asked == []


async def test_the_next_answers_and_the_failure_shows(caplog: pytest.LogCaptureFixture) -> None:
    failing = ScriptedProvider([IceServerError("upstream_unauthorized", "HTTP 401")], name="one")
    chain = ProviderChain([failing, ScriptedProvider([some_list("b")], name="two")], ManualClock())
    with caplog.at_level(logging.DEBUG):
        assert (await chain.ice_servers("p")).servers == some_list("b").servers
    assert chain.status() == (
        ProviderStatus("one", answered=0, failed=1, last_error="upstream_unauthorized"),
        ProviderStatus("two", answered=1),
    )
    assert "one: upstream_unauthorized HTTP 401" in caplog.text


async def test_the_last_error_ends_with_the_next_success() -> None:
    script = [IceServerError("upstream_failed"), some_list("a")]
    chain = ProviderChain([ScriptedProvider(script)], ManualClock())
    with pytest.raises(IceServerError):
        await chain.ice_servers("p")
    await chain.ice_servers("p")
    assert chain.status()[0] == ProviderStatus("scripted", answered=1, failed=1)


async def test_nobody_answers() -> None:
    script = [[IceServerError("upstream_failed")], [IceServerError("upstream_invalid")]]
    chain = ProviderChain([ScriptedProvider(s) for s in script], ManualClock())
    with pytest.raises(IceServerError, match="upstream_invalid"):
        await chain.ice_servers("p")


async def test_one_that_timed_out_is_passed_over_for_a_while() -> None:
    clock = ManualClock()
    slow = ScriptedProvider([IceServerError("upstream_timeout"), some_list("a")])
    chain = ProviderChain([slow, ScriptedProvider([some_list("b")] * 2)], clock)
    await chain.ice_servers("p")
    await chain.ice_servers("p")
    assert (len(slow.asked), chain.status()[0].passed_over) == (1, 1)
    clock.now += HOLD_OFF_S
    assert (await chain.ice_servers("p")).servers == some_list("a").servers


async def test_a_chain_of_nobody_fails() -> None:
    with pytest.raises(IceServerError):
        await ProviderChain([], ManualClock()).ice_servers("p")
