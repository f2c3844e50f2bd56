"""`python -m bench`: prints a table, writes ``bench/results/*.json``."""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import socket
import threading
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.load import PACKET_SIZE, Load, Scenario, ServerProcess
from bench.relay import measure_relay

CM, GCM = "SRTP_AES128_CM_SHA1_80", "SRTP_AEAD_AES_128_GCM"
RESULTS = Path(__file__).parent / "results"

SCENARIOS = [
    Scenario(1, 10, 5, CM),
    Scenario(1, 50, 5, CM),
    Scenario(1, 100, 5, CM),
    Scenario(1, 50, 1, CM),
    Scenario(1, 50, 5, GCM),
    Scenario(1, 50, 1, GCM),
    Scenario(5, 10, 5, CM),
    Scenario(10, 10, 5, CM, everyone=True),
]


class Drain:
    """A socket that is read by a thread, as a receiver for the primitive."""

    def __init__(self) -> None:
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.bind(("127.0.0.1", 0))
        self._sock.settimeout(0.2)
        self._running = True
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        port: int = self._sock.getsockname()[1]
        return port

    def close(self) -> None:
        self._running = False
        self._thread.join()
        self._sock.close()

    def _read(self) -> None:
        while self._running:
            try:
                self._sock.recv(2048)
            except TimeoutError:
                continue


async def _primitive(server: ServerProcess, profile: str) -> float:
    """Microseconds of one protect and one sendto: the least of three rounds."""
    drain = Drain()
    rounds = [
        await server("primitive", profile=profile, size=PACKET_SIZE, port=drain.port, count=20_000)
        for _ in range(3)
    ]
    drain.close()
    return 1e6 * min(r["seconds"] for r in rounds)


async def _measure(scenario: Scenario) -> dict[str, object]:
    server = await ServerProcess.start()
    load = Load(server, scenario)
    await load.connect()
    figures = await load.run()
    await load.close()
    primitive = await _primitive(server, scenario.profile)
    await server.stop()
    return {
        "scenario": scenario.label,
        "profile": scenario.profile,
        "primitive_us": primitive,
        "ratio": figures["us_per_packet"] / primitive,
        **figures,
    }


def _show(console: Console, rows: list[dict[str, object]], relay_us: float | None) -> None:
    table = Table(title="Server CPU per forwarded packet of 1.1 kB")
    for heading in (
        "publishers × receivers",
        "SRTP",
        "forwarded/s",
        "CPU",
        "µs/packet",
        "protect + sendto µs",
        "ratio",
        "× cheaper than MediaRelay",
    ):
        table.add_column(heading, justify="left" if heading[0] in "pS" else "right")
    for row in rows:
        cheaper = "" if relay_us is None else f"{relay_us / float(str(row['us_per_packet'])):.0f}"
        table.add_row(
            str(row["scenario"]),
            "CM" if row["profile"] == CM else "GCM",
            f"{row['forwarded_per_s']:.0f}",
            f"{row['cpu_share']:.1%}",
            f"{row['us_per_packet']:.2f}",
            f"{row['primitive_us']:.2f}",
            f"{row['ratio']:.2f}",
            cheaper,
        )
    console.print(table)


async def _main(quick: bool, relay: bool) -> None:
    console = Console(width=120)
    scenarios = [SCENARIOS[1]] if quick else SCENARIOS
    rows = []
    for scenario in scenarios:
        rows.append(await _measure(scenario))
    relay_us = await measure_relay() if relay else None
    _show(console, rows, relay_us)
    if relay_us is not None:
        console.print(f"aiortc MediaRelay: {relay_us:.0f} µs per forwarded packet")
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"forwarding-{time.strftime('%Y%m%d-%H%M%S')}.json"
    host = {"machine": platform.machine(), "python": platform.python_version()}
    path.write_text(json.dumps({"host": host, "relay_us": relay_us, "rows": rows}, indent=1))
    console.print(
        f"written: {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--quick", action="store_true", help="only 1×50 in bursts")
    parser.add_argument("--no-relay", action="store_true", help="leave out aiortc's MediaRelay")
    arguments = parser.parse_args()
    asyncio.run(_main(arguments.quick, not arguments.no_relay))
