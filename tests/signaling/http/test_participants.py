from __future__ import annotations

from typing import Any

import pytest

from signaling.seats import CONNECT_TOKEN_LIFE
from tests.support.database import ON_BOTH
from tests.support.rest import Browser, RestWorld

pytestmark = ON_BOTH


def link(session: dict[str, Any]) -> str:
    return f"/api/v1/sessions/by-token/{session['session_token']}"


async def join(browser: Browser, session: dict[str, Any], name: str | None = None) -> Any:
    body = {} if name is None else {"participant_name": name}
    return await browser.post(link(session) + "/participants", body)


async def everyone(world: RestWorld, session: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await (await world.host()).get(f"/api/v1/sessions/{session['id']}/participants")
    found: list[dict[str, Any]] = answer.body["participants"]
    return found


async def test_the_preview_tells_what_a_holder_may_know(world: RestWorld) -> None:
    session = await world.session(session_name="Terça <b>")
    answer = await (await world.browser()).get(link(session))
    assert answer.status == 200
    assert answer.body["session_name"] == "Terça <b>"
    assert answer.body["host_name"] == "Teresa"
    assert answer.body["state"] == "active"
    assert answer.body["waiting_room_enabled"] is True
    assert "therapist_id" not in answer.body


async def test_the_preview_names_each_state(world: RestWorld) -> None:
    anyone = await world.browser()
    session = await world.session(duration_minutes=10, max_participants=2)
    await join(await world.browser(), session, "Ana")
    await join(await world.browser(), session, "Bia")
    assert (await anyone.get(link(session))).body["state"] == "full"
    await world.services.sessions.set_locked(session["id"], True)
    assert (await anyone.get(link(session))).body["state"] == "locked"
    world.clock.advance(minutes=10)
    expired = await anyone.get(link(session))
    assert (expired.status, expired.code) == (410, "session_expired")
    await world.services.sessions.end_expired()
    assert (await anyone.get(link(session))).code == "session_expired"
    other = await world.session()
    await world.services.sessions.end(other["id"], "host")
    ended = await anyone.get(link(other))
    assert (ended.status, ended.code) == (410, "session_ended")


@pytest.mark.parametrize(
    "token", ["nope", "%2e%2e%2fhealthz", "%00", "x" * 5000, "'--", "%F0%9F%98%80", "a%20b", "."]
)
async def test_any_other_token_is_no_such_session(world: RestWorld, token: str) -> None:
    anyone = await world.browser()
    preview = await anyone.get(f"/api/v1/sessions/by-token/{token}")
    assert (preview.status, preview.code) == (404, "session_not_found")
    answer = await anyone.post(
        f"/api/v1/sessions/by-token/{token}/participants", {"participant_name": "Ana"}
    )
    assert (answer.status, answer.code) == (404, "session_not_found")


async def test_a_user_keeps_one_row_in_any_number_of_windows(world: RestWorld) -> None:
    session = await world.session()
    first, again = await world.patient(), await world.patient()
    answers = [await join(first, session), await join(first, session), await join(again, session)]
    assert [answer.status for answer in answers] == [201, 200, 200]
    assert len({answer.body["participant"]["id"] for answer in answers}) == 1
    participant = answers[0].body["participant"]
    assert participant["participant_name"] == "Pedro"
    assert participant["user_id"] == world.people.patient.id
    assert participant["role"] == "participant"
    assert len(await everyone(world, session)) == 1


async def test_the_host_never_waits_guests_do(world: RestWorld) -> None:
    session = await world.session()
    host = (await join(await world.host(), session)).body["participant"]
    guest = (await join(await world.browser(), session, "Ana")).body["participant"]
    assert (host["role"], host["state"]) == ("host", "admitted")
    assert (guest["role"], guest["state"], guest["user_id"]) == ("participant", "waiting", None)
    open_session = await world.session(waiting_room_enabled=False)
    guest = (await join(await world.browser(), open_session, "Ana")).body["participant"]
    assert guest["state"] == "admitted"


async def test_the_answer_says_how_to_connect(world: RestWorld) -> None:
    session = await world.session()
    body = (await join(await world.browser(), session, "Ana")).body
    base = world.base.replace("http://", "ws://")
    assert body["signaling_url"] == f"{base}/ws?token={body['connect_token']}"
    assert body["ice_servers"] == [{"urls": ["stun:stun.example.org:3478"]}]
    seat = await world.services.registration.seat_for(body["connect_token"])
    assert seat.participant_id == body["participant"]["id"]
    assert (seat.name, seat.role, seat.state) == ("Ana", "participant", "waiting")


async def test_a_guest_is_known_again_by_cookie_or_last_connect_token(world: RestWorld) -> None:
    session = await world.session()
    guest = await world.browser()
    first = await join(guest, session, "Ana")
    by_cookie = await join(guest, session, "Ana Lima")
    assert (first.status, by_cookie.status) == (201, 200)
    assert by_cookie.body["participant"]["participant_name"] == "Ana Lima"
    bearer = first.body["connect_token"]
    by_token = await join(await world.browser(bearer), session)
    assert by_token.body["participant"]["participant_name"] == "Ana Lima"
    world.clock.advance(seconds=CONNECT_TOKEN_LIFE.total_seconds() + 1)
    by_old_token = await join(await world.browser(bearer), session)
    ids = {a.body["participant"]["id"] for a in (first, by_cookie, by_token, by_old_token)}
    assert len(ids) == 1
    assert len(await everyone(world, session)) == 1


async def test_two_guests_of_one_name_are_two_people(world: RestWorld) -> None:
    session = await world.session()
    await join(await world.browser(), session, "Ana")
    await join(await world.browser(), session, "Ana")
    assert len(await everyone(world, session)) == 2


async def test_a_place_in_one_session_is_none_in_another(world: RestWorld) -> None:
    one, other = await world.session(), await world.session()
    token = (await join(await world.browser(), one, "Ana")).body["connect_token"]
    stranger = await world.browser(token)
    assert (await join(stranger, other, None)).code == "name_required"
    listed = await stranger.get(f"/api/v1/sessions/{other['id']}/participants")
    assert listed.code in ("session_not_found", "forbidden")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (None, "name_required"),
        ("", "name_required"),
        ("  \t\n ", "name_required"),
        ("\u202e\u200b\x00", "name_required"),
        ("x" * 101, "name_too_long"),
        ("x" * 10_000, "name_too_long"),
    ],
)
async def test_guests_need_a_name_of_sensible_length(
    world: RestWorld, name: str | None, code: str
) -> None:
    answer = await join(await world.browser(), await world.session(), name)
    assert (answer.status, answer.code) == (422, code)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("Robert'); DROP TABLE profiles;--", "Robert'); DROP TABLE profiles;--"),
        ("  Ana \u202e  Lima\x00 ", "Ana Lima"),
        ("👩‍👩‍👧 família", "👩‍👩‍👧 família"),
        ("x" * 100, "x" * 100),
    ],
)
async def test_names_are_kept_as_text(world: RestWorld, given: str, kept: str) -> None:
    answer = await join(await world.browser(), await world.session(), given)
    assert answer.body["participant"]["participant_name"] == kept


async def test_full_and_locked_sessions_refuse_newcomers_only(world: RestWorld) -> None:
    session = await world.session(max_participants=2, waiting_room_enabled=False)
    ana, bia, eva = [await world.browser() for _ in range(3)]
    assert (await join(ana, session, "Ana")).status == 201
    assert (await join(bia, session, "Bia")).status == 201
    full = await join(eva, session, "Eva")
    assert (full.status, full.code) == (409, "session_full")
    assert (await join(ana, session)).status == 200
    await world.services.sessions.set_locked(session["id"], True)
    locked = await join(eva, session, "Eva")
    assert (locked.status, locked.code) == (423, "session_locked")
    assert (await join(bia, session)).status == 200
    assert (await join(await world.host(), session)).status == 201


async def test_ended_and_expired_sessions_take_nobody(world: RestWorld) -> None:
    session = await world.session(duration_minutes=5)
    guest = await world.browser()
    token = (await join(guest, session, "Ana")).body["connect_token"]
    world.clock.advance(minutes=5)
    assert (await join(guest, session)).code == "session_expired"
    with pytest.raises(Exception, match="session_expired"):
        await world.services.registration.seat_for(token)
    other = await world.session()
    await world.services.sessions.end(other["id"], "host")
    assert (await join(guest, other, "Ana")).code == "session_ended"


async def test_connect_tokens_are_refused_when_old_or_forged(world: RestWorld) -> None:
    session = await world.session(duration_minutes=60)
    body = (await join(await world.browser(), session, "Ana")).body
    token, seat_for = body["connect_token"], world.services.registration.seat_for
    for forged in ("", "x", token[:-2] + "aa", "x" * 5000, token.replace(".", "")):
        with pytest.raises(Exception, match="connect_token_invalid"):
            await seat_for(forged)
    world.clock.advance(seconds=CONNECT_TOKEN_LIFE.total_seconds() + 1)
    with pytest.raises(Exception, match="connect_token_expired"):
        await seat_for(token)
    assert (await seat_for(token, allow_expired=True)).name == "Ana"
    with pytest.raises(Exception, match="connect_token_invalid"):
        await seat_for(token[:-2] + "aa", allow_expired=True)


async def test_removed_may_ask_again_barred_may_not(world: RestWorld) -> None:
    session, host = await world.session(waiting_room_enabled=True), await world.host()
    guest = await world.browser()
    body = (await join(guest, session, "Ana")).body
    one = f"/api/v1/sessions/{session['id']}/participants/{body['participant']['id']}"
    await world.services.presence.record(body["participant"]["id"], "in_call", True)
    assert (await host.call("DELETE", one)).status == 204
    with pytest.raises(Exception, match="participant_removed"):
        await world.services.registration.seat_for(body["connect_token"])
    assert (await join(guest, session)).body["participant"]["state"] == "waiting"
    assert (await host.call("DELETE", one + "?bar=true")).status == 204
    barred = await join(guest, session)
    assert (barred.status, barred.code) == (403, "participant_barred")
    assert [told[3] for told in world.rooms.told] == ["participant_removed", "participant_barred"]


async def test_who_may_see_change_and_remove_whom(world: RestWorld) -> None:
    session = await world.session()
    people = f"/api/v1/sessions/{session['id']}/participants"
    ana, bia = await world.browser(), await world.browser()
    ana_id = (await join(ana, session, "Ana")).body["participant"]["id"]
    await join(bia, session, "Bia")
    stranger, other = await world.browser(), await world.patient()
    assert len((await ana.get(people)).body["participants"]) == 2
    assert (await stranger.get(people)).code == "not_authenticated"
    assert (await other.get(people)).body == {"participants": []}
    one, renamed = f"{people}/{ana_id}", {"participant_name": "Ana L."}
    assert (await bia.call("PATCH", one, json=renamed)).code == "forbidden"
    assert (await other.call("PATCH", one, json=renamed)).code == "participant_not_found"
    assert (await bia.call("DELETE", one)).code == "forbidden"
    role = await ana.call("PATCH", one, json={"role": "host"})
    assert role.code == "invalid_request"
    answer = await ana.call("PATCH", one, json=renamed)
    assert answer.body["participant"]["participant_name"] == "Ana L."
    assert (await ana.call("DELETE", one)).status == 204
    assert [row["is_active"] for row in await everyone(world, session)] == [False, True]


async def test_ice_servers_are_for_participants_and_users(world: RestWorld) -> None:
    session = await world.session()
    token = (await join(await world.browser(), session, "Ana")).body["connect_token"]
    path = "/api/v1/ice-servers"
    given = await (await world.browser(token)).get(path)
    assert given.body["ice_servers"] == [{"urls": ["stun:stun.example.org:3478"]}]
    assert given.body["ttl"] > 0
    assert (await (await world.host()).get(path)).status == 200
    assert (await (await world.browser()).get(path)).code == "not_authenticated"
    await world.services.sessions.end(session["id"], "host")
    assert (await (await world.browser(token)).get(path)).code == "session_ended"
