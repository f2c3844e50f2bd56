"""Many at once, on real connections of both databases."""

from __future__ import annotations

import asyncio
from collections import Counter

from signaling.actors import SERVER, Actor
from signaling.errors import RodaError
from signaling.service import Services
from signaling.session_views import SessionView
from signaling.sessions import NewSession
from tests.support.database import (
    ON_BOTH,
    PASSWORD,
    SettableClock,
    add_people,
    services_over,
)

pytestmark = ON_BOTH
AT_ONCE = 50


async def open_session(services: Services, seats: int = 10) -> SessionView:
    host = await services.accounts.add_user("h@example.org", "therapist", "Hugo", PASSWORD)
    wanted = NewSession("Talk", max_participants=seats, waiting_room_enabled=False)
    return await services.sessions.create(host.as_actor(), wanted)


async def outcome(services: Services, actor: Actor, token: str) -> str:
    """``created``, ``known``, or the refusal's code."""
    try:
        done = await services.registration.register(actor, token, "Ana", None)
    except RodaError as exc:
        return exc.code
    return "created" if done.created else "known"


async def test_the_last_seat_goes_to_one_of_fifty(database_url: str) -> None:
    async with services_over(database_url, SettableClock()) as services:
        session = await open_session(services, seats=2)
        assert await outcome(services, Actor(), session.session_token) == "created"
        joins = (outcome(services, Actor(), session.session_token) for _ in range(AT_ONCE))
        assert Counter(await asyncio.gather(*joins)) == {"created": 1, "session_full": AT_ONCE - 1}
        found = await services.registration.participants_of(SERVER, session.session_id)
        assert len(found) == 2


async def test_fifty_registrations_of_one_user_make_one_row(database_url: str) -> None:
    async with services_over(database_url, SettableClock()) as services:
        session = await open_session(services)
        patient = (await add_people(services)).patient.as_actor()
        joins = (outcome(services, patient, session.session_token) for _ in range(AT_ONCE))
        assert Counter(await asyncio.gather(*joins)) == {"created": 1, "known": AT_ONCE - 1}
        found = await services.registration.participants_of(SERVER, session.session_id)
        assert len(found) == 1


async def test_nobody_slips_in_after_a_lock_or_an_end(database_url: str) -> None:
    async with services_over(database_url, SettableClock()) as services:
        session = await open_session(services, seats=200)

        async def close_the_door(locked: bool) -> set[str]:
            """Who is in when the host has been told that it is done."""
            if locked:
                await services.sessions.set_locked(session.session_id, True)
            else:
                await services.sessions.end(session.session_id, "host")
            found = await services.registration.participants_of(SERVER, session.session_id)
            return {one.id for one in found}

        for locked, code in ((True, "session_locked"), (False, "session_ended")):
            joins = [
                asyncio.create_task(outcome(services, Actor(), session.session_token))
                for _ in range(AT_ONCE)
            ]
            inside = await close_the_door(locked)
            said = Counter(await asyncio.gather(*joins))
            found = await services.registration.participants_of(SERVER, session.session_id)
            assert {one.id for one in found} == inside
            assert set(said) <= {"created", code}
            if locked:
                await services.sessions.set_locked(session.session_id, False)


async def test_one_address_makes_one_account(database_url: str) -> None:
    async with services_over(database_url, SettableClock()) as services:

        async def add() -> str:
            try:
                await services.accounts.add_user("x@example.org", "patient", "Xavier", PASSWORD)
            except RodaError as exc:
                return exc.code
            return "added"

        said = await asyncio.gather(*(add() for _ in range(8)))
        assert Counter(said) == {"added": 1, "email_taken": 7}
