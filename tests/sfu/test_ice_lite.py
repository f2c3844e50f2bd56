"""The ICE-lite agent's answers to checks, and the address it selects."""

from __future__ import annotations

from typing import Any

import pytest

from sfu.ice_lite import MOVED_AFTER_S, SWITCH_AFTER_S, CheckResult, IceLiteAgent
from sfu.rtp_parameters import IceParameters
from sfu.wire.errors import WireError
from sfu.wire.stun import ERROR, SUCCESS, build_binding_request, parse_stun

LOCAL = IceParameters("ours", "password of the server", lite=True)
TRANSACTION = bytes(range(12))
HOST = ("192.0.2.7", 4711)


def new_agent(remote_ufrag: str | None = "theirs") -> IceLiteAgent:
    agent = IceLiteAgent(LOCAL)
    agent.remote_ufrag = remote_ufrag
    return agent


def check(
    agent: IceLiteAgent,
    source: str = "here",
    now: float = 0.0,
    username: str | None = "ours:theirs",
    password: str | None = LOCAL.password,
    **attributes: Any,
) -> CheckResult:
    attributes.setdefault("controlling", 1)
    data = build_binding_request(
        TRANSACTION,
        username,
        None if password is None else password.encode(),
        priority=1,
        **attributes,
    )
    return agent.check(parse_stun(data), source, HOST, now)


def test_a_check_is_answered_with_the_address_it_came_from() -> None:
    result = check(new_agent(), use_candidate=True)
    assert result.response is not None
    answer = parse_stun(result.response)
    assert (answer.message_class, answer.transaction_id) == (SUCCESS, TRANSACTION)
    assert answer.xor_mapped_address == HOST
    assert answer.verify(LOCAL.password.encode())
    assert (result.authenticated, result.selected) == (True, True)


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"password": "wrong"}, 401),
        ({"password": None}, 401),
        ({"username": "ours:somebody"}, 401),
        ({"username": "ours"}, 401),
        ({"username": "other:theirs"}, 401),
        ({"username": None}, 400),
        ({"controlling": None, "controlled": 5}, 487),
    ],
)
def test_refusals(how: dict[str, Any], code: int) -> None:
    agent = new_agent()
    result = check(agent, **how)
    assert result.response is not None
    answer = parse_stun(result.response)
    assert (answer.message_class, answer.error_code) == (ERROR, code)
    assert (result.authenticated, result.selected) == (False, False)
    assert (agent.selected, agent.last_check_at) == (None, None)


def test_before_the_description_any_remote_ufrag_will_do() -> None:
    assert check(new_agent(None), username="ours:whoever").authenticated


@pytest.mark.parametrize("value", [b"", b"1234567", b"123456789"])
def test_a_malformed_role_is_no_check(value: bytes) -> None:
    message = parse_stun(
        build_binding_request(TRANSACTION, "ours:theirs", LOCAL.password.encode(), controlled=1)
    )
    message.attributes[0x8029] = value
    with pytest.raises(WireError):
        new_agent().check(message, "here", HOST, 0.0)


@pytest.mark.parametrize(
    ("checks", "selected"),
    [
        ([(0, "a", False)], "a"),  # the first will do until one is nominated
        ([(0, "a", False), (1, "b", False)], "a"),
        ([(0, "a", False), (1, "b", True)], "b"),
        ([(0, "a", True), (1, "b", True)], "b"),  # nominated again
        ([(0, "a", True), (1, "b", False), (2, "a", False)], "a"),
        ([(0, "a", True), (SWITCH_AFTER_S, "b", False)], "a"),
        ([(0, "a", True), (SWITCH_AFTER_S + 0.1, "b", False)], "b"),  # the address has changed
        ([(0, "a", True), (2, "a", False), (4, "b", False)], "a"),
        ([(0, "a", True), (4, "b", False), (5, "a", False), (6, "a", True)], "a"),
    ],
)
def test_selection(checks: list[tuple[float, str, bool]], selected: str) -> None:
    agent = new_agent()
    for now, source, nominates in checks:
        before = agent.selected
        result = check(agent, source, now, use_candidate=nominates)
        assert result.selected == (agent.selected != before)
    assert agent.selected == selected


@pytest.mark.parametrize(
    ("heard_at", "checked_at", "now", "moves"),
    [
        (10.0, 9.0, 10.0 + MOVED_AFTER_S, False),  # the selected pair is not silent yet
        (10.0, 9.0, 10.1 + MOVED_AFTER_S, True),
        (9.0, 10.0, 10.0 + MOVED_AFTER_S, False),  # checks count too
        (9.0, 10.0, 10.1 + MOVED_AFTER_S, True),
    ],
)
def test_media_from_elsewhere_moves_once_the_selected_pair_is_silent(
    heard_at: float, checked_at: float, now: float, moves: bool
) -> None:
    agent = new_agent()
    check(agent, "a", 0.0, use_candidate=True)
    check(agent, "a", checked_at)
    agent.selected_heard_at = heard_at
    assert agent.media_from("b", now) is moves
    assert agent.selected == ("b" if moves else "a")
    assert not agent.media_from("b" if moves else "a", now + 60)
    assert not agent.media_from("c", now) or not moves


def test_media_selects_nothing_before_a_check_has() -> None:
    agent = new_agent()
    assert not agent.media_from("a", 100.0)
    assert agent.selected is None


def test_a_refused_check_neither_selects_nor_keeps_alive() -> None:
    agent = new_agent()
    check(agent, "a", 0.0)
    check(agent, "b", 100.0, password="wrong", use_candidate=True)
    assert (agent.selected, agent.last_check_at) == ("a", 0.0)


@pytest.mark.parametrize(("now", "alive"), [(10.0, True), (14.9, True), (15.0, False)])
def test_consent_ends_with_the_checks(now: float, alive: bool) -> None:
    agent = new_agent()
    assert not agent.is_alive(0.0, 5.0)
    check(agent, now=10.0)
    assert agent.is_alive(now, 5.0) is alive
