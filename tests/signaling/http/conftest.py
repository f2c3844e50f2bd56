from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.rest import RestWorld, rest_world


@pytest.fixture
async def world(tmp_path: Path, database_url: str) -> AsyncIterator[RestWorld]:
    async with rest_world(tmp_path, database_url=database_url) as made:
        yield made
