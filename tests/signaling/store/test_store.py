"""The schema and the store on both databases."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select, text

from signaling.actors import ANONYMOUS, SERVER
from signaling.errors import RodaError
from signaling.store.engine import engine_for
from signaling.store.migrate import alembic_config, upgrade
from signaling.store.owner import as_owner
from signaling.store.schema import HEAD_REVISION
from signaling.store.store import ConflictError, SchemaBehindError, Store
from signaling.store.tables import (
    instant_session_participants as participants,
)
from signaling.store.tables import instant_sessions as sessions
from signaling.store.tables import metadata, patient_inquiries, profiles
from tests.support.database import ON_BOTH, START, SettableClock, sqlite_file

# Partial indexes, which signaling/store/tables.py does not name.
PARTIAL = {
    "uq_instant_session_participants_session_user",
    "ix_instant_session_participants_present",
}


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    made = Store(engine_for(database_url), SettableClock())
    yield made
    await made.close()


def profile(number: int) -> dict[str, Any]:
    email = f"{number}@example.org"
    row = {"id": f"p{number}", "email": email, "full_name": "P", "role": "patient"}
    return {**row, "created_at": START, "updated_at": START}


def inquiry(patient: str, therapist: str) -> dict[str, Any]:
    row = {"id": "i", "patient_id": patient, "therapist_id": therapist, "status": "open"}
    words = {"subject": "s", "message": "m", "created_at": START, "updated_at": START}
    return {**row, **words}


def _differences(connection: Connection) -> list[str]:
    found = compare_metadata(MigrationContext.configure(connection), metadata)
    return sorted(str(one) for one in found if getattr(one[1], "name", "") not in PARTIAL)


@ON_BOTH
async def test_the_migrations_make_the_tables_the_program_knows(database_url: str) -> None:
    assert await as_owner(database_url, _differences) == []


def test_the_program_needs_the_last_revision() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_current_head() == HEAD_REVISION


@ON_BOTH
async def test_dangling_references_are_refused(store: Store) -> None:
    async with store.transaction(SERVER) as transaction:
        await transaction.insert(profiles, profile(1))
    for patient, therapist in (("p1", "nobody"), ("nobody", "p1")):
        with pytest.raises(RodaError, match="reference_not_found"):
            async with store.transaction(SERVER) as transaction:
                await transaction.insert(patient_inquiries, inquiry(patient, therapist))
    async with store.transaction(SERVER) as transaction:
        await transaction.insert(patient_inquiries, inquiry("p1", "p1"))
    with pytest.raises(RodaError, match="reference_not_found"):
        async with store.transaction(SERVER) as transaction:
            await transaction.delete(profiles, profiles.c.id == "p1")


@ON_BOTH
async def test_taken_values_are_a_conflict_and_nothing_is_kept(store: Store) -> None:
    async def add_twice() -> None:
        async with store.transaction(SERVER) as transaction:
            await transaction.insert(profiles, profile(1))
            await transaction.insert(profiles, {**profile(1), "id": "other"})

    with pytest.raises(ConflictError):
        await add_twice()
    async with store.reading(SERVER) as transaction:
        assert await transaction.rows(select(profiles.c.id)) == []


@ON_BOTH
async def test_subqueries_are_filtered_too(store: Store) -> None:
    async with store.transaction(SERVER) as transaction:
        await transaction.insert(profiles, profile(1))
    people = select(func.count(profiles.c.id)).scalar_subquery()
    from_inside = select(profiles.c.id).subquery()
    for actor, expected in ((SERVER, 1), (ANONYMOUS, 0)):
        async with store.reading(actor) as transaction:
            row = await transaction.row(select(people.label("n")))
            assert row is not None
            assert row["n"] == expected
            assert len(await transaction.rows(select(from_inside.c.id))) == expected
            aliased = profiles.alias("someone")
            assert len(await transaction.rows(select(aliased.c.id))) == expected


async def test_outer_joins_are_not_silently_let_through(store: Store) -> None:
    query = select(sessions.c.id).outerjoin_from(sessions, participants)
    async with store.reading(ANONYMOUS) as transaction:
        with pytest.raises(TypeError, match="row policies"):
            await transaction.rows(query)


async def test_a_schema_that_is_behind_says_what_to_run(tmp_path: Path) -> None:
    url = await sqlite_file(tmp_path)
    store = Store(engine_for(url), SettableClock())
    await store.check_schema()
    back = text("UPDATE alembic_version SET version_num = '0001'")
    await as_owner(url, lambda connection: connection.execute(back))
    with pytest.raises(SchemaBehindError, match=r"at 0001.*run `roda migrate`"):
        await store.check_schema()
    await store.close()


async def test_an_older_sqlite_database_is_brought_up_with_its_rows(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'roda.db'}"
    await upgrade(url, "0001")
    with sqlite3.connect(tmp_path / "roda.db") as direct:
        columns = "id, email, full_name, role, created_at, updated_at"
        direct.execute(
            f"INSERT INTO profiles ({columns}) VALUES ('p', 'p@x.org', 'P', 'admin', 0, 0)"
        )
    for _ in range(2):
        await upgrade(url)
    with sqlite3.connect(tmp_path / "roda.db") as direct:
        assert direct.execute("SELECT id FROM profiles").fetchall() == [("p",)]
        assert direct.execute("PRAGMA journal_mode").fetchone() == ("wal",)


WRITER = """
import asyncio, sys
from signaling.actors import SERVER
from signaling.store.engine import engine_for
from signaling.store.store import Store
from signaling.store.tables import profiles
from tests.signaling.store.test_store import profile
from tests.support.database import SettableClock

async def write(url):
    store, number = Store(engine_for(url), SettableClock()), 0
    while True:
        async with store.transaction(SERVER) as transaction:
            await transaction.insert(profiles, profile(number))
        print(number, flush=True)  # committed: this row must outlive us
        number += 1

asyncio.run(write(sys.argv[1]))
"""


async def test_a_killed_process_loses_no_committed_row(tmp_path: Path) -> None:
    url = await sqlite_file(tmp_path)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WRITER, url), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    last = -1
    while last < 50:
        last = int(await asyncio.wait_for(process.stdout.readline(), 30))
    os.kill(process.pid, signal.SIGKILL)
    rest = await process.stdout.read()  # what it had committed before it died
    assert await process.wait() == -signal.SIGKILL
    whole = [int(line) for line in rest.decode().rpartition("\n")[0].splitlines()]
    last = max([last, *whole])
    store = Store(engine_for(url), SettableClock())
    async with store.reading(SERVER) as transaction:
        kept = {row["id"] for row in await transaction.rows(select(profiles.c.id))}
    assert {f"p{number}" for number in range(last + 1)} <= kept
    await store.close()
