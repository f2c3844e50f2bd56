"""The database as its owner, for migrations: SQLAlchemy's own engine, a transaction at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, NullPool, create_engine, event
from sqlalchemy.util import greenlet_spawn

from signaling.store.engine import checked_url

T = TypeVar("T")
_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+asyncpg"}


async def as_owner(database_url: str, work: Callable[[Connection], T]) -> T:
    """``work``'s result, done in a transaction of the role that logs in. Keeps the loop busy on
    SQLite. Raises ValueError for other databases than SQLite and PostgreSQL."""
    url = checked_url(database_url)
    kind = url.get_backend_name()
    engine = create_engine(url.set(drivername=_DRIVERS[kind]), poolclass=NullPool)
    if kind == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)

    def in_transaction() -> T:
        with engine.begin() as connection:
            return work(connection)

    return await greenlet_spawn(in_transaction)


def _prepare_sqlite(connection: Any, record: Any) -> None:
    from signaling.store.sqlite import PRAGMAS

    connection.isolation_level = None  # BEGIN is ours: changes of the schema are undone too
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
