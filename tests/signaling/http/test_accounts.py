from __future__ import annotations

from pathlib import Path

import pytest

from signaling.accounts import ATTEMPTS_PER_ACCOUNT_AND_ADDRESS, ATTEMPTS_PERIOD_S, LOGIN_LIFE
from tests.support.database import PASSWORD
from tests.support.rest import RestWorld, rest_world

LOGIN = "/api/v1/auth/login"
ME = "/api/v1/me"


async def test_log_in_gives_a_profile_a_token_and_a_cookie(world: RestWorld) -> None:
    browser = await world.browser()
    answer = await browser.post(LOGIN, {"email": " T@Example.org ", "password": PASSWORD})
    assert answer.status == 200
    assert answer.body["profile"] == {
        "id": world.people.therapist.id,
        "email": "t@example.org",
        "full_name": "Teresa",
        "role": "therapist",
    }
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    by_cookie = await browser.get(ME)
    by_bearer = await (await world.browser(answer.body["token"])).get(ME)
    assert by_cookie.body == by_bearer.body == {"profile": answer.body["profile"]}


async def test_the_cookie_is_secure_where_the_public_url_is_https(tmp_path: Path) -> None:
    async with rest_world(tmp_path, "https://video.example.org") as world:
        answer = await (await world.browser()).post(
            LOGIN, {"email": "t@example.org", "password": PASSWORD}
        )
        assert "Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    "body",
    [
        {"email": "t@example.org", "password": "wrong horse"},
        {"email": "nobody@example.org", "password": PASSWORD},
        {"email": "", "password": ""},
        {"email": "' OR 1=1 --", "password": "' OR 1=1 --"},
        {"email": "t@example.org", "password": PASSWORD + "x" * 30_000},
        {"email": "t@example.org\x00", "password": PASSWORD},
    ],
)
async def test_wrong_credentials_are_refused_alike(world: RestWorld, body: dict[str, str]) -> None:
    answer = await (await world.browser()).post(LOGIN, body)
    assert (answer.status, answer.code) == (401, "bad_credentials")


async def test_log_out_ends_the_log_in_everywhere_it_is_used(world: RestWorld) -> None:
    host = await world.host()
    login = await host.post(LOGIN, {"email": "t@example.org", "password": PASSWORD})
    program = await world.browser(login.body["token"])
    assert (await host.post("/api/v1/auth/logout")).status == 200
    assert (await host.get(ME)).code == "not_authenticated"
    assert (await program.get(ME)).code == "not_authenticated"


async def test_a_log_in_expires(world: RestWorld) -> None:
    host = await world.host()
    world.clock.advance(seconds=LOGIN_LIFE.total_seconds() - 1)
    assert (await host.get(ME)).status == 200
    world.clock.advance(seconds=2)
    assert (await host.get(ME)).code == "not_authenticated"


async def test_guessing_is_throttled_and_forgotten_after_a_while(world: RestWorld) -> None:
    browser = await world.browser()
    wrong = {"email": "t@example.org", "password": "wrong"}
    codes = [(await browser.post(LOGIN, wrong)).code for _ in range(12)]
    limit = ATTEMPTS_PER_ACCOUNT_AND_ADDRESS
    assert codes == ["bad_credentials"] * limit + ["too_many_attempts"] * (12 - limit)
    right = {"email": "t@example.org", "password": PASSWORD}
    assert (await browser.post(LOGIN, right)).code == "too_many_attempts"
    other = {"email": "p@example.org", "password": PASSWORD}
    assert (await browser.post(LOGIN, other)).status == 200
    world.clock.advance(seconds=ATTEMPTS_PERIOD_S + 1)
    assert (await browser.post(LOGIN, right)).status == 200


async def test_right_passwords_are_never_throttled(world: RestWorld) -> None:
    browser = await world.browser()
    right = {"email": "t@example.org", "password": PASSWORD}
    statuses = {(await browser.post(LOGIN, right)).status for _ in range(15)}
    assert statuses == {200}


@pytest.mark.parametrize("bearer", ["nonsense", "a.b.c", "x" * 5000, "eyJhbGciOiJub25lIn0.e30."])
async def test_bad_bearer_tokens_are_refused(world: RestWorld, bearer: str) -> None:
    answer = await (await world.browser(bearer)).get(ME)
    assert (answer.status, answer.code) == (401, "not_authenticated")


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, "cross_site_request"),
        ({"Sec-Fetch-Site": "same-site"}, "cross_site_request"),
        ({"Origin": "https://evil.example"}, "cross_site_request"),
        ({"Origin": "null"}, "cross_site_request"),
        ({"Content-Type": "text/plain"}, "cross_site_request"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, "cross_site_request"),
        ({"Content-Type": "application/octet-stream"}, "cross_site_request"),
        (
            {"Sec-Fetch-Site": "cross-site", "Content-Type": "application/json"},
            "cross_site_request",
        ),
        ({"Sec-Fetch-Site": "same-origin"}, ""),
        ({"Sec-Fetch-Site": "none"}, ""),
        ({"Content-Type": "application/json"}, ""),
    ],
)
async def test_other_sites_cannot_act_by_the_cookie(
    world: RestWorld, headers: dict[str, str], code: str
) -> None:
    host = await world.host()
    host.says_origin = False
    body = b'{"session_name": "Forged"}'
    answer = await host.call("POST", "/api/v1/sessions", headers=headers, data=body)
    assert answer.code == code


async def test_a_change_without_body_or_origin_is_refused(world: RestWorld) -> None:
    """A page of another site can send this one without asking, if its browser is old enough."""
    made = await world.session()
    host = await world.host()
    host.says_origin = False
    assert (await host.post(f"/api/v1/sessions/{made['id']}/end")).code == "cross_site_request"
    by_json = await host.post(f"/api/v1/sessions/{made['id']}/end", {})
    assert by_json.status == 200


async def test_programs_with_a_bearer_token_need_no_origin(world: RestWorld) -> None:
    made = await world.session()
    login = {"email": "t@example.org", "password": PASSWORD}
    token = (await (await world.browser()).post(LOGIN, login)).body["token"]
    program = await world.browser(token)
    program.says_origin = False
    assert (await program.post(f"/api/v1/sessions/{made['id']}/end")).status == 200


async def test_log_out_everywhere_ends_every_log_in_of_the_account_only(world: RestWorld) -> None:
    first, second, patient = await world.host(), await world.host(), await world.patient()
    assert (await first.post("/api/v1/auth/logout-everywhere")).status == 200
    assert (await first.get(ME)).code == "not_authenticated"
    assert (await second.get(ME)).code == "not_authenticated"
    assert (await patient.get(ME)).status == 200


async def test_a_new_password_ends_the_other_log_ins(world: RestWorld) -> None:
    here, elsewhere = await world.host(), await world.host()
    body = {"current_password": PASSWORD, "new_password": "another horse"}
    assert (await here.post("/api/v1/auth/password", body)).status == 200
    assert (await here.get(ME)).status == 200
    assert (await elsewhere.get(ME)).code == "not_authenticated"
    old = {"email": "t@example.org", "password": PASSWORD}
    new = {"email": "t@example.org", "password": "another horse"}
    browser = await world.browser()
    assert (await browser.post(LOGIN, old)).code == "bad_credentials"
    assert (await browser.post(LOGIN, new)).status == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"current_password": "wrong", "new_password": "another horse"}, 401, "bad_credentials"),
        ({"current_password": PASSWORD, "new_password": "short"}, 422, "weak_password"),
        ({"current_password": PASSWORD, "new_password": "x" * 201}, 422, "weak_password"),
        ({"current_password": PASSWORD, "new_password": "\ud800" * 9}, 400, "invalid_request"),
        ({"current_password": PASSWORD}, 400, "invalid_request"),
        (
            {"current_password": PASSWORD, "new_password": "another horse", "role": "admin"},
            400,
            "invalid_request",
        ),
    ],
)
async def test_a_password_that_is_not_changed(
    world: RestWorld, body: dict[str, str], status: int, code: str
) -> None:
    host = await world.host()
    answer = await host.post("/api/v1/auth/password", body)
    assert (answer.status, answer.code) == (status, code)
    assert (await (await world.host()).get(ME)).status == 200


async def test_guessing_the_current_password_is_throttled(world: RestWorld) -> None:
    host = await world.host()
    body = {"current_password": "wrong", "new_password": "another horse"}
    codes = [
        (await host.post("/api/v1/auth/password", body)).code
        for _ in range(ATTEMPTS_PER_ACCOUNT_AND_ADDRESS + 1)
    ]
    assert codes[-1] == "too_many_attempts"


async def test_passwords_are_changed_by_their_owner_only(world: RestWorld) -> None:
    body = {"current_password": PASSWORD, "new_password": "another horse"}
    answer = await (await world.browser()).post("/api/v1/auth/password", body)
    assert (answer.status, answer.code) == (401, "not_authenticated")


async def test_the_own_origin_may_act(world: RestWorld) -> None:
    host = await world.host()
    answer = await host.post(
        "/api/v1/sessions", {"session_name": "Mine"}, headers={"Origin": world.base}
    )
    assert answer.status == 201


async def test_a_page_asks_who_is_there_without_being_refused(world: RestWorld) -> None:
    visitor = await world.browser()
    asked = await visitor.get(ME + "?optional=true")
    assert (asked.status, asked.body) == (200, {"profile": None})
    assert (await visitor.get(ME)).code == "not_authenticated"
    assert (await visitor.get(ME + "?optional=no")).code == "not_authenticated"
    known = await (await world.host()).get(ME + "?optional=true")
    assert known.body["profile"]["full_name"] == "Teresa"
    stale = await world.browser("no-such-token")
    assert (await stale.get(ME + "?optional=true")).code == "not_authenticated"
