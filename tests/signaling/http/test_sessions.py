from __future__ import annotations

from typing import Any

import pytest

from tests.support.database import ON_BOTH
from tests.support.rest import RestWorld

SESSIONS = "/api/v1/sessions"

pytestmark = ON_BOTH


async def test_a_session_with_defaults(world: RestWorld) -> None:
    made = await world.session()
    assert made["session_name"] == "Talk"
    assert made["therapist_id"] == world.people.therapist.id
    assert made["is_active"] is True
    assert made["state"] == "active"
    assert made["waiting_room_enabled"] is True
    assert made["expires_at"] == "2030-01-02T10:00:00.000Z"
    assert len(made["session_token"]) == 32
    assert made["share_url"] == f"{world.base}/s/{made['session_token']}"


async def test_tokens_differ(world: RestWorld) -> None:
    assert len({(await world.session())["session_token"] for _ in range(5)}) == 5


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_request"),
        ({"session_name": ""}, "name_required"),
        ({"session_name": " \u202e\x07 "}, "name_required"),
        ({"session_name": "x" * 10_000}, "name_too_long"),
        ({"session_name": None}, "invalid_request"),
        ({"session_name": "a", "duration_minutes": 0}, "duration_out_of_range"),
        ({"session_name": "a", "duration_minutes": -5}, "duration_out_of_range"),
        ({"session_name": "a", "duration_minutes": 24 * 60 + 1}, "duration_out_of_range"),
        ({"session_name": "a", "duration_minutes": 10**30}, "invalid_request"),
        ({"session_name": "a", "duration_minutes": "60"}, "invalid_request"),
        ({"session_name": "a", "duration_minutes": 1e400}, "invalid_request"),
        ({"session_name": "a", "max_participants": 1}, "invalid_request"),
        ({"session_name": "a", "max_participants": 10**9}, "invalid_request"),
        ({"session_name": "a", "therapist_id": "someone"}, "invalid_request"),
        ({"session_name": "a", "waiting_room_enabled": "perhaps"}, "invalid_request"),
        ([], "invalid_request"),
        ("text", "invalid_request"),
    ],
)
async def test_bad_choices_are_refused(world: RestWorld, body: Any, code: str) -> None:
    answer = await (await world.host()).post(SESSIONS, body)
    assert answer.code == code
    assert answer.status in (400, 422)


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"{", 400, "invalid_request"),
        (b"\xff\xfe", 400, "invalid_request"),
        (b"[" * 60_000, 400, "invalid_request"),
        (b'{"session_name": "' + b"x" * 70_000 + b'"}', 413, "body_too_large"),
        (b"x" * 1_000_000, 413, "body_too_large"),
    ],
)
async def test_bad_bodies_are_refused(
    world: RestWorld, data: bytes, status: int, code: str
) -> None:
    host = await world.host()
    headers = {"Content-Type": "application/json"}
    answer = await host.call("POST", SESSIONS, data=data, headers=headers)
    assert (answer.status, answer.code) == (status, code)


async def test_only_therapists_start_sessions(world: RestWorld) -> None:
    body = {"session_name": "a"}
    assert (await (await world.browser()).post(SESSIONS, body)).code == "not_authenticated"
    refused = await (await world.patient()).post(SESSIONS, body)
    assert (refused.status, refused.code) == (403, "forbidden")


async def test_a_host_lists_own_sessions_only_newest_first(world: RestWorld) -> None:
    first = await world.session(session_name="first")
    world.clock.advance(seconds=1)
    second = await world.session(session_name="second")
    listed = (await (await world.host()).get(SESSIONS)).body["sessions"]
    assert [one["id"] for one in listed] == [second["id"], first["id"]]
    other = await world.logged_in(world.people.other_therapist.email)
    assert (await other.get(SESSIONS)).body == {"sessions": []}


async def test_extend_and_end(world: RestWorld) -> None:
    made, host = await world.session(), await world.host()
    one = f"{SESSIONS}/{made['id']}"
    extended = await host.post(f"{one}/extend", {"minutes": 30})
    assert extended.body["expires_at"] == "2030-01-02T10:30:00.000Z"
    assert (await host.post(f"{one}/extend", {"minutes": 1440})).code == "duration_out_of_range"
    ended = await host.post(f"{one}/end")
    assert (ended.status, ended.body["state"], ended.body["end_reason"]) == (200, "ended", "host")
    assert (await host.post(f"{one}/end")).status == 200
    assert (await host.post(f"{one}/extend", {"minutes": 5})).code == "session_ended"
    assert world.rooms.told == [
        ("session_changed", made["id"]),
        ("session_ended", made["id"], "host"),
        ("session_ended", made["id"], "host"),
    ]


@pytest.mark.parametrize(
    ("minutes", "code"),
    [
        (0, "duration_out_of_range"),
        (-30, "duration_out_of_range"),
        (24 * 60 + 1, "duration_out_of_range"),
        (10**30, "invalid_request"),
        (1.5, "invalid_request"),
        ("5", "invalid_request"),
        (None, "invalid_request"),
        (True, "invalid_request"),
    ],
)
async def test_extensions_that_are_refused(world: RestWorld, minutes: Any, code: str) -> None:
    made, host = await world.session(), await world.host()
    answer = await host.post(f"{SESSIONS}/{made['id']}/extend", {"minutes": minutes})
    assert answer.code == code
    assert answer.status in (400, 422)


async def test_others_sessions_cannot_be_changed(world: RestWorld) -> None:
    made = await world.session()
    one = f"{SESSIONS}/{made['id']}"
    for browser in (
        await world.logged_in(world.people.other_therapist.email),
        await world.patient(),
        await world.logged_in(world.people.admin.email),
    ):
        assert (await browser.post(f"{one}/end")).code == "not_host"
        assert (await browser.post(f"{one}/extend", {"minutes": 5})).code == "not_host"
        assert (await browser.get(one)).code == "not_host"
        assert (await browser.get(f"{one}/connections")).code == "not_host"
    assert (await (await world.host()).get(one)).body["is_active"] is True


@pytest.mark.parametrize("given", ["nope", "' OR 1=1 --", "%00", "x" * 3000, "%F0%9F%98%80"])
async def test_unknown_ids_are_no_such_session(world: RestWorld, given: str) -> None:
    answer = await (await world.host()).get(f"{SESSIONS}/{given.replace(' ', '%20')}")
    assert (answer.status, answer.code) == (404, "session_not_found")


async def test_the_sweep_ends_expired_sessions(world: RestWorld) -> None:
    made = await world.session(duration_minutes=1)
    sessions = world.services.sessions
    assert await sessions.end_expired() == 0
    world.clock.advance(minutes=1)
    assert await sessions.end_expired() == 1
    assert await sessions.end_expired() == 0
    assert world.rooms.told == [("session_ended", made["id"], "expired")]
    assert (await sessions.live_view(made["id"])).end_reason == "expired"


async def test_the_qr_code_is_a_picture_for_the_host(world: RestWorld) -> None:
    made = await world.session()
    answer = await (await world.host()).get(f"{SESSIONS}/{made['id']}/qr.svg")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("image/svg+xml")
    assert "<svg" in answer.body


async def test_a_patient_sees_the_sessions_they_take_part_in(world: RestWorld) -> None:
    attended = f"{SESSIONS}/attended"
    patient, host = await world.patient(), await world.host()
    assert (await patient.get(attended)).body == {"sessions": []}
    first = await world.session()
    world.clock.advance(seconds=1)
    second = await world.session(session_name="Later")
    for made in (first, second):
        world.clock.advance(seconds=1)
        await patient.post(f"{SESSIONS}/by-token/{made['session_token']}/participants", {})
    await host.post(f"{SESSIONS}/by-token/{first['session_token']}/participants", {})
    await host.post(f"{SESSIONS}/{first['id']}/end")
    seen = (await patient.get(attended)).body["sessions"]
    assert [(one["session_name"], one["host_name"], one["state"]) for one in seen] == [
        ("Later", "Teresa", "active"),
        ("Talk", "Teresa", "ended"),
    ]
    assert seen[0]["share_url"] == second["share_url"]
    assert seen[1]["end_reason"] == "host"
    assert (await host.get(attended)).body == {"sessions": []}, "hosting is no taking part"
    other = await world.logged_in(world.people.other_therapist.email)
    assert (await other.get(attended)).body == {"sessions": []}
    rows = (await host.get(f"{SESSIONS}/{second['id']}/participants")).body["participants"]
    await host.call("DELETE", f"{SESSIONS}/{second['id']}/participants/{rows[0]['id']}?bar=true")
    assert [one["id"] for one in (await patient.get(attended)).body["sessions"]] == [first["id"]]
