"""The SQL store: one engine, and transactions in which every statement obeys the row policies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from signaling.actors import Actor
from signaling.store.engine import Connection, Engine
from signaling.store.faults import ConflictError
from signaling.store.schema import HEAD_REVISION
from signaling.store.transaction import Transaction

__all__ = ["ConflictError", "SchemaBehindError", "Store", "Transaction"]


class SchemaBehindError(Exception):
    """The database's schema is not the one this program needs."""


class Store:
    """The database. ``now`` is the clock that decides what has expired."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self.now = now

    @asynccontextmanager
    async def transaction(
        self, actor: Actor, one_at_a_time: str | None = None
    ) -> AsyncIterator[Transaction]:
        """A transaction that may write; committed on leaving, rolled back on an exception. It
        waits until no other one of the same key ``one_at_a_time`` is under way."""
        async with self._engine.transaction() as connection:
            yield await self._begun(connection, actor, one_at_a_time)

    @asynccontextmanager
    async def reading(self, actor: Actor) -> AsyncIterator[Transaction]:
        """A transaction for reads only, which waits for no writer."""
        async with self._engine.transaction(write=False) as connection:
            yield await self._begun(connection, actor)

    async def check_schema(self) -> None:
        """Raises `SchemaBehindError` unless the database is at this program's revision, and
        enforces this program's policies where it can."""
        await self._check_revision()
        if self._engine.dialect == "postgresql":
            from signaling.store import policy_ddl  # loads the dialect

            async with self._engine.transaction(write=False) as connection:
                recorded = await connection.execute(text(policy_ddl.RECORDED))
                bypasses = await connection.execute(text(policy_ddl.BYPASSES))
            problem = policy_ddl.problem(recorded.scalar(), bypasses.scalar())
            if problem:
                raise SchemaBehindError(problem)

    async def ping(self) -> None:
        """Raises when the database does not answer."""
        async with self._engine.transaction(write=False) as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self._engine.dispose()

    async def _check_revision(self) -> None:
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

    async def _begun(
        self, connection: Connection, actor: Actor, one_at_a_time: str | None = None
    ) -> Transaction:
        transaction = Transaction(connection, self.now())
        await transaction.become(actor, one_at_a_time)
        return transaction
