from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.support.postgres import PostgresServer, postgres_folder, postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for all tests; each takes a database of its own."""
    if postgres_folder() is None and not os.environ.get("CI"):
        pytest.skip("Debian's postgresql is missing")
    with postgres_server() as server:
        yield server
