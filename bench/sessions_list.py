"""`python -m bench.sessions_list`: a host's list among 100,000 sessions, 500,000 participants."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
from rich.console import Console
from rich.table import Table

from signaling.actors import Actor
from signaling.live_port import NoLiveRooms
from signaling.sessions import Sessions
from signaling.store.engine import engine_for
from signaling.store.store import Store
from tests.support.database import sqlite_file
from tests.support.postgres import Database, postgres_server

RESULTS = Path(__file__).parent / "results"
NOW = datetime(2030, 1, 2, 9, 0, tzinfo=UTC)
SEATS_A_SESSION = 5
LIMIT_MS = 20.0
Rows = Iterator[tuple[Any, ...]]

PROFILE = ("id", "email", "full_name", "role", "created_at", "updated_at")
SESSION = (
    *("id", "session_name", "session_token", "therapist_id", "is_active", "expires_at"),
    *("max_participants", "waiting_room_enabled", "recording_enabled", "locked"),
    *("created_at", "updated_at"),
)
SEAT = (
    *("id", "session_id", "participant_name", "role", "state", "is_active"),
    *("created_at", "updated_at", "joined_at"),
)


def profiles(hosts: int) -> Rows:
    for n in range(hosts):
        yield (f"host-{n}", f"{n}@example.org", f"Host {n}", "therapist", NOW, NOW)


def sessions(count: int, hosts: int) -> Rows:
    """One in ten still runs."""
    for n in range(count):
        made = NOW - timedelta(minutes=n)
        choices = (10, True, False, False)
        host = f"host-{n % hosts}"
        times = (made, made)
        runs = n % 10 == 0
        yield (
            f"s-{n}",
            "Talk",
            f"token-{n}",
            host,
            runs,
            NOW + timedelta(hours=1),
            *choices,
            *times,
        )


def seats(count: int) -> Rows:
    for n in range(count * SEATS_A_SESSION):
        state = (f"p-{n}", f"s-{n // SEATS_A_SESSION}", "Someone", "participant", "in_call", True)
        yield (*state, NOW, NOW, NOW)


def fill_sqlite(file: Path, count: int, hosts: int) -> None:
    """Fill a migrated file, and let SQLite count what its indexes hold."""

    def stored(rows: Rows) -> Iterator[list[Any]]:
        for row in rows:
            yield [
                one.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(one, datetime) else one
                for one in row
            ]

    with sqlite3.connect(file) as direct:
        direct.execute("PRAGMA synchronous=OFF")
        for table, columns, rows in _tables(count, hosts):
            marks = ", ".join("?" for _ in columns)
            statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
            direct.executemany(statement, stored(rows))
        direct.commit()
        direct.execute("ANALYZE")


async def fill_postgres(database: Database, count: int, hosts: int) -> None:
    owner = await asyncpg.connect(database.owner_url)
    for table, columns, rows in _tables(count, hosts):
        await owner.copy_records_to_table(table, records=rows, columns=columns)
    await owner.execute("ANALYZE")
    await owner.close()


def _tables(count: int, hosts: int) -> list[tuple[str, tuple[str, ...], Rows]]:
    return [
        ("profiles", PROFILE, profiles(hosts)),
        ("instant_sessions", SESSION, sessions(count, hosts)),
        ("instant_session_participants", SEAT, seats(count)),
    ]


async def measure(url: str, hosts: int, calls: int) -> dict[str, float]:
    """Milliseconds a call of `Sessions.own`, of random hosts one after another."""
    store = Store(engine_for(url), lambda: NOW)
    listing = Sessions(store, NoLiveRooms())
    chosen = random.Random(1)
    times = []
    for _ in range(calls + 5):
        host = Actor(role="therapist", user_id=f"host-{chosen.randrange(hosts)}")
        started = time.perf_counter()
        found = await listing.own(host)
        times.append((time.perf_counter() - started) * 1000)
        assert found
    await store.close()
    measured = sorted(times[5:])  # the first ones open connections
    return {
        "p50_ms": round(statistics.median(measured), 2),
        "p95_ms": round(measured[int(len(measured) * 0.95)], 2),
        "rows": len(found),
    }


async def _sqlite(folder: Path, count: int, hosts: int, calls: int) -> dict[str, float]:
    url = await sqlite_file(folder)
    fill_sqlite(folder / "roda.db", count, hosts)
    return await measure(url, hosts, calls)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--hosts", type=int, default=2_000)
    parser.add_argument("--calls", type=int, default=300)
    return parser.parse_args()


def main() -> None:
    given = _arguments()
    size = (given.sessions, given.hosts)
    with tempfile.TemporaryDirectory() as folder:
        found = {"sqlite": asyncio.run(_sqlite(Path(folder), *size, given.calls))}
    with postgres_server() as server, asyncio.Runner() as runner:
        database = runner.run(server.new_database())
        runner.run(fill_postgres(database, *size))
        found["postgresql"] = runner.run(measure(database.url, given.hosts, given.calls))
    table = Table("database", "p50 ms", "p95 ms", "goal ms", "rows")
    for name, one in found.items():
        shown = (one["p50_ms"], one["p95_ms"], LIMIT_MS, one["rows"])
        table.add_row(name, *(f"{value:g}" for value in shown))
    Console().print(table)
    RESULTS.mkdir(exist_ok=True)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    load = os.getloadavg()[0]
    report = {"sessions": given.sessions, "load_average": load, "databases": found}
    (RESULTS / f"sessions_list-{stamp}.json").write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
