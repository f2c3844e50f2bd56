from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.database import sqlite_file
from tests.support.postgres import PostgresServer, postgres_folder, postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for all tests; each takes a database of its own."""
    if postgres_folder() is None and not os.environ.get("CI"):
        pytest.skip("Debian's postgresql is missing")
    with postgres_server() as server:
        yield server


@pytest.fixture
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database at the current schema: an SQLite file, or where the test asks by
    `tests.support.database.ON_BOTH`, one on PostgreSQL."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return await sqlite_file(tmp_path)
    server: PostgresServer = request.getfixturevalue("postgres")
    return (await server.new_database()).url
