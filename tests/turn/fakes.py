"""Providers and clocks that tests steer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from turn.provider import IceServer, IceServerError, IceServerList


class ManualClock:
    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def some_list(label: str = "a", ttl_s: int = 100) -> IceServerList:
    return IceServerList((IceServer((f"turn:{label}.example:3478",), "user", "secret"),), ttl_s)


class ScriptedProvider:
    """Gives what ``script`` says, one entry a call; waits for ``gate`` first when there is one."""

    def __init__(
        self,
        script: Sequence[IceServerList | IceServerError],
        gate: asyncio.Event | None = None,
        name: str = "scripted",
    ) -> None:
        self.name = name
        self.asked: list[str] = []
        self._script = list(script)
        self._gate = gate

    async def ice_servers(self, participant: str) -> IceServerList:
        self.asked.append(participant)
        if self._gate is not None:
            await self._gate.wait()
        step = self._script.pop(0)
        if isinstance(step, IceServerError):
            raise step
        return step
