from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import jwt
import pytest

from signaling.errors import RodaError
from signaling.seats import CONNECT_TOKEN_LIFE, SeatClaim, SeatTokens
from tests.support.database import SECRET, START, SettableClock

CLAIM = SeatClaim("a-session", "a-participant")
PAYLOAD = {"use": "connect", "sid": "a-session", "pid": "a-participant", "exp": 4e9}


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def tokens(clock: SettableClock) -> SeatTokens:
    return SeatTokens(SECRET, clock)


def refusal(tokens: SeatTokens, token: str) -> str:
    with pytest.raises(RodaError) as caught:
        tokens.read_connect_token(token)
    return caught.value.code


def test_a_token_is_a_json_web_token_that_proves_a_seat(tokens: SeatTokens) -> None:
    token = tokens.connect_token(CLAIM)
    assert tokens.read_connect_token(token) == CLAIM
    read = jwt.decode(token, SECRET, algorithms=["HS256"])
    expires = int((START + CONNECT_TOKEN_LIFE).timestamp())
    assert read == {**PAYLOAD, "exp": expires}


def test_it_expires_to_the_second(tokens: SeatTokens, clock: SettableClock) -> None:
    token = tokens.connect_token(CLAIM)
    clock.now = START + CONNECT_TOKEN_LIFE - timedelta(seconds=1)
    assert tokens.read_connect_token(token) == CLAIM
    clock.now = START + CONNECT_TOKEN_LIFE
    assert refusal(tokens, token) == "connect_token_expired"
    assert tokens.read_connect_token(token, allow_expired=True) == CLAIM


def test_each_use_has_its_own(tokens: SeatTokens) -> None:
    cookie = tokens.guest_cookie(CLAIM, START + timedelta(hours=1))
    assert tokens.read_guest_cookie(cookie) == CLAIM
    assert refusal(tokens, cookie) == "connect_token_invalid"
    assert tokens.read_guest_cookie(tokens.connect_token(CLAIM)) is None


@pytest.mark.parametrize(
    ("payload", "key", "algorithm"),
    [
        (PAYLOAD, "another secret that is just as long as ours", "HS256"),
        (PAYLOAD, "", "none"),
        (PAYLOAD, SECRET, "HS384"),
        *(({k: v for k, v in PAYLOAD.items() if k != gone}, SECRET, "HS256") for gone in PAYLOAD),
        ({}, SECRET, "HS256"),
    ],
)
def test_others_tokens_prove_nothing(
    tokens: SeatTokens, payload: dict[str, Any], key: str, algorithm: str
) -> None:
    token = jwt.encode(payload, key or None, algorithm=algorithm)  # type: ignore[arg-type]
    assert refusal(tokens, token) == "connect_token_invalid"


@pytest.mark.parametrize("token", ["", "a.b.c", "..", "é.é.é", "x" * 5000, json.dumps(PAYLOAD)])
def test_nonsense_proves_nothing(tokens: SeatTokens, token: str) -> None:
    assert refusal(tokens, token) == "connect_token_invalid"


def test_a_changed_token_proves_nothing(tokens: SeatTokens) -> None:
    head, body, signature = tokens.connect_token(CLAIM).split(".")
    other = tokens.connect_token(SeatClaim("a-session", "another")).split(".")[1]
    for changed in (f"{head}.{other}.{signature}", f"{head}.{body}.", f"{head}.{body}"):
        assert refusal(tokens, changed) == "connect_token_invalid"
