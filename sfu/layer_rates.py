"""How many bits a second each layer of a stream takes, with all it depends on."""

from __future__ import annotations

from collections import deque
from itertools import takewhile
from math import inf
from typing import NamedTuple

from sfu.frame_role import ALL, ONLY_ONE, FrameRole, Layer, Targets
from sfu.rate_meter import VOID_AFTER_S, WINDOW_S, WINDOWS_KEPT, steady

MOST_MASKS = 64  # told apart in one window; a publisher may name more
RETURN_WITHIN_S = 4.0  # a publisher has begun a layer so long after it was told to
Size = tuple[int, int]  # width and height in pixels, zeros where not known


class LayerRate(NamedTuple):
    """One quality that a stream can be had in."""

    layer: Layer
    bps: float
    size: Size
    whole: bool  # it takes in everything that is sent


class _Window(NamedTuple):
    """Bits a second of each target and in all, and whose spatial layers had frames."""

    targets: tuple[float, ...]
    total: float
    spatial: frozenset[int]


class LayerRates:
    """One stream's. Counts bytes by `FrameRole.needed_by`, in windows like `RateMeter`'s."""

    __slots__ = (
        "_active",
        "_bits",
        "_started_at",
        "_targets",
        "_windows",
        "held",
        "layers",
        "sizes",
    )

    def __init__(self) -> None:
        self.layers: tuple[LayerRate, ...] = ()
        """Lowest first; empty without layers, and until a window is full. What brings no frames of
        its own is left out."""
        self.sizes: tuple[Size, ...] = ()  # by spatial layer, as the last keyframe tells
        self._targets: Targets = ONLY_ONE
        self._active = ALL
        self._bits: dict[int, int] = {}  # by mask
        self._started_at = 0.0
        self._windows: deque[_Window] = deque(maxlen=WINDOWS_KEPT)
        self.held: dict[int, float] = {}
        """Spatial layers that are to be had and need not come at present, until when."""

    @property
    def count(self) -> int:
        """How many spatial layers there are to be had."""
        return max((each.layer[0] for each in self.layers), default=0) + 1

    def tell(self, count: int, now: float) -> None:
        """The publisher is told to send so many spatial layers. Those above are still to be had:
        they are held as they were last, and for `RETURN_WITHIN_S` when it is told of them again."""
        for spatial in range(self.count):
            if spatial >= count:
                self.held[spatial] = inf
            elif self.held.get(spatial) == inf:
                self.held[spatial] = now + RETURN_WITHIN_S

    def note(self, role: FrameRole, size: int, now: float) -> None:
        """``size`` bytes of a frame came. Only to be called where ``role`` has layers."""
        if role.targets is not self._targets:
            self._targets = role.targets
            self._windows.clear()
            self._begin(now)
        self._active = role.active
        needed_by = role.needed_by & role.active
        bits = self._bits
        if needed_by not in bits and len(bits) >= MOST_MASKS:
            needed_by = role.active
        bits[needed_by] = bits.get(needed_by, 0) + 8 * size
        elapsed = now - self._started_at
        if elapsed >= WINDOW_S:
            if elapsed < VOID_AFTER_S:
                self._windows.append(self._window(elapsed))
                self._renew(now)
            self._begin(now)

    # --- inside ---------------------------------------------------------------------------------

    def _begin(self, now: float) -> None:
        self._bits = {}
        self._started_at = now

    def _window(self, elapsed: float) -> _Window:
        numbers = range(len(self._targets))
        rates = {mask: bits / elapsed for mask, bits in self._bits.items()}
        takers = {mask: [n for n in numbers if mask >> n & 1] for mask in rates}
        targets = [0.0 for _ in numbers]
        for mask, rate in rates.items():
            for number in takers[mask]:
                targets[number] += rate
        # A frame's own layer is the lowest that takes it.
        own = frozenset(min(self._targets[n] for n in each)[0] for each in takers.values() if each)
        return _Window(tuple(targets), sum(rates.values()), own)

    def _renew(self, now: float) -> None:
        runs = {spatial: self._run(spatial) for spatial in {layer[0] for layer in self._targets}}
        self.held = {
            spatial: until
            for spatial, until in self.held.items()
            if until == inf or (now < until and not runs.get(spatial))
        }
        held = [each for each in self.layers if each.layer[0] in self.held]
        found: list[LayerRate] = []
        known: set[tuple[float, ...]] = set()
        for layer, number in sorted((layer, n) for n, layer in enumerate(self._targets)):
            run = () if layer[0] in self.held else runs[layer[0]]
            rates = tuple(each.targets[number] for each in run)
            if not any(rates) or rates in known or not self._active >> number & 1:
                continue
            known.add(rates)
            size = self.sizes[layer[0]] if layer[0] < len(self.sizes) else (0, 0)
            whole = not held and rates == tuple(each.total for each in run)
            found.append(LayerRate(layer, steady(rates), size, whole))
        self.layers = (*found, *held)

    def _run(self, spatial: int) -> tuple[_Window, ...]:
        """The last windows in which the spatial layer had frames, without a break. Of a stream with
        few, one may have been lost."""
        windows = list(self._windows)
        if spatial not in windows[-1].spatial:
            windows.pop()
        found = list(takewhile(lambda each: spatial in each.spatial, reversed(windows)))
        return tuple(reversed(found))
