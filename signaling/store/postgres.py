"""PostgreSQL through asyncpg: transactions that cost as few round trips as they can."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
import structlog
from sqlalchemy import URL, Executable
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.exc import DBAPIError

from signaling.store.statements import Prepared, Result, Statements

CONNECTIONS = 10
_PLAIN = re.compile(r"[A-Za-z0-9_.:+-]{0,100}", re.ASCII)
_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # its end has been read, and not yet been dealt with
    OSError,
)
IDLE_LIMIT_S = 300.0  # a connection unused for longer is closed
# Statements are small: compiling them to machine code costs more than it saves.
SETTINGS: Final[Mapping[str, str]] = {
    "jit": "off",
    "application_name": "roda",
    "standard_conforming_strings": "on",
}

log = structlog.stdlib.get_logger("roda.store")


class PostgresEngine:
    """A pool of connections that all work as ``role``, whoever logs in; None: as who logs in."""

    dialect: Final = "postgresql"

    def __init__(self, url: URL, role: str | None) -> None:
        self._dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._settings = {**SETTINGS, **({"role": role} if role else {})}
        self._statements = Statements(PGDialect_asyncpg())  # type: ignore[no-untyped-call]
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def transaction(self, *, write: bool = True) -> AsyncIterator[PostgresConnection]:
        """One connection in a transaction: committed on leaving, rolled back on an exception."""
        connection = PostgresConnection(self._pool or await self._open(), self._statements)
        try:
            yield connection
            await connection.commit()
        finally:
            # Shielded: a request that is cancelled still leaves nothing behind.
            await asyncio.shield(connection.release())

    async def dispose(self) -> None:
        if self._pool is not None:
            await self._pool.close()

    async def _open(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._dsn,
                    min_size=0,
                    max_size=CONNECTIONS,
                    max_inactive_connection_lifetime=IDLE_LIMIT_S,
                    server_settings=self._settings,
                    reset=_nothing,
                )
        return self._pool


class PostgresConnection:
    """A connection and its transaction, which begins with the first statement."""

    dialect: Final = "postgresql"

    def __init__(self, pool: asyncpg.Pool, statements: Statements) -> None:
        self._pool = pool
        self._statements = statements
        self._driver: Any = None

    async def execute(
        self, statement: Executable, values: Mapping[str, Any] | None = None
    ) -> Result:
        """Raises `DBAPIError` for what the database refuses."""
        if self._driver is None:
            await self._begin("BEGIN")
        return await self._fetch(self._statements.prepare(statement, values))

    async def tell(self, settings: Mapping[str, str], one_at_a_time: str | None = None) -> None:
        """Give the transaction ``settings`` that end with it. ``one_at_a_time``: and wait for
        every transaction that was told the same key before. One round trip, the first included."""
        calls = [
            f"set_config('{name}', {_quoted(value)}, true)" for name, value in settings.items()
        ]
        if one_at_a_time is not None:
            calls.append(f"pg_advisory_xact_lock(hashtextextended({_quoted(one_at_a_time)}, 0))")
        text = f"SELECT {', '.join(calls)}"
        if self._driver is None:
            await self._begin(f"BEGIN; {text}")
        else:
            await self._run(text)

    async def commit(self) -> None:
        if self._driver is not None and await self._run("COMMIT") != "COMMIT":
            raise RuntimeError("a transaction that had failed was to be committed")

    async def release(self) -> None:
        """Give the connection back, what is not committed rolled back."""
        driver, self._driver = self._driver, None
        if driver is None:
            return
        try:
            if driver.is_in_transaction():
                await driver.execute("ROLLBACK")
        except _LOST:
            _give_up(driver)
        finally:
            await self._pool.release(driver)

    async def _begin(self, text: str) -> None:
        """Those lost while nobody used them are noticed by the first statement: then the pool
        makes others."""
        for _ in range(CONNECTIONS):
            self._driver = await self._pool.acquire()
            try:
                await self._driver.execute(text)
                return
            except _LOST:
                _give_up(self._driver)
                await self.release()
        self._driver = await self._pool.acquire()
        await self._run(text)

    async def _run(self, text: str) -> str:
        try:
            status: str = await self._driver.execute(text)
        except asyncpg.PostgresError as exc:
            raise DBAPIError(text.partition(" ")[0], None, exc, hide_parameters=True) from exc
        return status

    async def _fetch(self, prepared: Prepared) -> Result:
        try:
            if prepared.changes:
                status: str = await self._driver.execute(prepared.text, *prepared.values)
                return Result(changed=int(status.rpartition(" ")[2]))
            rows = await self._driver.fetch(prepared.text, *prepared.values)
        except asyncpg.PostgresError as exc:
            raise DBAPIError(prepared.text, None, exc, hide_parameters=True) from exc
        return Result(rows=[prepared.read(row) for row in rows])


def _quoted(value: str) -> str:
    """``value`` as it may stand in a statement's text: ids, tokens, roles and times are plain, and
    anything else stands for no row, so it is told as nothing."""
    return f"'{value}'" if _PLAIN.fullmatch(value) else "''"


def _give_up(driver: Any) -> None:
    """Close a connection whose end may have been noticed already. The database rolls back."""
    log.info("database_connection_lost")
    with contextlib.suppress(asyncpg.InterfaceError):
        driver.terminate()


async def _nothing(driver: Any) -> None:
    """Instead of asyncpg's RESET ALL: settings here end with their transaction."""
