"""Three ways to one database's rows: SQLite through the store, PostgreSQL through the store, and
PostgreSQL by SQL written here. Each tells what an actor saw and managed; nothing is kept."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import asyncpg
from sqlalchemy import Table, false, select, true

from signaling import policy
from signaling.actors import SERVER, Actor
from signaling.errors import RodaError
from signaling.store.engine import engine_for
from signaling.store.store import ConflictError, Store, Transaction
from tests.signaling.policy_rule import key_of
from tests.signaling.policy_worlds import NOW, World

# A harmless column of each table, so that a change of one row decides nothing about another.
MARKED = {
    "instant_sessions": "session_name",
    "instant_session_participants": "participant_name",
    "patient_inquiries": "subject",
    "treatment_plans": "title",
    "profiles": "full_name",
    "audit_events": "detail",
    "credentials": "password_hash",
    "logins": "token_hash",
}
MARK = "marked"
Keys = Mapping[str, frozenset[str]]  # table → keys of rows
# Participants last: deleting them changes who sees the others.
ORDER = sorted(policy.TABLES, key=lambda table: table.name == "instant_session_participants")


@dataclass
class Outcome:
    """What an actor saw, changed, removed and could add."""

    seen: dict[str, frozenset[str]] = field(default_factory=dict)
    changed: dict[str, frozenset[str]] = field(default_factory=dict)
    removed: dict[str, frozenset[str]] = field(default_factory=dict)
    added: dict[str, list[str]] = field(default_factory=dict)


class Way(Protocol):
    async def load(self, world: World) -> None: ...
    async def outcome(self, actor: Actor, new_rows: World) -> Outcome: ...
    async def name(self, actor: Actor, table: Table, column: str) -> str: ...


class _UndoneError(Exception):
    """Leaves a transaction without keeping it."""


class StoreWay:
    """Through `Store`, on either database."""

    def __init__(self, url: str) -> None:
        self._store = Store(engine_for(url), lambda: NOW)
        self._loaded: Keys = {}

    async def load(self, world: World) -> None:
        """Remember what is there; how it gets there is each database's own."""
        self._loaded = {
            name: frozenset(row[key_of(name)] for row in rows) for name, rows in world.items()
        }

    async def close(self) -> None:
        await self._store.close()

    async def outcome(self, actor: Actor, new_rows: World) -> Outcome:
        found = Outcome()
        async with self._store.reading(actor) as transaction:
            for table in policy.TABLES:
                found.seen[table.name] = await _keys(transaction, table)
        with contextlib.suppress(_UndoneError):
            async with self._store.transaction(actor) as transaction:
                found.changed = await self._change(transaction)
                raise _UndoneError
        with contextlib.suppress(_UndoneError):
            async with self._store.transaction(actor) as transaction:
                found.removed = await self._remove(transaction)
                raise _UndoneError
        for name, rows in new_rows.items():
            found.added[name] = [await self._add(actor, name, row) for row in rows]
        return found

    async def _change(self, transaction: Transaction) -> dict[str, frozenset[str]]:
        counts = {}
        for table in policy.TABLES:
            mark = {MARKED[table.name]: MARK}
            counts[table.name] = await transaction.update(table, true(), mark)
        await transaction.become(SERVER)
        changed = {}
        for table in policy.TABLES:
            marked = table.c[MARKED[table.name]] == MARK
            keys = await _keys(transaction, table, marked) if counts[table.name] else frozenset()
            assert len(keys) == counts[table.name]
            changed[table.name] = keys
        return changed

    async def _remove(self, transaction: Transaction) -> dict[str, frozenset[str]]:
        counts = {table.name: await transaction.delete(table, true()) for table in ORDER}
        await transaction.become(SERVER)
        removed = dict.fromkeys(counts, frozenset[str]())
        for table in policy.TABLES:
            if counts[table.name]:
                left = await _keys(transaction, table)
                removed[table.name] = self._loaded[table.name] - left
        return removed

    async def _add(self, actor: Actor, name: str, row: Mapping[str, Any]) -> str:
        table = _table(name)
        try:
            async with self._store.transaction(actor) as transaction:
                await transaction.insert(table, row)
                raise _UndoneError
        except _UndoneError:
            return "added"
        except ConflictError:
            return "conflict"
        except RodaError as exc:
            return exc.code

    async def name(self, actor: Actor, table: Table, column: str) -> str:
        """``accepted`` or the refusal of an update that names the column."""
        try:
            async with self._store.transaction(actor) as transaction:
                await transaction.update(table, false(), {column: None})
                raise _UndoneError
        except _UndoneError:
            return "accepted"
        except RodaError as exc:
            return exc.code


async def _keys(transaction: Transaction, table: Table, where: Any = None) -> frozenset[str]:
    key = table.c[key_of(table.name)]
    query = select(key.label("key"))
    rows = await transaction.rows(query if where is None else query.where(where))
    return frozenset(row["key"] for row in rows)


def _table(name: str) -> Table:
    return next(table for table in policy.TABLES if table.name == name)


_PARENTS_FIRST = [table.name for table in policy.TABLES[0].metadata.sorted_tables]


def _deletions() -> list[str]:
    return [f"DELETE FROM {name}" for name in reversed(_PARENTS_FIRST)]


class SqliteWay(StoreWay):
    def __init__(self, file: Path) -> None:
        super().__init__(f"sqlite:///{file}")
        self._direct = sqlite3.connect(file, isolation_level=None)
        self._direct.execute("PRAGMA synchronous=OFF")

    async def close(self) -> None:
        self._direct.close()
        await super().close()

    async def load(self, world: World) -> None:
        await super().load(world)
        self._direct.execute("BEGIN")
        for statement in _deletions():
            self._direct.execute(statement)
        for name in _PARENTS_FIRST:
            for row in world[name]:
                marks = ", ".join("?" for _ in row)
                statement = f"INSERT INTO {name} ({', '.join(row)}) VALUES ({marks})"
                self._direct.execute(statement, [_sqlite_value(value) for value in row.values()])
        self._direct.execute("COMMIT")


def _sqlite_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return value


class PostgresWay(StoreWay):
    """Through the store; `RawWay` loads the worlds, which both share."""


class RawWay:
    """By SQL of one's own, as the server's role with the actor set."""

    def __init__(self, raw: asyncpg.Connection, owner: asyncpg.Connection) -> None:
        self._raw = raw
        self._owner = owner

    async def close(self) -> None:
        await self._raw.close()
        await self._owner.close()

    async def load(self, world: World) -> None:
        async with self._owner.transaction():
            await self._owner.execute(";".join(_deletions()))
            for name in _PARENTS_FIRST:
                for row in world[name]:
                    await self._owner.execute(_insertion(name, row), *row.values())

    async def outcome(self, actor: Actor, new_rows: World) -> Outcome:
        found = Outcome()
        async with self._as(actor):
            for table in policy.TABLES:
                key, name = key_of(table.name), table.name
                found.seen[name] = await self._fetch(f"SELECT {key} AS key FROM {name}")
            for table in policy.TABLES:
                key, name = key_of(table.name), table.name
                changing = f"UPDATE {name} SET {MARKED[name]} = '{MARK}' RETURNING {key} AS key"
                found.changed[name] = await self._fetch(changing)
        async with self._as(actor):
            for table in ORDER:
                key, name = key_of(table.name), table.name
                found.removed[name] = await self._fetch(
                    f"DELETE FROM {name} RETURNING {key} AS key"
                )
        for name, rows in new_rows.items():
            added = [await self._tried(actor, _insertion(name, row), row) for row in rows]
            found.added[name] = ["added" if one == "accepted" else one for one in added]
        return found

    async def name(self, actor: Actor, table: Table, column: str) -> str:
        """``accepted`` or the refusal of an update that names the column."""
        naming = f"UPDATE {table.name} SET {column} = NULL WHERE false"
        return await self._tried(actor, naming, {})

    async def _fetch(self, statement: str) -> frozenset[str]:
        return frozenset(row["key"] for row in await self._raw.fetch(statement))

    async def _tried(self, actor: Actor, statement: str, row: Mapping[str, Any]) -> str:
        try:
            async with self._as(actor):
                await self._raw.execute(statement, *row.values())
        except asyncpg.InsufficientPrivilegeError:
            return "forbidden"
        except asyncpg.ForeignKeyViolationError:
            return "reference_not_found"
        except asyncpg.UniqueViolationError:
            return "conflict"
        return "accepted"

    @contextlib.asynccontextmanager
    async def _as(self, actor: Actor) -> Any:
        transaction = self._raw.transaction()
        await transaction.start()
        try:
            settings = {
                "role": actor.role,
                "user_id": actor.user_id,
                "session_token": actor.session_token,
                "participant_id": actor.participant_id,
                "session_id": actor.session_id,
                "now": NOW.isoformat(),
            }
            given = {name: value for name, value in settings.items() if value is not None}
            calls = (f"set_config('roda.{n}', ${i}, true)" for i, n in enumerate(given, 1))
            await self._raw.execute(f"SELECT {', '.join(calls)}", *given.values())
            yield
        finally:
            await transaction.rollback()


def _insertion(name: str, row: Mapping[str, Any]) -> str:
    marks = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    return f"INSERT INTO {name} ({', '.join(row)}) VALUES ({marks})"
