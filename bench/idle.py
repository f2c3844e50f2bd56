"""`python -m bench.idle`: what the server costs with ten connections that neither send nor are
sent media: their sockets are open, their transports not made."""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console

from bots.bot import Bot, BotOptions
from tests.support.clinic import clinic

RESULTS = Path(__file__).parent / "results"
TARGET_MB, TARGET_CPU = 90, 0.01


@dataclass(frozen=True)
class Idle:
    """``cpu_share`` of one core."""

    connections: int
    resident_mb: float
    cpu_share: float
    ready_after_s: float


async def measure(folder: Path, connections: int, seconds: float) -> Idle:
    """A second start is measured: the first creates the accounts and compiles the modules."""
    async with clinic(folder):
        pass
    async with clinic(folder) as roda, AsyncExitStack() as stack:
        session = await roda.session(max_participants=connections)
        for number in range(connections):
            bot = await stack.enter_async_context(Bot(BotOptions(f"Bot {number}")))
            await bot.join(session.link)
        before, began = roda.server.cpu_s(), time.monotonic()
        await asyncio.sleep(seconds)
        share = (roda.server.cpu_s() - before) / (time.monotonic() - began)
        resident_mb = roda.server.resident_kb() / 1024
        return Idle(connections, resident_mb, share, roda.server.ready_after_s)


async def _main(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        idle = await measure(Path(folder), 10, seconds)
    Console().print(
        f"{idle.connections} quiet connections: {idle.resident_mb:.0f} MB resident (target"
        f" {TARGET_MB}), {idle.cpu_share:.2%} of a core (target {TARGET_CPU:.0%});"
        f" ready {idle.ready_after_s:.1f} s after its start"
    )
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"idle-{time.strftime('%Y%m%d-%H%M%S')}.json"
    path.write_text(json.dumps(asdict(idle), indent=1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.idle")
    parser.add_argument("--seconds", type=float, default=30)
    asyncio.run(_main(parser.parse_args().seconds))
