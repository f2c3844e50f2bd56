"""`python -m bench`: prints a table, writes ``bench/results/*.json``."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import time
from collections.abc import AsyncIterator
from pathlib import Path

from rich.console import Console

from bench.bare import measure_bare
from bench.delay import measure_delay
from bench.forwarding import (
    QUICK,
    SCENARIOS,
    measure_filtering,
    measure_forwarding,
    measure_retransmission,
)
from bench.load import CM, Scenario, ServerProcess
from bench.memory import measure_memory
from bench.relay import measure_relay
from bench.row import Row, table_of

RESULTS = Path(__file__).parent / "results"

# 10,000 forwarded packets a second each.
DELAYED = [
    Scenario(1, 50, 5, CM, packets_per_s=200),
    Scenario(1, 50, 1, CM, packets_per_s=200),
    Scenario(10, 10, 5, CM, everyone=True, packets_per_s=1000 / 9),
]


async def _rows(server: ServerProcess, quick: bool, relay_us: float | None) -> AsyncIterator[Row]:
    for scenario in QUICK if quick else SCENARIOS:
        yield await measure_forwarding(server, scenario, relay_us)
    yield await measure_retransmission(server, CM)
    yield await measure_filtering(server, CM)
    bare = await measure_bare()
    for scenario in DELAYED:
        yield await measure_delay(server, scenario, bare)
    yield await measure_memory(CM)


async def _main(quick: bool, relay: bool) -> None:
    console = Console(width=120)
    relay_us = await measure_relay() if relay else None
    server = await ServerProcess.start()
    rows = []
    async for row in _rows(server, quick, relay_us):
        rows.append(row)
        console.print(f"{row.what}: {row.measured}", style="dim")
    await server.stop()
    title = "Server CPU per forwarded packet of 1.1 kB, as a multiple of one protect and one sendto"
    console.print(table_of(rows, title))
    if relay_us is not None:
        console.print(f"aiortc MediaRelay: {relay_us:.0f} µs per forwarded packet")
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"forwarding-{time.strftime('%Y%m%d-%H%M%S')}.json"
    host = {
        "machine": platform.machine(),
        "python": platform.python_version(),
        "load_average": os.getloadavg()[0],
    }
    report = {"host": host, "relay_us": relay_us, "rows": [row.as_json() for row in rows]}
    path.write_text(json.dumps(report, indent=1))
    console.print(f"written: {path.name}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--quick", action="store_true", help="of the costs only 1×50")
    parser.add_argument("--no-relay", action="store_true", help="leave out aiortc's MediaRelay")
    arguments = parser.parse_args()
    asyncio.run(_main(arguments.quick, not arguments.no_relay))
