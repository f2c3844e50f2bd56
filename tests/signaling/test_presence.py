"""Participants' rows over real databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from signaling.actors import Actor
from signaling.errors import RodaError
from signaling.live_bookkeeper import ServiceBookkeeper
from signaling.registration import Participant, Registered
from signaling.seats import ParticipantState, SeatClaim
from signaling.service import Services
from signaling.session_views import SessionView
from signaling.sessions import NewSession
from signaling.sweeper import STALE_AFTER, Sweeper
from tests.support.database import People, SettableClock, add_people, services_over, sqlite_file
from tests.support.postgres import PostgresServer


class World:
    """A session of the therapist's, its people by name; stands in for the hub towards the
    sweeper."""

    def __init__(self, services: Services, people: People, clock: SettableClock, url: str) -> None:
        self.services, self.people, self.clock, self.url = services, people, clock, url
        self.connected_ids: set[str] = set()
        self.live_ids: set[str] = set()
        self.ids: dict[str, str] = {}

    def connected(self) -> set[str]:
        return self.connected_ids

    def live_sessions(self) -> set[str]:
        return self.live_ids

    def sweeper(self, empty_minutes: int | None = 30, kept_open: tuple[str, ...] = ()) -> Sweeper:
        empty_after = timedelta(minutes=empty_minutes) if empty_minutes else None
        services = self.services
        return Sweeper(services.sessions, services.presence, self, empty_after, kept_open)

    async def session(self, **fields: object) -> SessionView:
        wanted = NewSession("Talk", **{"duration_minutes": 600, **fields})  # type: ignore[arg-type]
        return await self.services.sessions.create(self.people.therapist.as_actor(), wanted)

    async def register(self, session: SessionView, name: str, actor: Actor | None = None) -> str:
        known = SeatClaim(session.session_id, self.ids[name]) if name in self.ids else None
        registered: Registered = await self.services.registration.register(
            actor or Actor(session_token=session.session_token),
            session.session_token,
            name,
            (lambda _: known) if known else None,
        )
        self.ids[name] = registered.participant.id
        return registered.participant.id

    async def row(self, session: SessionView, name: str) -> Participant:
        host = self.people.therapist.as_actor()
        rows = await self.services.registration.participants_of(host, session.session_id)
        return next(row for row in rows if row.id == self.ids[name])

    async def shown(self, session: SessionView, name: str) -> tuple[str, bool]:
        row = await self.row(session, name)
        return row.state, row.is_active


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest) -> PostgresServer | None:
    """None: an SQLite file."""
    return request.getfixturevalue("postgres") if request.param == "postgresql" else None


@pytest.fixture
async def world(server: PostgresServer | None, tmp_path: Path) -> AsyncIterator[World]:
    clock = SettableClock()
    url = (await server.new_database()).url if server else await sqlite_file(tmp_path)
    async with services_over(url, clock) as services:
        yield World(services, await add_people(services), clock, url)


async def test_who_registers_and_never_comes_takes_no_seat_for_long(world: World) -> None:
    session = await world.session(max_participants=2, waiting_room_enabled=False)
    await world.register(session, "Ana")
    bia = await world.register(session, "Bia")
    world.connected_ids.add(bia)
    with pytest.raises(RodaError, match="session_full"):
        await world.register(session, "Cid")
    world.clock.advance(seconds=STALE_AFTER.total_seconds() - 1)
    await world.sweeper().sweep()
    with pytest.raises(RodaError, match="session_full"):
        await world.register(session, "Cid")
    world.clock.advance(seconds=2)
    await world.sweeper().sweep()
    assert await world.shown(session, "Ana") == ("admitted", False)
    assert await world.shown(session, "Bia") == ("admitted", True)
    await world.register(session, "Cid")


async def test_the_sweep_leaves_those_who_wait_and_those_in_the_call(world: World) -> None:
    session = await world.session()
    for name, state in (("Ana", "waiting"), ("Bia", "in_call"), ("Cid", "away")):
        participant = await world.register(session, name)
        await world.services.presence.record(participant, _state(state), True)
        world.connected_ids.add(participant)
    gone = await world.register(session, "Dora")
    await world.services.presence.record(gone, "in_call", True)
    world.clock.advance(hours=3)
    await world.sweeper().sweep()
    assert [await world.shown(session, name) for name in ("Ana", "Bia", "Cid", "Dora")] == [
        ("waiting", True),
        ("in_call", True),
        ("away", True),
        ("left", False),
    ]


def _state(text: str) -> ParticipantState:
    states: tuple[ParticipantState, ...] = ("waiting", "in_call", "away")
    return next(state for state in states if state == text)


async def test_after_a_crash_nobody_is_present_and_no_decision_is_lost(world: World) -> None:
    session = await world.session()
    presence = world.services.presence
    for name in ("Ana", "Bia", "Cid", "Dora"):
        await world.register(session, name)
    await presence.record(world.ids["Bia"], "admitted", True)
    await presence.record(world.ids["Cid"], "in_call", True)
    await presence.move(world.ids["Dora"], "bar")
    # The server is killed here; another starts over the same rows.
    async with services_over(world.url, world.clock) as restarted:
        again = World(restarted, world.people, world.clock, world.url)
        again.ids = world.ids
        assert await restarted.presence.close_all() == 3
        assert [await again.shown(session, n) for n in ("Ana", "Bia", "Cid", "Dora")] == [
            ("waiting", False),
            ("admitted", False),
            ("left", False),
            ("barred", False),
        ]
        await again.register(session, "Ana")
        await again.register(session, "Bia")
        await again.register(session, "Cid")
        assert [await again.shown(session, n) for n in ("Ana", "Bia", "Cid")] == [
            ("waiting", True),
            ("admitted", True),
            ("admitted", True),
        ]
        with pytest.raises(RodaError, match="participant_barred"):
            await again.register(session, "Dora")


async def test_fifty_registrations_at_once_for_one_seat_left(world: World) -> None:
    session = await world.session(max_participants=2)
    await world.register(session, "Ana")
    attempts = [world.register(session, f"Guest {n}") for n in range(50)]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    refused = [one for one in outcomes if isinstance(one, BaseException)]
    assert [str(one).split(":")[0] for one in refused] == ["session_full"] * 49
    assert (await world.services.sessions.live_view(session.session_id)).people == 2


async def test_one_user_registers_fifty_times_at_once(world: World) -> None:
    session = await world.session()
    patient = world.people.patient.as_actor()
    attempts = [world.register(session, "Pedro", patient) for _ in range(50)]
    assert len(set(await asyncio.gather(*attempts))) == 1
    host = world.people.therapist.as_actor()
    rows = await world.services.registration.participants_of(host, session.session_id)
    assert len(rows) == 1


# what happened (in the rows' own words) → state after registering again
RETURNS = [
    ([("record", "in_call"), ("record", "left")], "admitted"),
    ([("move", "leave")], "waiting"),  # left before being let in
    ([("record", "in_call"), ("record", "waiting")], "waiting"),  # sent back
    ([("record", "in_call"), ("move", "remove")], "waiting"),
    ([("record", "in_call"), ("move", "leave")], "admitted"),
    # what a room still had to write does not undo a removal
    ([("record", "in_call"), ("move", "remove"), ("record", "away")], "waiting"),
]


@pytest.mark.parametrize(("happened", "state"), RETURNS)
async def test_returns(world: World, happened: list[tuple[str, str]], state: str) -> None:
    session = await world.session()
    ana = await world.register(session, "Ana")
    for act, what in happened:
        extra = (True,) if act == "record" else ()
        await getattr(world.services.presence, act)(ana, what, *extra)
    assert await world.register(session, "Ana") == ana
    assert (await world.row(session, "Ana")).state == state


@pytest.mark.parametrize("later", ["removed", "left", "in_call", "waiting", "admitted"])
async def test_a_bar_stands_whatever_is_written_later(world: World, later: str) -> None:
    session = await world.session()
    ana = await world.register(session, "Ana")
    presence = world.services.presence
    await presence.move(ana, "bar")
    await getattr(presence, "record")(ana, later, True)  # noqa: B009 - the state is any text
    await presence.move(ana, "remove")
    assert await world.shown(session, "Ana") == ("barred", False)


async def test_the_time_of_the_first_join_stays(world: World) -> None:
    session = await world.session()
    ana = await world.register(session, "Ana")
    await world.services.presence.record(ana, "in_call", True)
    first = (await world.row(session, "Ana")).joined_at
    world.clock.advance(minutes=5)
    await world.services.presence.record(ana, "left", False)
    await world.register(session, "Ana")
    await world.services.presence.record(ana, "in_call", True)
    assert (await world.row(session, "Ana")).joined_at == first
    seat = await world.services.registration.seat_of(SeatClaim(session.session_id, ana))
    assert seat.joined_at == first.isoformat()


async def test_hosting_goes_over_in_one_step(world: World) -> None:
    session = await world.session()
    host = await world.register(session, "Teresa", world.people.therapist.as_actor())
    patient = await world.register(session, "Pedro", world.people.patient.as_actor())
    await world.services.presence.hand_over(session.session_id, patient)
    assert [(await world.row(session, n)).role for n in ("Teresa", "Pedro")] == [
        "participant",
        "host",
    ]
    # A registration anew changes nothing; the owner's acts over REST stay the owner's.
    await world.register(session, "Teresa", world.people.therapist.as_actor())
    assert (await world.row(session, "Teresa")).role == "participant"
    with pytest.raises(RodaError, match="not_host"):
        await world.services.sessions.extend(
            world.people.patient.as_actor(), session.session_id, 10
        )
    await world.services.sessions.extend(world.people.therapist.as_actor(), session.session_id, 10)
    await world.services.presence.hand_over(session.session_id, host)
    assert [(await world.row(session, n)).role for n in ("Teresa", "Pedro")] == [
        "host",
        "participant",
    ]


# (who was in it, present now, minutes since, room live, kept open, time-out) → ended as
EMPTY = [
    (True, False, 31, False, False, 30, "empty"),
    (True, False, 29, False, False, 30, None),
    (True, True, 31, False, False, 30, None),
    (False, False, 500, False, False, 30, None),  # scheduled: its host has yet to come
    (True, False, 31, True, False, 30, None),
    (True, False, 31, False, True, 30, None),
    (True, False, 500, False, False, None, None),
    (True, False, 601, False, False, None, "expired"),
]


@pytest.mark.parametrize(
    ("begun", "present", "minutes", "room", "kept", "minutes_allowed", "reason"), EMPTY
)
async def test_sessions_left_empty_before_a_crash_end(
    world: World,
    begun: bool,
    present: bool,
    minutes: int,
    room: bool,
    kept: bool,
    minutes_allowed: int | None,
    reason: str | None,
) -> None:
    session = await world.session()
    ana = await world.register(session, "Ana")
    if begun:
        await world.services.presence.record(ana, "in_call", True)
    if present:
        world.connected_ids.add(ana)
    else:
        await world.services.presence.close_all()
    world.live_ids = {session.session_id} if room else set()
    world.clock.advance(minutes=minutes)
    await world.sweeper(minutes_allowed, (session.session_id,) if kept else ()).sweep()
    view = await world.services.sessions.live_view(session.session_id)
    assert view.end_reason == reason
    assert view.is_active == (reason is None)


async def test_a_locked_session_lets_those_back_who_had_been_let_in(world: World) -> None:
    session = await world.session(max_participants=3)
    presence, registration = world.services.presence, world.services.registration
    ana = await world.register(session, "Ana")
    await presence.record(ana, "in_call", True)
    await registration.remove(Actor(participant_id=ana), session.session_id, ana)
    assert await world.shown(session, "Ana") == ("left", False)
    bia = await world.register(session, "Bia")
    await registration.remove(Actor(participant_id=bia), session.session_id, bia)
    assert await world.shown(session, "Bia") == ("waiting", False)
    await world.services.sessions.set_locked(session.session_id, True)
    for name in ("Bia", "Cid"):
        with pytest.raises(RodaError, match="session_locked"):
            await world.register(session, name)
    await world.register(session, "Ana")
    assert await world.shown(session, "Ana") == ("admitted", True)


async def test_the_rooms_books_are_the_rows(world: World) -> None:
    session = await world.session()
    services = world.services
    books = ServiceBookkeeper(services.sessions, services.registration, services.presence)
    seen = await books.session(session.session_id)
    assert (seen.owner_id, seen.begun) == (world.people.therapist.id, False)
    pedro = await world.register(session, "Pedro", world.people.patient.as_actor())
    seat = await services.registration.seat_of(SeatClaim(session.session_id, pedro))
    await books.record_state(seat, "in_call", True, None)
    await books.extend(session.session_id, 10, None)
    await books.set_locked(session.session_id, True, None)
    await books.hand_over(session.session_id, pedro, None)
    seen = await books.session(session.session_id)
    assert (seen.begun, seen.locked) == (True, True)
    assert seen.expires_at == session.expires_at + timedelta(minutes=10)
    seat = await services.registration.seat_of(SeatClaim(session.session_id, pedro))
    assert (seat.role, seat.state) == ("host", "in_call")
    with pytest.raises(RodaError, match="duration_out_of_range"):
        await books.extend(session.session_id, 24 * 60, None)
    await books.bar(session.session_id, pedro, None)
    with pytest.raises(RodaError, match="participant_barred"):
        await services.registration.seat_of(SeatClaim(session.session_id, pedro))
    await books.end_session(session.session_id, "host")
    for late in (
        books.set_locked(session.session_id, False, None),
        books.extend(session.session_id, 1, None),
    ):
        with pytest.raises(RodaError, match="session_ended"):
            await late
    await books.end_session(session.session_id, "expired")
    assert (await services.sessions.live_view(session.session_id)).end_reason == "host"
