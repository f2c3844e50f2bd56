from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from signaling import audit
from signaling.accounts import Profile
from signaling.actors import SERVER, Actor
from signaling.errors import RodaError
from signaling.live_bookkeeper import ServiceBookkeeper
from signaling.participant_state import TRANSITIONS
from signaling.registration import Registered
from signaling.seats import ParticipantState, Seat
from signaling.service import Services
from signaling.session_views import SessionView
from signaling.sessions import NewSession
from signaling.store.tables import audit_events
from tests.support.database import (
    ON_BOTH,
    PASSWORD,
    People,
    SettableClock,
    add_people,
    services_over,
)


class World:
    """A session of the therapist, and how its trail reads."""

    def __init__(self, services: Services, people: People, session: SessionView) -> None:
        self.services = services
        self.people = people
        self.session = session
        self.keeper = ServiceBookkeeper(services.sessions, services.registration, services.presence)

    async def registered(self, who: Profile) -> Registered:
        token = self.session.session_token
        return await self.services.registration.register(who.as_actor(), token, None, None)

    async def seat(self, registered: Registered) -> Seat:
        return await self.keeper.seat_for(registered.connect_token)

    async def becomes(
        self, seat: Seat, *states: ParticipantState, by: Profile | None = None
    ) -> None:
        for state in states:
            await self.keeper.record_state(seat, state, True, by.id if by else None)

    async def trail(self) -> list[tuple[str, str | None, str | None, str]]:
        """Event, who did it, whom it befell, detail; the oldest first."""
        host = self.people.therapist.as_actor()
        found = await self.services.audit.of_session(host, self.session.session_id)
        return [(e.event, e.actor_id, e.participant_id, e.detail) for e in ordered(found)]

    async def all_rows(self) -> list[dict[str, Any]]:
        async with self.services.store.reading(SERVER) as transaction:
            return [dict(row) for row in await transaction.rows(select(audit_events))]


def ordered(found: list[audit.Audited]) -> list[audit.Audited]:
    return sorted(found, key=lambda event: event.occurred_at)


class TickingClock(SettableClock):
    """Every look at it is a little later, so that the trail's order is known."""

    def __call__(self) -> Any:
        self.advance(milliseconds=1)
        return self.now


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with services_over(database_url, TickingClock()) as services:
        people = await add_people(services)
        host = people.therapist.as_actor()
        session = await services.sessions.create(host, NewSession("Talk"))
        yield World(services, people, session)


@ON_BOTH
async def test_a_session_from_its_creation_to_its_end(world: World) -> None:
    sessions, host = world.services.sessions, world.people.therapist
    session_id = world.session.session_id
    await sessions.extend(host.as_actor(), session_id, 15)
    await sessions.set_locked(session_id, True, by=host.id)
    await sessions.set_locked(session_id, False, by=host.id)
    await sessions.end(session_id, "host", host.as_actor())
    await sessions.end(session_id, "host", host.as_actor())
    assert await world.trail() == [
        ("session_created", host.id, None, ""),
        ("session_extended", host.id, None, "15"),
        ("session_locked", host.id, None, ""),
        ("session_unlocked", host.id, None, ""),
        ("session_ended", host.id, None, "host"),
    ]


@ON_BOTH
async def test_a_participant_who_waits_joins_and_is_removed(world: World) -> None:
    host, patient = world.people.therapist, world.people.patient
    registered = await world.registered(patient)
    await world.registered(patient)
    seat = await world.seat(registered)
    states: list[ParticipantState] = ["waiting", "in_call", "away", "in_call", "waiting", "removed"]
    await world.becomes(seat, *states, by=host)
    who = registered.participant.id
    assert (await world.trail())[1:] == [
        ("participant_registered", patient.id, who, ""),
        ("participant_admitted", host.id, who, ""),
        ("participant_joined", patient.id, who, ""),
        ("participant_sent_back", host.id, who, ""),
        ("participant_removed", host.id, who, "waiting"),
    ]


async def test_who_is_barred_over_rest_is_barred_once(world: World) -> None:
    host, patient = world.people.therapist, world.people.patient
    registered = await world.registered(patient)
    seat, who = await world.seat(registered), registered.participant.id
    session_id = world.session.session_id
    await world.services.registration.remove(host.as_actor(), session_id, who, bar=True)
    await world.becomes(seat, "barred", "removed", "left")  # what a room may still have to write
    assert (await world.trail())[2:] == [("participant_barred", host.id, who, "")]


async def test_each_act_in_a_call_is_of_the_person_who_acted(world: World) -> None:
    """Not of the owner, nor of who hosts by the time it is written."""
    host, other = world.people.therapist, world.people.other_therapist
    session_id, keeper = world.session.session_id, world.keeper
    await world.registered(host)
    new_host = (await world.registered(other)).participant.id
    patient = await world.registered(world.people.patient)
    await keeper.hand_over(session_id, new_host, host.id)
    await keeper.set_locked(session_id, True, other.id)
    await keeper.extend(session_id, 5, other.id)
    seat, who = await world.seat(patient), patient.participant.id
    await keeper.record_state(seat, "in_call", True, other.id)
    await keeper.record_state(seat, "waiting", True, host.id)
    await keeper.bar(session_id, who, other.id)
    await keeper.end_session(session_id, "host", other.id)
    assert [entry for entry in await world.trail() if "registered" not in entry[0]][1:] == [
        ("hosting_handed_over", host.id, new_host, ""),
        ("session_locked", other.id, None, ""),
        ("session_extended", other.id, None, "5"),
        ("participant_admitted", other.id, who, ""),
        ("participant_joined", world.people.patient.id, who, ""),
        ("participant_sent_back", host.id, who, ""),
        ("participant_barred", other.id, who, ""),
        ("session_ended", other.id, None, "host"),
    ]


@pytest.mark.parametrize("reason", ["empty", "operator"])
async def test_nobody_is_named_where_roda_ends_a_session(world: World, reason: Any) -> None:
    registered = await world.registered(world.people.patient)
    await world.becomes(await world.seat(registered), "in_call")
    await world.services.sessions.end(world.session.session_id, reason)
    who = registered.participant.id
    assert (await world.trail())[-2:] == [
        ("session_ended", None, None, reason),
        ("participant_left", world.people.patient.id, who, ""),
    ]


@ON_BOTH
async def test_who_is_in_the_call_at_its_end_has_left_it_once(world: World) -> None:
    """Whichever is written first, and whoever else had registered, waited or left before."""
    host, patient, other = (
        world.people.therapist,
        world.people.patient,
        world.people.other_therapist,
    )
    inside, waits = await world.registered(host), await world.registered(other)
    gone = await world.registered(patient)
    seat = await world.seat(inside)
    await world.becomes(seat, "in_call", "away")
    await world.becomes(await world.seat(waits), "waiting")
    await world.becomes(await world.seat(gone), "in_call", "left")
    await world.services.sessions.end(world.session.session_id, "host", host.as_actor())
    await world.becomes(seat, "left")
    await world.services.sessions.end(world.session.session_id, "host", host.as_actor())
    left = [entry for entry in await world.trail() if entry[0] == "participant_left"]
    assert left == [
        ("participant_left", patient.id, gone.participant.id, ""),
        ("participant_left", host.id, inside.participant.id, ""),
    ]


@ON_BOTH
async def test_an_act_that_fails_leaves_no_event(world: World) -> None:
    before = len(await world.all_rows())
    sessions, stranger = world.services.sessions, world.people.other_therapist.as_actor()
    with pytest.raises(RodaError):
        await sessions.end(world.session.session_id, "host", stranger)
    with pytest.raises(RodaError):
        await sessions.extend(stranger, world.session.session_id, 5)
    with pytest.raises(RodaError):
        await sessions.create(world.people.patient.as_actor(), NewSession("Mine"))
    with pytest.raises(RodaError):
        await world.services.accounts.log_in("t@example.org", "wrong", "192.0.2.1")
    assert len(await world.all_rows()) == before


@ON_BOTH
async def test_accounts(world: World) -> None:
    accounts, host = world.services.accounts, world.people.therapist
    login = await accounts.log_in(host.email, PASSWORD, "192.0.2.1")
    await accounts.change_password(host, PASSWORD, "another horse", "192.0.2.1", login.token)
    await accounts.log_out(login.token)
    await accounts.log_out(login.token)
    await accounts.log_out_everywhere(host.id)
    rows = sorted(await world.all_rows(), key=lambda row: row["occurred_at"])
    mine = [row["event"] for row in rows if row["actor_id"] == host.id]
    assert mine == [
        "account_created",
        "session_created",
        "logged_in",
        "password_changed",
        "logged_out",
        "logged_out_everywhere",
    ]


async def test_the_trail_holds_no_secret_and_no_name(world: World) -> None:
    login = await world.services.accounts.log_in("t@example.org", PASSWORD, "192.0.2.1")
    registered = await world.registered(world.people.patient)
    written = repr(await world.all_rows())
    secrets = (login.token, registered.connect_token, world.session.session_token, PASSWORD)
    for secret in (*secrets, "Teresa", "Pedro", "example.org", "Talk"):
        assert secret not in written


@ON_BOTH
async def test_who_may_read_a_sessions_trail(world: World) -> None:
    await world.registered(world.people.patient)
    read = world.services.audit.of_session
    session_id = world.session.session_id
    assert await read(world.people.therapist.as_actor(), session_id)
    assert await read(world.people.admin.as_actor(), session_id)
    held = world.session.session_token
    for actor in (
        world.people.patient.as_actor(),
        world.people.other_therapist.as_actor(held),
        Actor(session_token=held),
    ):
        with pytest.raises(RodaError, match="session_not_found"):
            await read(actor, session_id)


@pytest.mark.parametrize("before", sorted(TRANSITIONS))
def test_every_change_of_state_has_known_events(before: ParticipantState) -> None:
    for after in TRANSITIONS:
        found = audit.events_of(before, after)
        assert set(found) <= set(audit.EVENTS)
        assert bool(found) == (before != after and (before, after) not in SILENT)


def test_every_event_is_in_the_documentation() -> None:
    text = (Path(__file__).parents[2] / "docs" / "accounts.md").read_text()
    assert [event for event in audit.EVENTS if f"`{event}`" not in text] == []


SILENT = {
    ("removed", "waiting"),  # knocks again
    ("barred", "waiting"),
    ("in_call", "away"),
    ("away", "in_call"),
    ("in_call", "admitted"),
    ("away", "admitted"),
    ("left", "admitted"),
}
"""Changes that are nobody's act, or that never happen."""
