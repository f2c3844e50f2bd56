"""SQLite in threads: one statement is one way there and back."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from sqlalchemy import Executable
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import DBAPIError

from signaling.store.statements import Prepared, Result, Statements

BUSY_TIMEOUT_MS = 5000
CONNECTIONS = 4  # each is a thread; there is one writer at a time anyway
# In WAL mode, NORMAL writes a committed row to the operating system at once, so a killed process
# loses none; only a power cut may take the last ones. FULL waits for the disk.
PRAGMAS: Final = (
    "journal_mode=WAL",
    "foreign_keys=ON",
    f"busy_timeout={BUSY_TIMEOUT_MS}",
    "synchronous=NORMAL",
)
T = TypeVar("T")


class SqliteEngine:
    """Connections to one file, opened when they are first needed."""

    dialect: Final = "sqlite"

    def __init__(self, file: str) -> None:
        self._file = file
        self._statements = Statements(SQLiteDialect_pysqlite())
        self._free: asyncio.LifoQueue[_Thread | None] = asyncio.LifoQueue()
        for _ in range(CONNECTIONS):
            self._free.put_nowait(None)
        self._writer = asyncio.Lock()

    @asynccontextmanager
    async def transaction(self, *, write: bool = True) -> AsyncIterator[SqliteConnection]:
        """One connection in a transaction: committed on leaving, rolled back on an exception.

        SQLite has one writer at a time. Ours take turns here, in order: waiting in SQLite is
        polling, in which the unlucky wait for seconds."""
        if write:
            async with self._writer, self._transaction("BEGIN IMMEDIATE") as connection:
                yield connection
            return
        async with self._transaction("BEGIN") as connection:
            yield connection

    @asynccontextmanager
    async def _transaction(self, begin: str) -> AsyncIterator[SqliteConnection]:
        thread = await self._free.get()
        try:
            thread = thread or await _Thread.open(self._file)
            connection = SqliteConnection(thread, self._statements, begin)
            try:
                yield connection
                await connection.end("COMMIT")
            except BaseException:
                # Shielded: a request that is cancelled still leaves nothing behind.
                await asyncio.shield(connection.end("ROLLBACK"))
                raise
        finally:
            self._free.put_nowait(thread)

    async def dispose(self) -> None:
        """Close the connections that are not in use."""
        while not self._free.empty():
            thread = self._free.get_nowait()
            if thread is not None:
                await thread.close()


class SqliteConnection:
    """A connection and its transaction, which begins with the first statement."""

    dialect: Final = "sqlite"

    def __init__(self, thread: _Thread, statements: Statements, begin: str) -> None:
        self._thread = thread
        self._statements = statements
        # A deferred transaction that reads and then writes can fail at once with "database is
        # locked"; taking the write lock first waits for it instead.
        self._begin: str | None = begin

    async def execute(
        self, statement: Executable, values: Mapping[str, Any] | None = None
    ) -> Result:
        """Raises `DBAPIError` for what the database refuses."""
        prepared = self._statements.prepare(statement, values)
        begin, self._begin = self._begin, None
        try:
            return await self._thread.run(lambda driver: _execute(driver, begin, prepared))
        except sqlite3.Error as exc:
            raise DBAPIError(prepared.text, None, exc, hide_parameters=True) from exc

    async def tell(self, settings: Mapping[str, str], one_at_a_time: str | None = None) -> None:
        """Nothing: Roda itself applies the policies, and writers take turns anyway."""

    async def end(self, how: str) -> None:
        if self._begin is None:
            await self._thread.run(lambda driver: _end(driver, how))


class _Thread:
    """One connection and the thread it lives in."""

    def __init__(self, threads: ThreadPoolExecutor, driver: sqlite3.Connection) -> None:
        self._threads = threads
        self._driver = driver

    @classmethod
    async def open(cls, file: str) -> _Thread:
        threads = ThreadPoolExecutor(1, "roda-sqlite")
        driver = await asyncio.get_running_loop().run_in_executor(threads, _connect, file)
        return cls(threads, driver)

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Done in order, whoever still waits for it."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, work, self._driver)

    async def close(self) -> None:
        await self.run(sqlite3.Connection.close)
        self._threads.shutdown(wait=False)


def _connect(file: str) -> sqlite3.Connection:
    driver = sqlite3.connect(file, isolation_level=None)  # BEGIN is ours
    for pragma in PRAGMAS:
        driver.execute(f"PRAGMA {pragma}")
    return driver


def _execute(driver: sqlite3.Connection, begin: str | None, prepared: Prepared) -> Result:
    if begin is not None:
        driver.execute(begin)
    cursor = driver.execute(prepared.text, tuple(prepared.values))
    if prepared.changes:
        return Result(changed=cursor.rowcount)
    names = [column[0] for column in cursor.description or ()]
    return Result(rows=[prepared.read(dict(zip(names, row, strict=True))) for row in cursor])


def _end(driver: sqlite3.Connection, how: str) -> None:
    if driver.in_transaction:
        driver.execute(how)
