"""Entering a session by its WebSocket, the first time and after the socket was lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from pydantic import ValidationError

from bots.errors import BotError
from bots.signaling import SignalingClient, parse_result
from signaling.protocol import Join, JoinResult

RESUME_LIMIT_S = 30.0  # the server keeps the seat so long
ATTEMPT_LIMIT_S = 4.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 2.0
# Failures that may pass: the network is not back yet.
_PASSING = frozenset({"server_unreachable", "timeout", "connection_closed", "connect_refused"})


async def enter(signaling: SignalingClient) -> JoinResult:
    """Raises `BotError`."""
    answer = await signaling.request(lambda i: Join(id=i, type="join"))
    try:
        return JoinResult.model_validate(parse_result(answer))
    except ValidationError:
        raise BotError("answer_invalid", "the join's answer has another shape") from None


async def resume(connect: Callable[[], Awaitable[SignalingClient]]) -> JoinResult:
    """Open sockets by ``connect`` until one leads in. Raises `BotError`: the server's refusal, or
    the last failure when the time is over."""
    loop = asyncio.get_running_loop()
    deadline, pause_s = loop.time() + RESUME_LIMIT_S, FIRST_PAUSE_S
    while True:
        try:
            async with asyncio.timeout(ATTEMPT_LIMIT_S):
                return await enter(await connect())
        except TimeoutError:
            failure = BotError("timeout", "the server did not answer in time")
        except BotError as exc:
            failure = exc
        if failure.code not in _PASSING or loop.time() > deadline:
            raise failure
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
