"""The SQL store: one engine, and transactions in which every statement obeys the row policies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Delete,
    RowMapping,
    Select,
    Table,
    Update,
    bindparam,
    delete,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.exc import SQLAlchemyError

from signaling import policy
from signaling.actors import Actor
from signaling.errors import RodaError
from signaling.store.engine import AsyncConnection, AsyncEngine
from signaling.store.schema import HEAD_REVISION


class SchemaBehindError(Exception):
    """The database's schema is not the one this program needs."""


class Transaction:
    """One actor's transaction. Every statement is filtered by the row policies."""

    def __init__(self, connection: AsyncConnection, actor: Actor, now: datetime) -> None:
        self._connection = connection
        self.actor = actor
        self.now = now

    async def rows(self, statement: Select[Any]) -> Sequence[RowMapping]:
        """The rows the actor may see."""
        for source in statement.get_final_froms():
            for table in _tables_of(source):
                statement = statement.where(self._condition(table, "select"))
        result = await self._connection.execute(statement)
        rows: Sequence[RowMapping] = result.mappings().all()
        return rows

    async def row(self, statement: Select[Any]) -> RowMapping | None:
        """The first row the actor may see."""
        found = await self.rows(statement.limit(1))
        return found[0] if found else None

    async def insert(self, table: Table, values: Mapping[str, Any]) -> None:
        """Add a row. Raises `RodaError` ``forbidden`` when no policy allows it."""
        if not await self._insert(table, values, {}, ()):
            raise RodaError("forbidden", f"insert into {table.name} refused by policy")

    async def upsert(
        self,
        table: Table,
        values: Mapping[str, Any],
        conflict: tuple[Sequence[str], str],
        changes: Mapping[str, Any],
        returning: Sequence[str],
    ) -> RowMapping:
        """Add a row or, where one is there by ``conflict`` (columns, partial index condition),
        change it, in one statement. Raises `RodaError` ``forbidden``."""
        found = await self._insert(table, values, changes, returning, conflict)
        if not found:
            raise RodaError("forbidden", f"insert into {table.name} refused by policy")
        return found[0]

    async def update(
        self, table: Table, where: ColumnElement[bool], values: Mapping[str, Any]
    ) -> int:
        """Change the rows the actor may change; how many there were."""
        statement = update(table).where(where).values(**values)
        return await self._write(statement.where(self._condition(table, "update")))

    async def delete(self, table: Table, where: ColumnElement[bool]) -> int:
        """Delete the rows the actor may delete; how many there were."""
        statement = delete(table).where(where)
        return await self._write(statement.where(self._condition(table, "delete")))

    async def may_delete(self, table: Table, where: ColumnElement[bool]) -> bool:
        """Whether the policies let the actor delete the row: asked where a row is closed and
        kept instead."""
        query = select(table.c.id).where(where, self._condition(table, "delete")).limit(1)
        return (await self._connection.execute(query)).first() is not None

    async def lock(self, table: Table, where: ColumnElement[bool]) -> None:
        """Keep others from changing these rows until the transaction ends. (SQLite has one
        writer at a time, so there it is nothing.)"""
        if self._connection.dialect == "postgresql":
            await self._connection.execute(select(table.c.id).where(where).with_for_update())

    async def _write(self, statement: Update | Delete) -> int:
        return (await self._connection.execute(statement)).rowcount

    def _condition(self, table: Table, verb: policy.Verb) -> ColumnElement[bool]:
        row = policy.columns_of(table)
        return policy.condition(table, verb, row, self.actor, self.now)

    async def _insert(
        self,
        table: Table,
        values: Mapping[str, Any],
        changes: Mapping[str, Any],
        returning: Sequence[str],
        conflict: tuple[Sequence[str], str] | None = None,
    ) -> Sequence[RowMapping]:
        row = {column.name: literal(values.get(column.name), column.type) for column in table.c}
        allowed = policy.condition(table, "insert", row, self.actor, self.now)
        # INSERT … SELECT … WHERE, so that the policy is checked in the same statement.
        names = list(values)
        source = select(*(row[name] for name in names)).where(allowed)
        statement: Any = _insert_into(table, self._connection.dialect)
        statement = statement.from_select(names, source, include_defaults=False)
        if conflict:
            columns, condition = conflict
            statement = statement.on_conflict_do_update(
                index_elements=list(columns), index_where=text(condition), set_=dict(changes)
            )
        key = [column.name for column in table.primary_key]
        statement = statement.returning(*(table.c[name] for name in returning or key))
        result = await self._connection.execute(statement)
        rows: Sequence[RowMapping] = result.mappings().all()
        return rows


def _insert_into(table: Table, dialect: str) -> Any:
    """The dialect's own INSERT, which knows ON CONFLICT. Only the one in use is loaded."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)


def _tables_of(source: Any) -> list[Table]:
    """The tables in one FROM element, joins taken apart."""
    if isinstance(source, Table):
        return [source]
    left, right = getattr(source, "left", None), getattr(source, "right", None)
    if left is not None and right is not None:
        return _tables_of(left) + _tables_of(right)
    raise TypeError(f"cannot apply row policies to {type(source).__name__}")


class Store:
    """The database. ``now`` is the clock that decides what has expired."""

    def __init__(self, engine: AsyncEngine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self.now = now

    @asynccontextmanager
    async def transaction(self, actor: Actor) -> AsyncIterator[Transaction]:
        """A transaction that may write; committed on leaving, rolled back on an exception."""
        async with self._engine.transaction() as connection:
            yield await self._begun(connection, actor)

    @asynccontextmanager
    async def reading(self, actor: Actor) -> AsyncIterator[Transaction]:
        """A transaction for reads only, which waits for no writer."""
        async with self._engine.transaction(write=False) as connection:
            yield await self._begun(connection, actor)

    async def check_schema(self) -> None:
        """Raises `SchemaBehindError` unless the database is at this program's revision."""
        try:
            async with self._engine.transaction(write=False) as connection:
                result = await connection.execute(text("SELECT version_num FROM alembic_version"))
                found = result.scalar()
        except SQLAlchemyError:
            found = None
        if found != HEAD_REVISION:
            raise SchemaBehindError(
                f"the database schema is at {found or 'nothing'}, this server needs "
                f"{HEAD_REVISION}: run `roda migrate`"
            )

    async def ping(self) -> None:
        """Raises when the database does not answer."""
        async with self._engine.transaction(write=False) as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self._engine.dispose()

    async def _begun(self, connection: AsyncConnection, actor: Actor) -> Transaction:
        if connection.dialect == "postgresql":
            await connection.execute(_SET_ACTOR, _actor_settings(actor))
        return Transaction(connection, actor, self.now())


_SET_ACTOR = text(
    "SELECT set_config('roda.role', :role, true), set_config('roda.user_id', :user_id, true),"
    " set_config('roda.session_token', :session_token, true),"
    " set_config('roda.participant_id', :participant_id, true)"
).bindparams(*(bindparam(name) for name in ("role", "user_id", "session_token", "participant_id")))


def _actor_settings(actor: Actor) -> dict[str, str]:
    return {
        "role": actor.role,
        "user_id": actor.user_id or "",
        "session_token": actor.session_token or "",
        "participant_id": actor.participant_id or "",
    }
