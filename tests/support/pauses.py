"""How long the other's picture stood still in a window."""

from __future__ import annotations

import asyncio

from tests.support.browser import Window


async def longest_pause(window: Window, watched_s: float) -> float:
    """Seconds between two of the other's pictures at most, the time to the end included."""
    time = asyncio.get_running_loop().time
    last = begun = time()
    (tile,) = await window.tiles()
    longest = 0.0
    while time() - begun < watched_s:
        (now,) = await window.tiles()
        longest = max(longest, time() - last)
        if now.frames != tile.frames:
            tile, last = now, time()
        await asyncio.sleep(0.05)
    return max(longest, time() - last)
