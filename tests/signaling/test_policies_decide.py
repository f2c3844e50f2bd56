"""Each act of a person is let through by the very policy that names it: without it, PostgreSQL
refuses the act, whatever Roda's own code may think."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Table

from signaling import care
from signaling.actors import Actor
from signaling.errors import RodaError
from signaling.service import Services
from signaling.session_views import SessionView
from signaling.sessions import NewSession
from signaling.store.tables import audit_events, patient_inquiries
from signaling.store.tables import instant_session_participants as participants
from signaling.store.tables import instant_sessions as sessions
from tests.support.database import People, SettableClock, add_people, services_over
from tests.support.postgres import PostgresServer

Act = Callable[[Services, People, SessionView], Awaitable[Any]]


async def look(services: Services, people: People, session: SessionView) -> Any:
    return await services.sessions.by_token(session.session_token)


async def join_as_guest(services: Services, people: People, session: SessionView) -> Any:
    register = services.registration.register
    return await register(Actor(), session.session_token, "Ana", None)


async def join(services: Services, people: People, session: SessionView) -> Any:
    patient = people.patient.as_actor()
    return await services.registration.register(patient, session.session_token, "Pedro", None)


async def join_again(services: Services, people: People, session: SessionView) -> Any:
    host = people.therapist.as_actor()
    return await services.registration.register(host, session.session_token, "Teresa", None)


async def create(services: Services, people: People, session: SessionView) -> Any:
    return await services.sessions.create(people.therapist.as_actor(), NewSession("Another"))


async def extend(services: Services, people: People, session: SessionView) -> Any:
    return await services.sessions.extend(people.therapist.as_actor(), session.session_id, 5)


async def end(services: Services, people: People, session: SessionView) -> Any:
    return await services.sessions.end(session.session_id, "host", people.therapist.as_actor())


async def ask(services: Services, people: People, session: SessionView) -> Any:
    rows, patient = care.inquiries(services.store), people.patient
    words = {"subject": "s", "message": "m"}
    return await rows.add(patient.as_actor(), patient.id, people.therapist.id, words)


async def read_the_trail(services: Services, people: People, session: SessionView) -> Any:
    return await services.audit.of_session(people.therapist.as_actor(), session.session_id)


ACTS = [
    ("instant_sessions_select_shared_link", sessions, look, "session_not_found"),
    ("instant_sessions_insert_therapist", sessions, create, "forbidden"),
    ("instant_sessions_update_therapist", sessions, extend, "not_host"),
    ("instant_sessions_update_therapist", sessions, end, "not_host"),
    ("instant_participants_insert_anon", participants, join_as_guest, "forbidden"),
    ("instant_participants_insert_authenticated", participants, join, "forbidden"),
    ("instant_participants_update_own", participants, join_again, "forbidden"),
    ("patient_inquiries_insert", patient_inquiries, ask, "forbidden"),
    ("audit_events_select_host", audit_events, read_the_trail, "session_not_found"),
]


@pytest.mark.parametrize(("policy", "table", "act", "code"), ACTS)
async def test_without_its_policy_an_act_is_refused(
    postgres: PostgresServer, policy: str, table: Table, act: Act, code: str
) -> None:
    database = await postgres.new_database()
    async with services_over(database.url, SettableClock()) as services:
        people = await add_people(services)
        host = people.therapist.as_actor()
        for name in ("before", "after"):
            session = await services.sessions.create(host, NewSession(name))
            await join_again(services, people, session)
            if name == "before":
                await act(services, people, session)
        owner = await asyncpg.connect(database.owner_url)
        await owner.execute(f"DROP POLICY {policy} ON {table.name}")
        await owner.close()
        with pytest.raises(RodaError) as refused:
            await act(services, people, session)
        assert refused.value.code == code
