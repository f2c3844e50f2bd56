"""A database as the store sees it: transactions, and statements in them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from sqlalchemy import Executable
from sqlalchemy.engine import URL, make_url

from signaling.store.statements import Result

SERVER_ROLE = "roda_server"  # made by `roda migrate`; bypasses no row policy


class Connection(Protocol):
    """One connection in its transaction. Results are fetched whole."""

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        ...

    async def execute(
        self, statement: Executable, values: Mapping[str, Any] | None = None
    ) -> Result:
        """Raises `sqlalchemy.exc.DBAPIError` for what the database refuses."""
        ...

    async def tell(self, settings: Mapping[str, str], one_at_a_time: str | None = None) -> None:
        """Tell the database ``settings``, until the transaction ends. ``one_at_a_time``: and wait
        for every other transaction that has told this key."""
        ...


class Engine(Protocol):
    """A pool of connections to one database."""

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        ...

    def transaction(self, *, write: bool = True) -> AbstractAsyncContextManager[Connection]:
        """A connection in a transaction: committed on leaving, rolled back on an exception. Not
        ``write``: for reads only, which wait for no writer."""
        ...

    async def dispose(self) -> None: ...


def engine_for(database_url: str) -> Engine:
    """The server's engine for ``sqlite:///…`` or ``postgresql://…``. On PostgreSQL every
    connection works as `SERVER_ROLE`, whoever logs in. Raises ValueError for other databases."""
    url = checked_url(database_url)
    if url.get_backend_name() == "sqlite":
        from signaling.store.sqlite import SqliteEngine

        return SqliteEngine(url.database or "")
    from signaling.store.postgres import PostgresEngine

    return PostgresEngine(url, SERVER_ROLE)


def checked_url(database_url: str) -> URL:
    """Raises ValueError for what is neither SQLite nor PostgreSQL."""
    url = make_url(database_url.replace("postgres://", "postgresql://", 1))
    kind = url.get_backend_name()
    if kind not in ("sqlite", "postgresql"):
        raise ValueError(f"unsupported database {kind!r}: use sqlite or postgresql")
    return url
