"""Brings a database to the current schema. The only module that imports Alembic."""

from __future__ import annotations

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from signaling.store.owner import as_owner

MIGRATIONS = Path(__file__).parent / "migrations"


def alembic_config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def migrate(database_url: str) -> None:
    """Apply every revision that is missing, as the tables' owner, and have PostgreSQL enforce the
    row policies; does nothing when nothing is missing.

    Not to be called on an event loop: see `upgrade`."""
    asyncio.run(upgrade(database_url))


async def upgrade(database_url: str, revision: str = "head") -> None:
    """The same, on the running loop (which it keeps busy); up to ``revision``."""
    await as_owner(database_url, lambda connection: _upgrade(connection, revision))


def _upgrade(connection: Connection, revision: str) -> None:
    if connection.dialect.name != "postgresql":
        command.upgrade(alembic_config(connection), revision)
        return
    from signaling.store import policy_ddl  # loads the dialect

    policy_ddl.lock(connection)
    command.upgrade(alembic_config(connection), revision)
    policy_ddl.apply(connection)
