"""`python -m bench.registration`: how long a registration takes, and how many a second.

A real server process answers HTTP on loopback; guests register in many sessions, from this process.
On each database at a steady 50 and 500 a second, then as fast as the server answers. What each
registration costs the server, PostgreSQL and this client in CPU, and the share of a core that each
of them has, say what bounds the rate. How long registrations keep the server's loop, which carries
media too, is what a question that touches nothing (`/healthz`) waits for meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console
from rich.table import Table

from tests.support.postgres import postgres_server
from tests.support.process import ServerProcess, server_process

RESULTS = Path(__file__).parent / "results"
SESSIONS = 60
STEADY_PER_S = (50, 500)
PROBES_PER_S = 50
AT_ONCE = 16
LIMIT_MS = 15.0
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass
class Figures:
    per_s: float
    p50_ms: float
    p95_ms: float
    server_cpu_ms: float  # of each registration
    postgres_cpu_ms: float
    client_cpu_ms: float
    server_share: float  # of one core, while it lasted
    postgres_share: float
    client_share: float
    loop_p99_ms: float


class Guests:
    """Registers guests over HTTP, a new one each time."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url
        self._next: Iterator[str] = itertools.cycle(())
        self.times_ms: list[float] = []

    async def prepare(self) -> None:
        login = {"email": "rafael.terapeuta@exemplo.com", "password": "roda-demo"}
        token = (await self._post("/auth/login", login))["token"]
        wanted = {"session_name": "Bench", "max_participants": 200, "waiting_room_enabled": False}
        bearer = {"Authorization": f"Bearer {token}"}
        made = [await self._post("/sessions", wanted, bearer) for _ in range(SESSIONS)]
        self._next = itertools.cycle([one["session_token"] for one in made])

    async def register(self) -> None:
        path = f"/sessions/by-token/{next(self._next)}/participants"
        started = time.perf_counter()
        await self._post(path, {"participant_name": "Ana"})
        self.times_ms.append((time.perf_counter() - started) * 1000)

    async def _post(self, path: str, body: Any, headers: Any = None) -> dict[str, Any]:
        url = f"{self._url}/api/v1{path}"
        async with self._http.post(url, json=body, headers=headers) as answer:
            answer.raise_for_status()
            found: dict[str, Any] = await answer.json()
            return found


Load = Callable[[Guests, float], Awaitable[None]]


def steadily(per_s: int) -> Load:
    """Each starts at its time, whether the one before has been answered or not."""

    async def load(guests: Guests, seconds: float) -> None:
        await at_rate(guests.register, per_s, seconds)

    return load


async def at_rate(
    work: Callable[[], Coroutine[Any, Any, None]], per_s: int, seconds: float
) -> None:
    started = asyncio.get_running_loop().time()
    async with asyncio.TaskGroup() as tasks:
        for number in range(int(seconds * per_s)):
            due = started + number / per_s
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            tasks.create_task(work())


async def as_fast_as_answered(guests: Guests, seconds: float) -> None:
    until = time.perf_counter() + seconds

    async def one_after_another() -> None:
        while time.perf_counter() < until:
            await guests.register()

    await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))


async def measure(server: ServerProcess, load: Load, seconds: float) -> Figures:
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        guests, waits_ms = Guests(http, server.url), list[float]()
        await guests.prepare()
        for _ in range(20):
            await guests.register()
        guests.times_ms.clear()

        async def probe() -> None:
            started = time.perf_counter()
            async with http.get(f"{server.url}/healthz") as answer:
                await answer.read()
            waits_ms.append((time.perf_counter() - started) * 1000)

        before, started = _cpu(server.pid), time.perf_counter()
        probing = asyncio.create_task(at_rate(probe, PROBES_PER_S, seconds))
        await load(guests, seconds)
        elapsed = time.perf_counter() - started
        used = [after - early for after, early in zip(_cpu(server.pid), before, strict=True)]
        await probing
    count = len(guests.times_ms)
    return Figures(
        round(count / elapsed, 1),
        round(statistics.median(guests.times_ms), 1),
        _quantile(guests.times_ms, 0.95),
        *(round(seconds / count * 1000, 2) for seconds in used),
        *(round(seconds / elapsed, 2) for seconds in used),
        _quantile(waits_ms, 0.99),
    )


def _quantile(values: list[float], share: float) -> float:
    return round(sorted(values)[int(len(values) * share)], 1)


def _cpu(server: int) -> tuple[float, float, float]:
    """CPU seconds so far of the server, of every PostgreSQL process, of this process."""
    postgres = sum(_cpu_of(int(path.name)) for path in _processes() if _name(path) == "postgres")
    return _cpu_of(server), postgres, time.process_time()


def _processes() -> Iterator[Path]:
    return (path for path in Path("/proc").iterdir() if path.name.isdigit())


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text().strip()
    except OSError:
        return ""  # it has just ended


def _cpu_of(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) * _TICK_S


async def _run(postgres_url: str, seconds: float) -> dict[str, Figures]:
    found = {}
    for name, url in (("sqlite", ""), ("postgresql", postgres_url)):
        settings = {"RODA_DATABASE_URL": url} if url else {}
        with tempfile.TemporaryDirectory() as folder:
            async with server_process(Path(folder), **settings) as server:
                for per_s in STEADY_PER_S:
                    found[f"{name}, {per_s}/s"] = await measure(server, steadily(per_s), seconds)
                fast = await measure(server, as_fast_as_answered, seconds)
                found[f"{name}, {AT_ONCE} at once"] = fast
    return found


async def _with_database(server: Any, seconds: float) -> dict[str, Figures]:
    return await _run((await server.new_database()).url, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    seconds = parser.parse_args().seconds
    with postgres_server(durable=True) as server:
        found = asyncio.run(_with_database(server, seconds))
    names = tuple(Figures.__dataclass_fields__)
    table = Table("", *(name.replace("_", " ") for name in names))
    for name, one in found.items():
        table.add_row(name, *(f"{getattr(one, column):g}" for column in names))
    Console(width=160).print(table)
    print(
        f"goal: p95 ≤ {LIMIT_MS:g} ms at {STEADY_PER_S[0]}/s; load average {os.getloadavg()[0]:.1f}"
    )
    RESULTS.mkdir(exist_ok=True)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    report = {
        "load_average": os.getloadavg()[0],
        "figures": {name: vars(one) for name, one in found.items()},
    }
    (RESULTS / f"registration-{stamp}.json").write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
