"""Statements are compiled as SQLAlchemy's own engine compiles them, and once."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Select, create_engine, func, insert, select, text, update
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from signaling.store import statements
from signaling.store.statements import Prepared, Statements
from signaling.store.tables import instant_session_participants as participants
from signaling.store.tables import metadata, profiles

NOW = datetime(2030, 1, 2, 9, 0, 0, 123456, tzinfo=UTC)
PROFILE = {"email": "a@example.org", "full_name": "A", "role": "patient"}
ROW = {"id": "a", **PROFILE, "created_at": NOW, "updated_at": NOW}


@pytest.fixture
def sqlite_statements() -> Statements:
    return Statements(SQLiteDialect_pysqlite())


@pytest.fixture
def database() -> sqlite3.Connection:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    raw = engine.raw_connection()
    found: sqlite3.Connection = raw.driver_connection  # type: ignore[assignment]
    return found


def run(database: sqlite3.Connection, prepared: Prepared) -> list[dict[str, Any]]:
    cursor = database.execute(prepared.text, tuple(prepared.values))
    names = [column[0] for column in cursor.description or ()]
    return [dict(prepared.read(dict(zip(names, row, strict=True)))) for row in cursor]


def test_values_go_in_and_come_out_as_their_types_say(
    sqlite_statements: Statements, database: sqlite3.Connection
) -> None:
    added = sqlite_statements.prepare(insert(profiles), ROW)
    assert added.changes
    run(database, added)
    assert run(database, sqlite_statements.prepare(select(profiles))) == [ROW]
    later = NOW.replace(year=2031)
    change = update(profiles).where(profiles.c.id == "a").values(updated_at=later)
    run(database, sqlite_statements.prepare(change))
    query = select(profiles.c.updated_at.label("at"), (profiles.c.id == "a").label("is_a"))
    assert run(database, sqlite_statements.prepare(query)) == [{"at": later, "is_a": True}]


def test_one_text_for_statements_that_differ_in_their_values(
    sqlite_statements: Statements, database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        row = {**ROW, "id": name, "email": f"{name}@example.org"}
        run(database, sqlite_statements.prepare(insert(profiles), row))

    def named(profile_id: str) -> Select[Any]:
        return select(profiles.c.email).where(profiles.c.id == profile_id).limit(1)

    assert run(database, sqlite_statements.prepare(named("a"))) == [{"email": "a@example.org"}]
    # Nothing is compiled a second time.
    monkeypatch.setattr(Statements, "_compiled", None)
    assert run(database, sqlite_statements.prepare(named("b"))) == [{"email": "b@example.org"}]
    assert run(database, sqlite_statements.prepare(named("c"))) == []


def test_lists_of_any_length(sqlite_statements: Statements, database: sqlite3.Connection) -> None:
    run(database, sqlite_statements.prepare(insert(profiles), ROW))
    for ids, expected in ((["a", "b"], 1), (["b"], 0), ([], 0), (["x", "y", "a"], 1)):
        query = select(func.count(profiles.c.id).label("n")).where(profiles.c.id.in_(ids))
        assert run(database, sqlite_statements.prepare(query)) == [{"n": expected}]


def test_no_more_statements_are_kept_than_told(
    sqlite_statements: Statements, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "MAX_STATEMENTS", 3)
    queries = [select(column) for column in profiles.c]
    for query in (*queries, queries[0]):
        sqlite_statements.prepare(query)
    assert len(sqlite_statements._kept) == 3


def test_postgresql_gets_numbered_parameters_of_known_types() -> None:
    postgres = Statements(PGDialect_asyncpg())  # type: ignore[no-untyped-call]
    query = select(participants.c.id).where(participants.c.user_id == "u", text("true"))
    prepared = postgres.prepare(query.where(participants.c.created_at > NOW))
    assert "$1::VARCHAR" in prepared.text
    assert "$2::TIMESTAMP WITH TIME ZONE" in prepared.text
    assert list(prepared.values) == ["u", NOW]
    assert not prepared.changes
