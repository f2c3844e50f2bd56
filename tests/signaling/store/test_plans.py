"""A host's list is found by index on both databases: the plans of the very statement."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.elements import ClauseElement

from bench.sessions_list import NOW, fill_postgres, fill_sqlite
from signaling.actors import Actor
from signaling.live_port import NoLiveRooms
from signaling.policy_terms import SETTING_PREFIX
from signaling.sessions import Sessions
from signaling.store.engine import engine_for
from signaling.store.statements import Statements
from signaling.store.store import Store
from tests.support.database import sqlite_file
from tests.support.postgres import PostgresServer

HOST = Actor(role="therapist", user_id="host-3")
SESSIONS, HOSTS = 2_000, 100
TABLES = ("instant_sessions", "instant_session_participants")


async def listing(url: str, monkeypatch: pytest.MonkeyPatch) -> ClauseElement:
    """The statement `Sessions.own` sends."""
    sent: list[Any] = []
    prepare = Statements.prepare

    def noting(self: Statements, statement: Any, values: Any = None) -> Any:
        sent.append(statement)
        return prepare(self, statement, values)

    monkeypatch.setattr(Statements, "prepare", noting)
    store = Store(engine_for(url), lambda: NOW)
    found = await Sessions(store, NoLiveRooms()).own(HOST)
    await store.close()
    assert len(found) == SESSIONS // HOSTS
    assert [view.people for view in found] == [5] * len(found)
    return next(one for one in sent if isinstance(one, Select))


def literal(statement: ClauseElement, dialect: Any) -> str:
    return str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


async def test_sqlite_searches_by_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = await sqlite_file(tmp_path)
    fill_sqlite(tmp_path / "roda.db", SESSIONS, HOSTS)
    statement = literal(await listing(url, monkeypatch), sqlite.dialect())
    with sqlite3.connect(tmp_path / "roda.db") as direct:
        plan = [row[3] for row in direct.execute(f"EXPLAIN QUERY PLAN {statement}")]
    assert [step for step in plan if step.startswith("SCAN")] == []
    assert any("ix_instant_sessions_therapist_id_created_at" in step for step in plan), plan
    assert any("ix_instant_session_participants_session_id" in step for step in plan), plan


async def test_postgresql_searches_by_index(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await postgres.new_database()
    await fill_postgres(database, SESSIONS, HOSTS)
    statement = literal(await listing(database.url, monkeypatch), postgresql.dialect())
    raw: asyncpg.Connection = await database.raw()
    settings = {"role": HOST.role, "user_id": HOST.user_id, "now": NOW.isoformat()}
    for name, value in settings.items():
        await raw.execute("SELECT set_config($1, $2, false)", f"{SETTING_PREFIX}.{name}", value)
    plan = "\n".join(row[0] for row in await raw.fetch(f"EXPLAIN {statement}"))
    await raw.close()
    for table in TABLES:
        assert f"Seq Scan on {table}" not in plan, plan
    assert "ix_instant_sessions_therapist_id_created_at" in plan, plan
    assert "ix_instant_session_participants_session_id" in plan, plan
