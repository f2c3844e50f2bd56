"""WHIP and WHEP clients that are programs of their own: other languages, other WebRTC stacks.

They are called ``PROGRAM whip|whep URL TOKEN …``, run until their input ends, and print "METHOD
STATUS" of each request; players print "frames AUDIO VIDEO LEVEL" too, as they go.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from tests.support.call_server import CallServer


class StandardProcess:
    """``audio`` and ``video``: frames decoded so far; ``level``: of the picture, as the program
    measures it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.audio = self.video = 0
        self.level = -1
        self.requests: list[str] = []
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while line := (await self.process.stdout.readline()).decode().split():
            if line[0] == "frames":
                self.audio, self.video, self.level = map(int, line[1:])
            else:
                self.requests.append(" ".join(line))

    async def stop(self) -> None:
        """Let it end its session and itself."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        await asyncio.wait_for(self.process.wait(), 10)
        await self._reading


@asynccontextmanager
async def standard_process(
    program: Sequence[str], server: CallServer, door: str, *arguments: str
) -> AsyncIterator[StandardProcess]:
    """Start it, with the host's token, in the server's ready session."""
    url = f"{server.running.url}/{door}/{server.link.rsplit('/', 1)[1]}"
    process = await asyncio.create_subprocess_exec(
        *(*program, door, url, server.host_token, *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    client = StandardProcess(process)
    try:
        yield client
    finally:
        if process.returncode is None:
            await client.stop()
