"""Patient inquiries and treatment plans over HTTP, on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.database import ON_BOTH
from tests.support.rest import RestWorld

pytestmark = ON_BOTH
INQUIRIES, PLANS = "/api/v1/patient-inquiries", "/api/v1/treatment-plans"
NOBODY = "00000000-0000-4000-8000-000000000000"


def inquiry(world: RestWorld, **changes: Any) -> dict[str, Any]:
    people = world.people
    parties = {"patient_id": people.patient.id, "therapist_id": people.therapist.id}
    return {**parties, "subject": "Sleep", "message": "I wake at four.\nEvery night.", **changes}


def plan(world: RestWorld, **changes: Any) -> dict[str, Any]:
    people = world.people
    parties = {"patient_id": people.patient.id, "therapist_id": people.therapist.id}
    return {**parties, "title": "Rest", "description": "Eight hours", **changes}


async def test_an_inquiry_is_added_and_seen_with_names_by_both(world: RestWorld) -> None:
    patient, host = await world.patient(), await world.host()
    added = await patient.post(INQUIRIES, inquiry(world))
    assert added.status == 201
    assert added.body["status"] == "open"
    assert added.body["message"] == "I wake at four.\nEvery night."
    plain = await patient.get(INQUIRIES)
    assert plain.body == {"patient_inquiries": [added.body]}
    seen = await host.get(INQUIRIES + "?expand=patient,therapist")
    assert seen.body["patient_inquiries"] == [
        {
            **added.body,
            "patient": {"id": world.people.patient.id, "full_name": "Pedro", "role": "patient"},
            "therapist": {
                "id": world.people.therapist.id,
                "full_name": "Teresa",
                "role": "therapist",
            },
        }
    ]
    one = await host.get(INQUIRIES + "?expand=patient")
    assert "patient" in one.body["patient_inquiries"][0]
    assert "therapist" not in one.body["patient_inquiries"][0]


async def test_a_plan_is_added_and_seen_by_nobody_else(world: RestWorld) -> None:
    host = await world.host()
    added = await host.post(PLANS, plan(world))
    assert (added.status, added.body["status"]) == (201, "draft")
    assert (await (await world.patient()).get(PLANS)).body == {"treatment_plans": [added.body]}
    for email in ("o@example.org", "a@example.org"):
        stranger = await world.logged_in(email)
        assert (await stranger.get(PLANS + "?expand=patient")).body == {"treatment_plans": []}
    assert (await (await world.browser()).get(PLANS)).code == "not_authenticated"


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"therapist_id": NOBODY}, 422, "reference_not_found"),
        ({"therapist_id": ""}, 422, "reference_not_found"),
        ({"therapist_id": "' OR 1=1 --"}, 422, "reference_not_found"),
        ({"therapist_id": "\x00"}, 422, "reference_not_found"),
        ({"therapist_id": 7}, 400, "invalid_request"),
        ({"therapist_id": None}, 400, "invalid_request"),
        ({"patient_id": NOBODY}, 403, "forbidden"),  # not the patient who asks
        ({"status": "closed"}, 400, "invalid_request"),
        ({"id": NOBODY}, 400, "invalid_request"),
        ({"subject": "x" * 201}, 400, "invalid_request"),
        ({"message": "x" * 10_001}, 400, "invalid_request"),
        ({"message": "x" * 70_000}, 413, "body_too_large"),
    ],
)
async def test_an_inquiry_that_is_refused(
    world: RestWorld, changes: dict[str, Any], status: int, code: str
) -> None:
    patient = await world.patient()
    answer = await patient.post(INQUIRIES, inquiry(world, **changes))
    assert (answer.status, answer.code) == (status, code)
    assert (await patient.get(INQUIRIES)).body == {"patient_inquiries": []}


async def test_a_plan_for_a_patient_who_does_not_exist(world: RestWorld) -> None:
    answer = await (await world.host()).post(PLANS, plan(world, patient_id=NOBODY))
    assert (answer.status, answer.code) == (422, "reference_not_found")
    assert answer.body["error"]["remedy"]


async def test_a_patient_is_nobodys_therapist(world: RestWorld) -> None:
    patient, people = await world.patient(), world.people
    body = inquiry(world, patient_id=people.other_therapist.id, therapist_id=people.patient.id)
    assert (await patient.post(INQUIRIES, body)).code == "reference_not_found"


async def test_texts_are_kept_as_they_are_but_for_controls(world: RestWorld) -> None:
    patient = await world.patient()
    texts = {"subject": "<b>'; DROP TABLE profiles; --</b>", "message": "a\x00b\u202ec\r\nd"}
    added = await patient.post(INQUIRIES, inquiry(world, **texts))
    assert (added.body["subject"], added.body["message"]) == (texts["subject"], "abc\nd")


async def test_only_people_are_expanded(world: RestWorld) -> None:
    answer = await (await world.patient()).get(INQUIRIES + "?expand=credentials")
    assert (answer.status, answer.code) == (400, "invalid_request")


PEOPLE = "/api/v1/people"


async def test_both_may_change_the_status_and_nobody_else(world: RestWorld) -> None:
    patient, host = await world.patient(), await world.host()
    added = await patient.post(INQUIRIES, inquiry(world))
    world.clock.advance(seconds=60)
    path = f"{INQUIRIES}/{added.body['id']}"
    answered = await host.call("PATCH", path, json={"status": "answered"})
    assert (answered.status, answered.body["status"]) == (200, "answered")
    assert answered.body["updated_at"] > added.body["updated_at"]
    assert (await patient.call("PATCH", path, json={"status": "closed"})).body["status"] == "closed"
    stranger = await world.logged_in("o@example.org")
    assert (await stranger.call("PATCH", path, json={"status": "open"})).code == "not_found"
    assert (await (await world.browser()).call("PATCH", path, json={"status": "open"})).code == (
        "not_authenticated"
    )
    (kept,) = (await host.get(INQUIRIES)).body["patient_inquiries"]
    assert kept["status"] == "closed"


@pytest.mark.parametrize(
    ("row_id", "body", "status", "code"),
    [
        ("", {"status": "completed"}, 400, "invalid_request"),  # a plan's, not an inquiry's
        ("", {"status": None}, 400, "invalid_request"),
        ("", {}, 400, "invalid_request"),
        ("", {"status": "open", "patient_id": NOBODY}, 400, "invalid_request"),
        (NOBODY, {"status": "open"}, 404, "not_found"),
        ("%27%20OR%201=1", {"status": "open"}, 404, "not_found"),
    ],
)
async def test_a_status_that_is_refused(
    world: RestWorld, row_id: str, body: dict[str, Any], status: int, code: str
) -> None:
    patient = await world.patient()
    added = (await patient.post(INQUIRIES, inquiry(world))).body
    path = f"{INQUIRIES}/{row_id or added['id']}"
    answer = await patient.call("PATCH", path, json=body)
    assert (answer.status, answer.code) == (status, code)
    assert (await patient.get(INQUIRIES)).body == {"patient_inquiries": [added]}


async def test_a_plan_goes_through_its_own_statuses(world: RestWorld) -> None:
    host = await world.host()
    path = f"{PLANS}/{(await host.post(PLANS, plan(world))).body['id']}"
    for status in ("active", "completed", "cancelled", "draft"):
        assert (await host.call("PATCH", path, json={"status": status})).body["status"] == status
    assert (await host.call("PATCH", path, json={"status": "open"})).code == "invalid_request"


async def names(world: RestWorld, email: str) -> list[str]:
    answer = await (await world.logged_in(email)).get(PEOPLE)
    return [person["full_name"] for person in answer.body["people"]]


async def test_people_know_each_other_by_what_they_share(world: RestWorld) -> None:
    people = world.people
    assert await names(world, people.patient.email) == []
    session = await world.session()
    link = f"/api/v1/sessions/by-token/{session['session_token']}/participants"
    await (await world.browser()).post(link, {"participant_name": "Gil"})  # a guest is nobody
    await (await world.patient()).post(link, {})
    assert await names(world, people.therapist.email) == ["Pedro"]
    assert await names(world, people.patient.email) == ["Teresa"]
    other = await world.logged_in(people.other_therapist.email)
    assert await names(world, people.other_therapist.email) == []
    plan_of_other = plan(world, therapist_id=people.other_therapist.id)
    assert (await other.post(PLANS, plan_of_other)).status == 201
    assert await names(world, people.other_therapist.email) == ["Pedro"]
    assert len(await names(world, people.patient.email)) == 2
    assert (await (await world.browser()).get(PEOPLE)).code == "not_authenticated"
