"""The real twilio library against a local server in Twilio's place."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.twilio_stand_in import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    TURN_CREDENTIAL,
    Answer,
    TwilioStandIn,
    json_answer,
    raw_answer,
    refusal,
    token_body,
    twilio_stand_in,
)
from turn.provider import IceServerError
from turn.twilio_http import MAX_RESPONSE_BYTES
from turn.twilio_nts import MAX_TTL_S, TwilioAccount, TwilioProvider, parse_token

API_KEY, API_SECRET = "SK00000000000000000000000000000000", "api-secret-that-must-stay-secret"


@pytest.fixture
async def stand_in() -> AsyncIterator[TwilioStandIn]:
    async with twilio_stand_in() as running:
        yield running


def provider(stand_in: TwilioStandIn, **given: Any) -> TwilioProvider:
    given.setdefault("auth_token", AUTH_TOKEN)
    limit_s = given.pop("time_limit_s", 3.0)
    account = TwilioAccount(ACCOUNT_SID, base_url=stand_in.base_url, **given)
    return TwilioProvider(account, ttl_s=3600, time_limit_s=limit_s)


async def test_the_documented_answer(stand_in: TwilioStandIn) -> None:
    answer = await provider(stand_in).ice_servers("p")
    assert answer.ttl_s == 86_400
    assert [server.urls for server in answer.servers] == [
        ("stun:global.stun.twilio.com:3478",),
        ("turn:global.turn.twilio.com:3478?transport=udp",),
        ("turn:global.turn.twilio.com:443?transport=tcp",),
    ]
    assert [s.credential for s in answer.servers] == [None, TURN_CREDENTIAL, TURN_CREDENTIAL]
    assert stand_in.forms == [{"Ttl": "3600"}]


@pytest.mark.parametrize(
    ("given_account", "log_in"),
    [
        ({"auth_token": AUTH_TOKEN}, (ACCOUNT_SID, AUTH_TOKEN)),
        ({"auth_token": None, "api_key": API_KEY, "api_secret": API_SECRET}, (API_KEY, API_SECRET)),
        ({"api_key": API_KEY, "api_secret": API_SECRET}, (API_KEY, API_SECRET)),
    ],
)
async def test_log_in(
    stand_in: TwilioStandIn, given_account: dict[str, Any], log_in: tuple[str, str]
) -> None:
    await provider(stand_in, **given_account).ice_servers("p")
    assert stand_in.log_ins == [log_in]


BAD_ANSWERS: list[tuple[str, Answer, str]] = [
    ("401", refusal(401), "upstream_unauthorized"),
    ("403", refusal(403), "upstream_unauthorized"),
    ("429", refusal(429), "upstream_rate_limited"),
    ("500", refusal(500), "upstream_failed"),
    ("503 rubbish", raw_answer(b"<html>", 503), "upstream_failed"),
    ("404 nested", raw_answer(b"[" * 5000, 404), "upstream_failed"),
    ("302", raw_answer(b"", 302), "upstream_failed"),
    ("empty", raw_answer(b""), "upstream_invalid"),
    ("rubbish", raw_answer(b"\xff\x00rubbish"), "upstream_invalid"),
    ("nested", raw_answer(b"[" * 60_000), "upstream_invalid"),
    ("list", json_answer([1, 2]), "upstream_invalid"),
    ("null", json_answer(None), "upstream_invalid"),
    ("no servers", json_answer(token_body(ice_servers=[])), "upstream_invalid"),
    ("servers missing", json_answer({"ttl": "60"}), "upstream_invalid"),
    ("servers a string", json_answer(token_body(ice_servers="stun:x")), "upstream_invalid"),
    ("server a number", json_answer(token_body(ice_servers=[3])), "upstream_invalid"),
    ("ttl a word", json_answer(token_body(ttl="soon")), "upstream_invalid"),
    ("ttl 0", json_answer(token_body(ttl="0")), "upstream_invalid"),
    ("ttl negative", json_answer(token_body(ttl="-5")), "upstream_invalid"),
    ("ttl missing", json_answer(token_body(ttl=None)), "upstream_invalid"),
    ("huge", raw_answer(b" " * (MAX_RESPONSE_BYTES + 1)), "upstream_invalid"),
]


@pytest.mark.parametrize(
    ("answer", "code"), [row[1:] for row in BAD_ANSWERS], ids=[row[0] for row in BAD_ANSWERS]
)
async def test_a_bad_answer_is_one_error_without_secrets(
    stand_in: TwilioStandIn, caplog: pytest.LogCaptureFixture, answer: Answer, code: str
) -> None:
    stand_in.answer = answer
    with caplog.at_level(logging.DEBUG), pytest.raises(IceServerError) as caught:
        await provider(stand_in, api_key=API_KEY, api_secret=API_SECRET).ice_servers("p")
    assert caught.value.code == code
    told = caplog.text + "".join(traceback.format_exception(caught.value))
    for secret in (AUTH_TOKEN, API_SECRET, TURN_CREDENTIAL):
        assert secret not in told


async def test_nothing_secret_in_the_log_of_a_good_answer(
    stand_in: TwilioStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        asked = provider(stand_in, api_key=API_KEY, api_secret=API_SECRET)
        answer = await asked.ice_servers("p")
    for secret in (AUTH_TOKEN, API_SECRET, TURN_CREDENTIAL):
        assert secret not in caplog.text + repr(answer) + repr(asked) + repr(asked._account)


@pytest.mark.parametrize("how", ["silence", "drip"])
async def test_the_caller_is_free_in_time(stand_in: TwilioStandIn, how: str) -> None:
    stand_in.answer = getattr(stand_in, how)
    asked = provider(stand_in, time_limit_s=0.4)
    started = time.monotonic()
    with pytest.raises(IceServerError, match="upstream_timeout"):
        await asked.ice_servers("p")
    assert time.monotonic() - started < 1.0


async def test_hanging_requests_do_not_block_the_next(stand_in: TwilioStandIn) -> None:
    asked = provider(stand_in, time_limit_s=0.3)
    stand_in.answer = stand_in.silence
    with pytest.raises(IceServerError):
        await asked.ice_servers("p")
    stand_in.answer = json_answer(token_body())
    assert (await asked.ice_servers("p")).servers


async def test_nobody_listens() -> None:
    async with twilio_stand_in() as stand_in:
        asked = provider(stand_in)
    with pytest.raises(IceServerError, match="upstream_unreachable"):
        await asked.ice_servers("p")


@pytest.mark.parametrize(
    "given_account",
    [
        {},
        {"api_key": API_KEY},
        {"api_secret": API_SECRET},
        {"auth_token": AUTH_TOKEN, "base_url": "ftp://x"},
    ],
)
def test_an_incomplete_account_is_refused(given_account: dict[str, Any]) -> None:
    with pytest.raises(ValueError) as caught:
        TwilioAccount(ACCOUNT_SID, **given_account)
    assert "secret-that" not in str(caught.value)


SHAPES: list[tuple[str, Any, list[tuple[str, ...]]]] = [
    ("urls a list", [{"urls": ["stun:a", "stun:b"]}], [("stun:a", "stun:b")]),
    ("url alone", [{"url": "stun:a"}], [("stun:a",)]),
    ("unknown scheme left out", [{"urls": "quic:a"}, {"urls": "stun:b"}], [("stun:b",)]),
]


@pytest.mark.parametrize(
    ("value", "urls"), [row[1:] for row in SHAPES], ids=[row[0] for row in SHAPES]
)
def test_shapes_that_work(value: object, urls: list[tuple[str, ...]]) -> None:
    assert [server.urls for server in parse_token(value, "60").servers] == urls


def test_a_giant_ttl_is_bounded() -> None:
    assert parse_token([{"urls": "stun:a"}], "999999999").ttl_s == MAX_TTL_S
    assert parse_token([{"urls": "stun:a"}], 60).ttl_s == 60


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["urls", "url", "username", "credential"]) | st.text(), inner
        )
    ),
)


@given(_json | st.lists(st.fixed_dictionaries({"urls": _json, "username": _json})), _json)
def test_any_shape_is_a_list_or_the_one_error(ice_servers: object, ttl: object) -> None:
    try:
        parsed = parse_token(ice_servers, ttl)
    except IceServerError:
        return
    assert parsed.servers
    assert 0 < parsed.ttl_s <= MAX_TTL_S
