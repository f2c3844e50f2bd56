"""Log-in by an identity provider's tokens, over HTTP, with its keys on a server of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives import serialization

from signaling.config import load_settings
from tests.signaling.identity_provider import (
    AUDIENCE,
    ISSUER,
    IdentityProvider,
    claims,
    make_key,
)
from tests.support.database import ON_BOTH
from tests.support.rest import Answer, RestWorld, rest_world

ME = "/api/v1/me"
SHARED = "a secret between the provider and this server"
RULES = {"RODA_OIDC_ISSUER": ISSUER, "RODA_OIDC_AUDIENCE": AUDIENCE}


@pytest.fixture
async def provider() -> AsyncIterator[IdentityProvider]:
    made = IdentityProvider()
    made.add_key("first")
    server: TestServer = await made.start()
    yield made
    await server.close()


@pytest.fixture
async def clinic(
    tmp_path: Path, database_url: str, provider: IdentityProvider
) -> AsyncIterator[RestWorld]:
    settings = load_settings(None, {**RULES, "RODA_OIDC_JWKS_URL": provider.url})
    async with rest_world(tmp_path, database_url=database_url, settings=settings) as world:
        yield world


async def me(world: RestWorld, token: str) -> Answer:
    return await (await world.browser(token)).get(ME)


@ON_BOTH
async def test_a_profile_on_first_sight_and_the_same_ever_after(
    clinic: RestWorld, provider: IdentityProvider
) -> None:
    token = provider.token("first")
    first = await me(clinic, token)
    assert first.status == 200
    assert {k: v for k, v in first.body["profile"].items() if k != "id"} == {
        "email": "nadia@clinic.example",
        "full_name": "Nadia",
        "role": "therapist",
    }
    answers = await asyncio.gather(*(me(clinic, token) for _ in range(5)))
    assert all(answer.body == first.body for answer in answers)
    made = await (await clinic.browser(token)).post("/api/v1/sessions", {"session_name": "Hers"})
    assert made.body["therapist_id"] == first.body["profile"]["id"]


@ON_BOTH
async def test_many_first_requests_at_once_make_one_profile(
    clinic: RestWorld, provider: IdentityProvider
) -> None:
    token = provider.token("first")
    answers = await asyncio.gather(*(me(clinic, token) for _ in range(10)))
    assert len({answer.body["profile"]["id"] for answer in answers}) == 1


async def test_the_provider_gives_roles_and_takes_them_back(
    clinic: RestWorld, provider: IdentityProvider
) -> None:
    async def role(**changes: Any) -> str:
        answer = await me(clinic, provider.token("first", **changes))
        return str(answer.body["profile"]["role"])

    assert await role(app_metadata=None) == "patient"
    assert await role(app_metadata={"role": "admin"}) == "admin"
    assert await role(app_metadata=None) == "admin"
    assert await role(app_metadata={"role": "patient"}) == "patient"


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
async def test_signatures_of_every_kind(
    clinic: RestWorld, provider: IdentityProvider, algorithm: str
) -> None:
    provider.add_key("other", algorithm)
    assert (await me(clinic, provider.token("other"))).status == 200


async def test_a_new_key_is_asked_for(clinic: RestWorld, provider: IdentityProvider) -> None:
    provider.keys.clear()
    provider.add_key("second", "RS256")
    assert (await me(clinic, provider.token("second"))).status == 200
    assert provider.asked == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "anon"},
        {"exp": 1},
        {"exp": None},
        {"nbf": 4_000_000_000},
        {"sub": None},
        {"sub": ""},
    ],
)
async def test_tokens_that_say_something_wrong(
    clinic: RestWorld, provider: IdentityProvider, changes: dict[str, Any]
) -> None:
    answer = await me(clinic, provider.token("first", **changes))
    assert (answer.status, answer.code) == (401, "not_authenticated")


async def test_forged_tokens(clinic: RestWorld, provider: IdentityProvider) -> None:
    own_key = make_key("ES256")
    public = provider.keys["first"][1].public_key()
    text = public.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    first = {"kid": "first"}
    good = provider.token("first")
    forged = [
        jwt.encode(claims(), own_key, algorithm="ES256", headers=first),
        jwt.encode(claims(), own_key, algorithm="ES256", headers={"kid": "unknown"}),
        jwt.encode(claims(), own_key, algorithm="ES256"),
        jwt.encode(claims(), text, algorithm="HS256", headers=first),  # the public key as secret
        jwt.encode(claims(), "", algorithm="none", headers=first),
        good[:-6] + "AAAAAA",
        good + "x" * 7000,
    ]
    for token in forged:
        answer = await me(clinic, token)
        assert (answer.status, answer.code) == (401, "not_authenticated"), token


async def test_another_account_with_the_address_is_not_taken_over(
    clinic: RestWorld, provider: IdentityProvider
) -> None:
    token = provider.token("first", email=clinic.people.admin.email)
    answer = await me(clinic, token)
    assert (answer.status, answer.code) == (409, "email_taken")


async def test_external_people_have_no_password(
    clinic: RestWorld, provider: IdentityProvider
) -> None:
    token = provider.token("first")
    assert (await me(clinic, token)).status == 200
    body = {"current_password": "", "new_password": "another horse"}
    program = await clinic.browser(token)
    assert (await program.post("/api/v1/auth/password", body)).code == "bad_credentials"
    login = {"email": "nadia@clinic.example", "password": ""}
    assert (await program.post("/api/v1/auth/login", login)).code == "bad_credentials"


@pytest.mark.parametrize(
    "answer",
    [
        lambda: web.Response(status=500),
        lambda: web.Response(status=302, headers={"Location": "/elsewhere"}),
        lambda: web.Response(text="rubbish"),
        lambda: web.Response(text="[]"),
        lambda: web.Response(body=b" " * 300_000),
    ],
)
async def test_a_provider_without_keys(
    clinic: RestWorld, provider: IdentityProvider, answer: Any
) -> None:
    provider.answer = answer()
    refused = await me(clinic, provider.token("first"))
    assert (refused.status, refused.code) == (503, "identity_provider_unreachable")
    assert refused.body["error"]["remedy"]
    assert (await (await clinic.host()).get(ME)).status == 200  # Roda's own accounts go on


async def test_by_a_shared_secret(tmp_path: Path) -> None:
    settings = load_settings(None, {**RULES, "RODA_OIDC_SHARED_SECRET": SHARED})
    async with rest_world(tmp_path, settings=settings) as world:
        good = jwt.encode(claims(), SHARED, algorithm="HS256")
        assert (await me(world, good)).status == 200
        key = make_key("ES256")
        for token in (
            jwt.encode(claims(), SHARED + "!", algorithm="HS256"),
            jwt.encode(claims(), "", algorithm="none"),
            jwt.encode(claims(), key, algorithm="ES256"),
        ):
            assert (await me(world, token)).code == "not_authenticated"


async def test_without_a_provider_its_tokens_mean_nothing(
    world: RestWorld, provider: IdentityProvider
) -> None:
    assert (await me(world, provider.token("first"))).code == "not_authenticated"
    assert provider.asked == 0
