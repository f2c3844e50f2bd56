"""What no caller may get by asking for it, and what no clock may break."""

from __future__ import annotations

from typing import Any

import pytest

from signaling.accounts import ATTEMPTS_PER_ACCOUNT_AND_ADDRESS, LOGIN_LIFE
from tests.support.database import PASSWORD
from tests.support.rest import RestWorld

API = "/api/v1"
LOGIN = {"email": "p@example.org", "password": PASSWORD}
RIGHT: dict[str, dict[str, Any]] = {
    "/auth/login": LOGIN,
    "/auth/password": {"current_password": PASSWORD, "new_password": "another horse"},
    "/sessions": {"session_name": "Talk"},
    "/patient-inquiries": {"patient_id": "p", "therapist_id": "t", "subject": "Sleep"},
    "/treatment-plans": {"patient_id": "p", "therapist_id": "t", "title": "Rest"},
}
FOREIGN: dict[str, Any] = {
    "role": "admin",
    "user_id": "somebody",
    "profile_id": "somebody",
    "id": "chosen",
    "is_active": True,
    "state": "admitted",
    "session_token": "chosen",
}


@pytest.mark.parametrize("path", RIGHT)
@pytest.mark.parametrize("field", FOREIGN)
async def test_nobody_names_what_is_not_theirs_to_name(
    world: RestWorld, path: str, field: str
) -> None:
    patient = await world.patient()
    answer = await patient.post(API + path, {**RIGHT[path], field: FOREIGN[field]})
    assert (answer.status, answer.code) == (400, "invalid_request")


@pytest.mark.parametrize("field", FOREIGN)
async def test_a_registration_names_nothing_but_a_name(world: RestWorld, field: str) -> None:
    session = await world.session()
    path = f"{API}/sessions/by-token/{session['session_token']}/participants"
    body = {"participant_name": "Gil", field: FOREIGN[field]}
    answer = await (await world.browser()).post(path, body)
    assert (answer.status, answer.code) == (400, "invalid_request")


@pytest.mark.parametrize("therapist", ["host", "therapist_id"])
async def test_a_session_is_its_makers(world: RestWorld, therapist: str) -> None:
    host = await world.host()
    other = world.people.other_therapist.id
    answer = await host.post(API + "/sessions", {"session_name": "Talk", therapist: other})
    assert answer.code == "invalid_request"


@pytest.mark.parametrize("path", RIGHT)
async def test_a_body_of_a_megabyte_is_refused(world: RestWorld, path: str) -> None:
    patient = await world.patient()
    headers = {"Content-Type": "application/json"}
    body = b'{"x": "' + b"x" * 1_000_000 + b'"}'
    answer = await patient.call("POST", API + path, headers=headers, data=body)
    assert (answer.status, answer.code) == (413, "body_too_large")


async def test_a_registration_of_a_megabyte_is_refused(world: RestWorld) -> None:
    session = await world.session()
    path = f"{API}/sessions/by-token/{session['session_token']}/participants"
    body = b'{"participant_name": "' + b"x" * 1_000_000 + b'"}'
    headers = {"Content-Type": "application/json"}
    answer = await (await world.browser()).call("POST", path, headers=headers, data=body)
    assert (answer.status, answer.code) == (413, "body_too_large")


async def test_lone_surrogates_are_no_text(world: RestWorld) -> None:
    for wrong in ({**LOGIN, "email": "\ud800@example.org"}, {**LOGIN, "password": "\ud800"}):
        answer = await (await world.browser()).post(API + "/auth/login", wrong)
        assert (answer.status, answer.code) == (400, "invalid_request")


async def test_a_clock_set_back_logs_nobody_out_and_forgets_no_attempt(world: RestWorld) -> None:
    host = await world.host()
    browser = await world.browser()
    wrong = {"email": "p@example.org", "password": "wrong"}
    for _ in range(ATTEMPTS_PER_ACCOUNT_AND_ADDRESS):
        await browser.post(API + "/auth/login", wrong)
    session = await world.session()
    world.clock.advance(days=-1)
    assert (await host.get(API + "/me")).status == 200
    assert (await browser.post(API + "/auth/login", LOGIN)).code == "too_many_attempts"
    link = f"{API}/sessions/by-token/{session['session_token']}"
    assert (await browser.get(link)).body["state"] == "active"
    ended = await host.post(f"{API}/sessions/{session['id']}/end", {})
    assert (ended.status, ended.body["state"]) == (200, "ended")


async def test_a_clock_far_ahead_ends_what_is_over_and_nothing_breaks(world: RestWorld) -> None:
    host, session = await world.host(), await world.session()
    world.clock.advance(days=LOGIN_LIFE.days + 3650)
    link = f"{API}/sessions/by-token/{session['session_token']}"
    assert (await host.get(link)).code == "session_expired"
    assert (await host.get(API + "/me")).code == "not_authenticated"
    assert (await world.host()) is not None
