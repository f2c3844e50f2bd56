"""How a subscriber shows one track."""

from __future__ import annotations

from typing import NamedTuple


class Wish(NamedTuple):
    width: int = 1280  # pixels it is shown in; 0: not shown
    height: int = 720
    paused: bool = False
    pinned: bool = False  # served before other tiles, like the speaker


ANY_SIZE = Wish()
