"""Bots that send what was encoded once and count what arrives, in a process of their own.

``python -m tests.support.light_bots LINK COUNT OTHERS``: joins COUNT bots, waits until media of
every one of the OTHERS connections has come to each, and then answers every line on standard input
with a line of JSON: the bots' reports so far. Ends when standard input does.
"""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from bots.bot import Bot, BotOptions
from bots.recorded import recorded_source
from bots.report import BotReport
from bots.sources import SyntheticSettings

READY_LIMIT_S = 60.0
ANSWER_LIMIT_S = 20.0
LINE_LIMIT = 1 << 22
ENOUGH_FRAMES = 10


@dataclass(frozen=True)
class LightBots:
    """Some bots in a process."""

    process: Process

    async def reports(self) -> list[BotReport]:
        """What each has sent and received since it joined. The first call waits for media."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(b"\n")
        line = await asyncio.wait_for(self.process.stdout.readline(), READY_LIMIT_S)
        return [BotReport.model_validate(one) for one in json.loads(line)]


@asynccontextmanager
async def light_bots(link: str, count: int, others: int) -> AsyncIterator[LightBots]:
    """``count`` bots in one process, each in the call with ``others`` more connections."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.light_bots", link, str(count), str(others)),
        stdin=PIPE,
        stdout=PIPE,
        limit=LINE_LIMIT,
    )
    try:
        yield LightBots(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), ANSWER_LIMIT_S)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise


def lost(reports: Sequence[BotReport]) -> int:
    """Packets that went missing on the way to the server or from it."""
    return sum(one.packets_lost + one.published.packets_lost for one in reports)


async def _run(link: str, count: int, others: int) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with AsyncExitStack() as stack:
        bots = []
        for number in range(count):
            source = await recorded_source(SyntheticSettings(tone_hz=300 + 100 * number))
            bot = await stack.enter_async_context(
                Bot(BotOptions(f"Bot {number}", decode=False), source)
            )
            await bot.join(link)
            bots.append(bot)
        for bot in bots:
            await bot.wait_for(
                partial(_everybody_arrives, bot, others), READY_LIMIT_S, "media of all"
            )
        while await reader.readline():
            reports = [(await bot.report()).model_dump(mode="json") for bot in bots]
            print(json.dumps(reports), flush=True)


def _everybody_arrives(bot: Bot, others: int) -> bool:
    tracks = bot.remote_tracks()
    return len(tracks) == 2 * others and all(track.frames > ENOUGH_FRAMES for track in tracks)


if __name__ == "__main__":
    asyncio.run(_run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
