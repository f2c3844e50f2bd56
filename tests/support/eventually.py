"""Waiting for something that real time brings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def eventually(condition: Callable[[], object], what: str, limit_s: float = 10) -> None:
    """Look again every 10 ms until ``condition()`` is true; fails the test after ``limit_s``."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + limit_s
    while not condition():
        assert loop.time() < deadline, f"{what} did not come true in {limit_s:g} s"
        await asyncio.sleep(0.01)
