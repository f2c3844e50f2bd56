"""Following a peer connection to its success or failure."""

from __future__ import annotations

import asyncio

from aiortc import RTCPeerConnection

from bots.errors import BotError
from bots.timeline import Timeline


def watch_transport(
    pc: RTCPeerConnection, timeline: Timeline, step: str
) -> asyncio.Future[BotError | None]:
    """A future that is done with None when ``pc`` connects, or with the error when it fails first.

    Each is a ``step`` of the timeline; so is a failure later on. aiortc's own closing after the
    other side's is a failure unless it had been connected.
    """
    outcome: asyncio.Future[BotError | None] = asyncio.get_running_loop().create_future()

    def changed() -> None:
        state = pc.connectionState
        if state == "connected" and not outcome.done():
            timeline.step(step)
            outcome.set_result(None)
        elif state == "failed" or (state == "closed" and not outcome.done()):
            timeline.step(step, "failed", f"transport {state}")
            if not outcome.done():
                outcome.set_result(BotError("media_failed", f"{step}: transport {state}"))

    pc.on("connectionstatechange", changed)
    return outcome
