from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.errors import RodaError
from signaling.key_set import MAX_AGE_S, MIN_INTERVAL_S, FetchError, KeySet, parse_keys
from tests.signaling.identity_provider import make_key, public_jwk

EC, OTHER = (public_jwk("ES256", make_key("ES256"), kid) for kid in ("one", "two"))


class Provider:
    """``published`` is what it answers, None for nothing at all."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        self.published: list[dict[str, Any]] | None = list(keys)
        self.asked = 0
        self.now = 1000.0
        self.keys = KeySet(self.fetch, lambda: self.now)

    async def fetch(self) -> bytes:
        self.asked += 1
        if self.published is None:
            raise FetchError("no answer")
        return json.dumps({"keys": self.published}).encode()

    async def code(self, key_id: str) -> str:
        try:
            await self.keys.key(key_id)
        except RodaError as exc:
            return exc.code
        return ""


async def test_keys_are_asked_for_once() -> None:
    provider = Provider(EC, OTHER)
    assert [await provider.code(kid) for kid in ("one", "two", "one")] == ["", "", ""]
    assert provider.asked == 1


async def test_many_first_requests_ask_once() -> None:
    provider = Provider(EC)
    assert set(await asyncio.gather(*(provider.code("one") for _ in range(20)))) == {""}
    assert provider.asked == 1


async def test_a_new_key_is_found_and_an_old_one_forgotten() -> None:
    provider = Provider(EC)
    await provider.code("one")
    provider.published = [OTHER]
    provider.now += MIN_INTERVAL_S
    assert await provider.code("two") == ""
    assert await provider.code("one") == "not_authenticated"


async def test_a_key_taken_back_is_good_for_the_time_it_is_kept_only() -> None:
    provider = Provider(EC, OTHER)
    await provider.code("one")
    provider.published = [OTHER]
    provider.now += MAX_AGE_S - 1
    assert await provider.code("one") == ""
    provider.now += 1
    assert await provider.code("one") == "not_authenticated"


async def test_unknown_keys_do_not_make_it_ask_without_end() -> None:
    provider = Provider(EC)
    for n in range(100):
        assert await provider.code(f"forged-{n}") == "not_authenticated"
    assert provider.asked == 1
    provider.now += MIN_INTERVAL_S
    await provider.code("forged")
    assert provider.asked == 2


async def test_known_keys_outlast_a_provider_that_is_away() -> None:
    provider = Provider(EC)
    await provider.code("one")
    provider.published = None
    provider.now += 10 * MAX_AGE_S
    assert [await provider.code("one") for _ in range(5)] == [""] * 5
    assert provider.asked == 2


async def test_without_any_key_the_provider_is_named_as_the_cause() -> None:
    provider = Provider()
    assert await provider.code("one") == "identity_provider_unreachable"
    assert await provider.code("one") == "identity_provider_unreachable"
    assert provider.asked == 1
    provider.published = [EC]
    provider.now += MIN_INTERVAL_S
    assert await provider.code("one") == ""


@pytest.mark.parametrize(
    "unusable",
    [
        {"kty": "oct", "k": "c2VjcmV0", "alg": "HS256", "kid": "x"},
        {**EC, "use": "enc"},
        {**EC, "alg": "HS256"},
        {**EC, "alg": "none"},
        {**EC, "kid": 7},
        {**EC, "x": "AAAA"},
        {**EC, "crv": "P-999", "alg": None},
        {"kty": "RSA", "kid": "x"},
        "a key",
        None,
    ],
)
def test_keys_that_cannot_be_used_are_left_out(unusable: Any) -> None:
    found = parse_keys(json.dumps({"keys": [unusable, OTHER]}).encode())
    assert list(found) == ["two"]
    with pytest.raises(FetchError, match="no usable key"):
        parse_keys(json.dumps({"keys": [unusable]}).encode())


@given(st.binary(max_size=200) | st.recursive(st.text(), st.lists).map(lambda v: repr(v).encode()))
def test_any_answer_is_a_key_set_or_refused(answer: bytes) -> None:
    with pytest.raises(FetchError):
        parse_keys(answer)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["keys", "kty", "kid", "crv", "alg", "use", "x", "y", "n", "e"]),
                inner | st.sampled_from(["RSA", "EC", "OKP", "P-256", "Ed25519", "AQAB"]),
            )
        ),
        max_leaves=20,
    )
)
def test_any_json_is_a_key_set_or_refused(answer: Any) -> None:
    try:
        parse_keys(json.dumps({"keys": answer}).encode())
    except FetchError:
        return
