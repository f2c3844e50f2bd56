"""Every table, every verb: both databases, and the database alone, do as the plain rule says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Table

from signaling import policy
from signaling.actors import ANONYMOUS, SERVER, Actor
from signaling.store.migrate import upgrade
from tests.signaling.policy_arena import MARKED, Outcome, PostgresWay, RawWay, SqliteWay, Way
from tests.signaling.policy_rule import Rule, key_of
from tests.signaling.policy_worlds import ROLES, SERVERS_ROWS, SMALL_WORLD, USERS, Case, cases
from tests.support.postgres import PostgresServer

WORLDS = 300


@dataclass
class Arena:
    """The three ways, and the loop they live on."""

    runner: asyncio.Runner
    sqlite: SqliteWay
    postgres: PostgresWay
    raw: RawWay

    def outcomes(self, case: Case) -> dict[str, Outcome]:
        return self.runner.run(self._outcomes(case))

    @property
    def ways(self) -> dict[str, Way]:
        return {"raw SQL": self.raw, "PostgreSQL": self.postgres, "SQLite": self.sqlite}

    async def _outcomes(self, case: Case) -> dict[str, Outcome]:
        found = {}
        for name, way in self.ways.items():
            await way.load(case.world)
            found[name] = await way.outcome(case.actor, case.new_rows)
        return found


@pytest.fixture(scope="module")
def arena(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    file = tmp_path_factory.mktemp("policy") / "roda.db"
    with asyncio.Runner() as runner:
        made = runner.run(_arena(runner, postgres, file))
        yield made
        for way in (made.sqlite, made.postgres, made.raw):
            runner.run(way.close())


async def _arena(runner: asyncio.Runner, postgres: PostgresServer, file: Path) -> Arena:
    await upgrade(f"sqlite:///{file}")
    database = await postgres.new_database()
    owner = await asyncpg.connect(database.owner_url)
    raw = RawWay(await database.raw(), owner)
    return Arena(runner, SqliteWay(file), PostgresWay(database.url), raw)


def ruled(case: Case) -> Outcome:
    """What the plain rule says of the case."""
    rule, found = Rule(case.world, case.actor), Outcome()
    for table in policy.TABLES:
        name, key = table.name, key_of(table.name)
        rows = case.world[name]
        found.seen[name] = frozenset(r[key] for r in rows if rule.may_see(name, r))
        found.changed[name] = frozenset(r[key] for r in rows if rule.may_change(name, r))
        found.removed[name] = frozenset(r[key] for r in rows if rule.may_remove(name, r))
    for name, rows in case.new_rows.items():
        found.added[name] = [rule.outcome_of_adding(name, row) for row in rows]
    return found


@settings(
    max_examples=WORLDS,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(case=cases)
def test_every_way_to_the_rows_obeys_the_rule(arena: Arena, case: Case) -> None:
    expected = ruled(case)
    for way, found in arena.outcomes(case).items():
        assert found == expected, way


COLUMNS = {
    "instant_sessions": {"id", "session_token", "therapist_id", "created_at"},
    "instant_session_participants": {
        *("id", "session_id", "user_id", "role", "state", "is_active"),
        *("created_at", "joined_at", "left_at"),
    },
    "patient_inquiries": {"id", "patient_id", "therapist_id", "created_at"},
    "treatment_plans": {"id", "patient_id", "therapist_id", "created_at"},
}


@pytest.mark.parametrize("table", policy.TABLES, ids=lambda table: table.name)
def test_no_way_lets_an_actor_name_columns_that_are_not_theirs(arena: Arena, table: Table) -> None:
    actor = Actor(role="admin", user_id="user-4")
    for way, acting in arena.ways.items():
        for column in (one.name for one in table.c):
            said = arena.runner.run(acting.name(actor, table, column))
            refused = column in COLUMNS.get(table.name, set())
            assert said == ("forbidden" if refused else "accepted"), (way, column)


ACTORS = (
    ANONYMOUS,
    *(Actor(role=role, user_id=user) for user, role in zip(USERS, ROLES, strict=True)),
)


@pytest.mark.parametrize("actor", ACTORS, ids=lambda actor: f"{actor.role}-{actor.user_id}")
def test_accounts_and_the_trail_are_the_servers_to_write(arena: Arena, actor: Actor) -> None:
    arena.outcomes(Case(SMALL_WORLD, actor, {}))
    for way, acting in arena.ways.items():
        found = arena.runner.run(acting.outcome(actor, SERVERS_ROWS))
        assert found.added == {name: ["forbidden"] for name in SERVERS_ROWS}, way


def test_the_server_may_name_every_column(arena: Arena) -> None:
    for acting in arena.ways.values():
        for table in policy.TABLES:
            for column in (one.name for one in table.c):
                assert arena.runner.run(acting.name(SERVER, table, column)) == "accepted"


def test_the_property_covers_every_table() -> None:
    assert {table.name for table in policy.TABLES} == set(MARKED)
    assert set(policy.TABLES) == set(policy.TABLES[0].metadata.tables.values())
