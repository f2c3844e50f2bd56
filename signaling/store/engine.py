"""An asynchronous engine: SQLAlchemy's Core over aiosqlite or asyncpg.

`sqlalchemy.ext.asyncio` does the same, but imports the whole ORM, 6 MB that a server which uses
none of it would keep for ever.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import (
    URL,
    AsyncAdaptedQueuePool,
    Connection,
    CursorResult,
    Engine,
    Executable,
    create_engine,
    event,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.util import greenlet_spawn

BUSY_TIMEOUT_MS = 5000
SQLITE_CONNECTIONS = 4  # each is a thread; there is one writer at a time anyway
POSTGRESQL_CONNECTIONS = 10
PING_AFTER_S = 5.0  # a connection idle for longer is tried before it is used
SERVER_ROLE = "roda_server"  # made by `roda migrate`; bypasses no row policy


class AsyncEngine:
    """A pool of connections to one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = asyncio.Lock() if self.dialect == "sqlite" else None

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    @asynccontextmanager
    async def transaction(self, *, write: bool = True) -> AsyncIterator[AsyncConnection]:
        """One connection in a transaction: committed on leaving, rolled back on an exception.

        SQLite has one writer at a time. Ours take turns here, in order: waiting in SQLite is
        polling, in which the unlucky wait for seconds."""
        if write and self._writer is not None:
            async with self._writer, self._transaction(write) as connection:
                yield connection
            return
        async with self._transaction(write) as connection:
            yield connection

    @asynccontextmanager
    async def _transaction(self, write: bool) -> AsyncIterator[AsyncConnection]:
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
        self, statement: Executable, values: Mapping[str, Any] | None = None
    ) -> CursorResult[Any]:
        result: CursorResult[Any] = await greenlet_spawn(
            self._connection.execute, statement, values
        )
        return result

    async def run_sync(self, function: Any) -> Any:
        """``function(connection)``, which may use the connection as if all were synchronous."""
        return await greenlet_spawn(function, self._connection)


def engine_for(database_url: str) -> AsyncEngine:
    """The server's engine for ``sqlite:///…`` or ``postgresql://…`` (asynchronous drivers are
    chosen here). On PostgreSQL every connection works as `SERVER_ROLE`, whoever logs in.

    Raises ValueError for any other database."""
    return _engine(database_url, {"role": SERVER_ROLE})


def owner_engine_for(database_url: str) -> AsyncEngine:
    """The same, as the role that logs in: for migrations."""
    return _engine(database_url, {})


def _engine(database_url: str, postgresql_settings: dict[str, str]) -> AsyncEngine:
    url = make_url(database_url.replace("postgres://", "postgresql://", 1))
    kind = url.get_backend_name()
    if kind == "postgresql":
        return _postgresql(url, postgresql_settings)
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


def _postgresql(url: URL, settings: dict[str, str]) -> AsyncEngine:
    # Statements are small: compiling them to machine code costs more than it saves.
    connect = {"server_settings": {"jit": "off", "application_name": "roda", **settings}}
    engine = create_engine(
        url.set(drivername="postgresql+asyncpg"),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=POSTGRESQL_CONNECTIONS,
        max_overflow=0,
        connect_args=connect,
    )
    event.listen(engine, "checkin", _note_checkin)
    event.listen(engine, "checkout", _ping_if_idle)
    return AsyncEngine(engine)


def _note_checkin(connection: Any, record: Any) -> None:
    record.info["used_at"] = time.monotonic()


def _ping_if_idle(connection: Any, record: Any, proxy: Any) -> None:
    """Notice a connection that was lost while nobody used it, and let the pool make another."""
    if time.monotonic() - record.info.get("used_at", time.monotonic()) < PING_AFTER_S:
        return
    try:
        connection.ping()
    except Exception as exc:
        raise DisconnectionError("the connection was lost") from exc


def _prepare_sqlite(connection: Any, record: Any) -> None:
    # In WAL mode, NORMAL writes a committed row to the operating system at once, so a killed
    # process loses none; only a power cut may take the last ones. FULL waits for the disk.
    connection.isolation_level = None  # BEGIN is ours, see _begin_sqlite
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "synchronous=NORMAL",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    # A deferred transaction that reads and then writes can fail at once with "database is
    # locked"; taking the write lock first waits for it instead.
    write = connection.get_execution_options().get("roda_write", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
