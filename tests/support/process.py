"""``roda serve`` as a real process on free ports."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.namespace import Namespace

START_LIMIT_S = 30.0
STOP_LIMIT_S = 15.0


@dataclass
class ServerProcess:
    """A running server. ``output`` grows while it runs; ``ready_after_s`` from its start."""

    process: asyncio.subprocess.Process
    url: str
    demo_link: str
    ready_after_s: float
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def resident_kb(self) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found
        return int(found[1])

    def cpu_s(self) -> float:
        """Seconds of processor time used until now."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """The environment of a server of its own: nothing of the caller's settings."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("RODA_")}
    own = {
        "RODA_DATA_DIR": str(folder / "data"),
        "RODA_HTTP_PORT": "0",
        "RODA_MEDIA_PORT": "0",
        "RODA_ANNOUNCED_IPS": "127.0.0.1",
        "RODA_DEMO": "true",
    }
    return {**kept, "PYTHONUNBUFFERED": "1", **own, **settings}


async def run_roda(*arguments: str, env: Mapping[str, str], given: str = "") -> tuple[int, str]:
    """Run one command to its end: exit status and everything it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "signaling.cli", *arguments),
        env=dict(env),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(given.encode()), START_LIMIT_S)
    return process.returncode or 0, output.decode()


@asynccontextmanager
async def server_process(
    folder: Path, *, inside: Namespace | None = None, **settings: str
) -> AsyncIterator[ServerProcess]:
    """Start a demo server (``settings`` are ``RODA_…`` variables), stop it by SIGTERM.

    :param inside: the network to run it in, if not the caller's"""
    started = time.monotonic()
    log = folder / "server.log"
    serve = (sys.executable, "-m", "signaling.cli", "serve")
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *(serve if inside is None else inside.command(*serve)),
            env=environment(folder, **settings),
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
        )
    try:
        async with asyncio.timeout(START_LIMIT_S):
            url, link = await _announced(process, settings.get("RODA_DEMO", "true") == "true")
        yield ServerProcess(process, url, link, time.monotonic() - started, log)
    finally:
        await _stop(process)


async def _announced(process: asyncio.subprocess.Process, demo: bool) -> tuple[str, str]:
    assert process.stdout is not None
    url = ""
    while line := (await process.stdout.readline()).decode():
        found = re.search(r"https?://\S+", line)
        if found and not url:
            url = found[0]
            if not demo:
                return url, ""
        elif found:
            return url, found[0]
    raise RuntimeError(f"the server ended with status {await process.wait()}")


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_LIMIT_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
