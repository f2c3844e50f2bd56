"""Real databases for tests: a migrated SQLite file, and use cases over it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from signaling.accounts import Profile
from signaling.live_port import LivePort, NoLiveRooms
from signaling.passwords import HashCost
from signaling.service import Services
from signaling.store.engine import engine_for
from signaling.store.migrate import upgrade
from signaling.store.store import Store

SECRET = "a secret that only the tests know of, long enough"
PASSWORD = "correct horse"
CHEAP_HASHES = HashCost(memory_kib=8, passes=1)
START = datetime(2030, 1, 2, 9, 0, tzinfo=UTC)

ON_BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@dataclass
class SettableClock:
    """Time that passes only when told."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **delta: float) -> None:
        self.now += timedelta(**delta)


async def sqlite_file(folder: Path) -> str:
    """The URL of a new SQLite database at the current schema."""
    url = f"sqlite:///{folder / 'roda.db'}"
    await upgrade(url)
    return url


@asynccontextmanager
async def services_over(
    url: str, clock: SettableClock, live: LivePort | None = None
) -> AsyncIterator[Services]:
    store = Store(engine_for(url), clock)
    services = Services.over(store, SECRET, live or NoLiveRooms(), clock, CHEAP_HASHES)
    try:
        yield services
    finally:
        await services.close()


@dataclass(frozen=True)
class People:
    """Accounts every test may use; each has `PASSWORD`."""

    therapist: Profile
    other_therapist: Profile
    patient: Profile
    admin: Profile


async def add_people(services: Services) -> People:
    add = services.accounts.add_user
    return People(
        therapist=await add("t@example.org", "therapist", "Teresa", PASSWORD),
        other_therapist=await add("o@example.org", "therapist", "Olga", PASSWORD),
        patient=await add("p@example.org", "patient", "Pedro", PASSWORD),
        admin=await add("a@example.org", "admin", "Alba", PASSWORD),
    )
