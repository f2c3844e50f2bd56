"""How well a picture arrives at a window, by the browser's own statistics."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from tests.support.browser import Window


@dataclass(frozen=True)
class Picture:
    """One received track's counters, from its start to the second ``at``."""

    track: str
    at: float
    width: int
    frames: int
    frozen: float  # seconds


@dataclass(frozen=True)
class Reception:
    """Of a stretch of time."""

    width: int  # pixels, at its end
    frame_rate: float
    frozen: float  # share of the time, 0..1


async def pictures(window: Window) -> list[Picture]:
    """Every picture that the window receives, in the order of its tracks' ids."""
    found = [Picture(**each) for each in await window.page.evaluate("() => probe.pictures()")]
    return sorted(found, key=lambda picture: picture.track)


async def receive(duration_s: float, *windows: Window) -> list[list[Reception]]:
    """Of each window's pictures, over the same time."""
    before = [await pictures(window) for window in windows]
    await asyncio.sleep(duration_s)
    after = [await pictures(window) for window in windows]
    return [
        [_between(*pair) for pair in zip(*both, strict=True)]
        for both in zip(before, after, strict=True)
    ]


def _between(before: Picture, after: Picture) -> Reception:
    assert before.track == after.track
    duration_s = after.at - before.at
    frames = after.frames - before.frames
    frozen_s = after.frozen - before.frozen
    return Reception(after.width, frames / duration_s, frozen_s / duration_s)
