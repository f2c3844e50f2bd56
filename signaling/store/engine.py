"""An asynchronous engine: SQLAlchemy's Core over aiosqlite or asyncpg.

`sqlalchemy.ext.asyncio` does the same, but imports the whole ORM, 6 MB that a server which uses
none of it would keep for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import (
    AsyncAdaptedQueuePool,
    Connection,
    CursorResult,
    Engine,
    Executable,
    create_engine,
    event,
)
from sqlalchemy.engine import make_url
from sqlalchemy.util import greenlet_spawn

BUSY_TIMEOUT_MS = 5000
SQLITE_CONNECTIONS = 4  # each is a thread; there is one writer at a time anyway
POSTGRESQL_CONNECTIONS = 10


class AsyncEngine:
    """A pool of connections to one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    @asynccontextmanager
    async def transaction(self, *, write: bool = True) -> AsyncIterator[AsyncConnection]:
        """One connection in a transaction: committed on leaving, rolled back on an exception."""
        connection: Connection = await greenlet_spawn(self._engine.connect)
        try:
            connection = connection.execution_options(roda_write=write)
            await greenlet_spawn(connection.begin)
            yield AsyncConnection(connection)
            await greenlet_spawn(connection.commit)
        finally:
            # Shielded: a request that is cancelled still gives its connection back, rolled back.
            await asyncio.shield(asyncio.ensure_future(greenlet_spawn(connection.close)))

    async def dispose(self) -> None:
        await greenlet_spawn(self._engine.dispose)


class AsyncConnection:
    """A connection in its transaction. Results are fetched whole."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def dialect(self) -> str:
        return self._connection.dialect.name

    async def execute(
        self, statement: Executable, values: dict[str, Any] | None = None
    ) -> CursorResult[Any]:
        result: CursorResult[Any] = await greenlet_spawn(
            self._connection.execute, statement, values
        )
        return result

    async def run_sync(self, function: Any) -> Any:
        """``function(connection)``, which may use the connection as if all were synchronous."""
        return await greenlet_spawn(function, self._connection)


def engine_for(database_url: str) -> AsyncEngine:
    """An engine for ``sqlite:///…`` or ``postgresql://…`` (asynchronous drivers are chosen here).

    Raises ValueError for any other database."""
    url = make_url(database_url.replace("postgres://", "postgresql://", 1))
    kind = url.get_backend_name()
    if kind == "postgresql":
        return AsyncEngine(
            create_engine(
                url.set(drivername="postgresql+asyncpg"),
                poolclass=AsyncAdaptedQueuePool,
                pool_size=POSTGRESQL_CONNECTIONS,
                pool_pre_ping=True,
            )
        )
    if kind != "sqlite":
        raise ValueError(f"unsupported database {kind!r}: use sqlite or postgresql")
    engine = create_engine(
        url.set(drivername="sqlite+aiosqlite"),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=SQLITE_CONNECTIONS,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return AsyncEngine(engine)


def _prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # BEGIN is ours, see _begin_sqlite
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "synchronous=FULL",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    # A deferred transaction that reads and then writes can fail at once with "database is
    # locked"; taking the write lock first waits for it instead.
    write = connection.get_execution_options().get("roda_write", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
