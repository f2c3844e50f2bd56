"""Which decode target of a stream in layers one consumer follows."""

from __future__ import annotations

from typing import NamedTuple

from sfu.frame_role import ALL, ONLY_ONE, FrameRole, Layer, Targets, mask

TOP: Layer = (7, 7)  # no stream has more
_NOTHING, _ANY = -1, 7  # as spatial layers


class Selection(NamedTuple):
    """What passes."""

    targets: Targets
    bit: int  # mask of the target; `ALL` while everything passes, 0 while nothing does
    top: int  # the spatial layer that ends a picture; 7 while everything passes

    def takes(self, role: FrameRole) -> bool:
        """Whether a frame passes. Not if it was numbered by other targets."""
        if role.targets is ONLY_ONE or self.bit == ALL:
            return True
        return role.targets is self.targets and bool(role.needed_by & self.bit)


class LayerChoice:
    """Goes over to another target only where everything that its frames depend on has passed: where
    the target is intact, or with a frame that one may begin with."""

    def __init__(self, wanted: Layer, *, intact: bool) -> None:
        """
        :param wanted: the (spatial, temporal) layer to have at most
        :param intact: everything has passed since a keyframe; otherwise nothing has, and it begins
            with one
        """
        self.wanted = wanted
        self.needs_keyframe = False  # the wanted spatial layer cannot be begun with otherwise
        self.selection = Selection((), ALL, _ANY) if intact else Selection((), 0, _NOTHING)
        self._intact = ALL if intact else 0
        self._active = ALL
        self._best_first: tuple[int, ...] = ()  # targets
        self._allowed = 0
        self._goal = 0  # mask: the best that is allowed
        self._hurried = True

    def want(self, layer: Layer, *, hurried: bool = True) -> None:
        """Have another layer as soon as it can be decoded.

        :param hurried: the line does not carry what passes now: while a lower layer can't be
            decoded yet, have the lowest frame rate of that
        """
        self.wanted, self._hurried = layer, hurried
        self._aim()

    @property
    def layer(self) -> Layer | None:
        """The layer that passes; None while that is everything, or nothing."""
        targets, bit, _ = self.selection
        return None if bit in (ALL, 0) else targets[bit.bit_length() - 1]

    def judge(self, role: FrameRole, *, new_picture: bool) -> bool:
        """Whether the next frame passes. All of one stream's frames must be shown, in order.

        :param new_picture: it is the first of its picture (temporal unit)
        """
        if role.targets is ONLY_ONE:
            return True
        if role.targets is not self.selection.targets or role.active != self._active:
            self._renew(role)
        decodable = role.decodable_with == ALL or bool(role.decodable_with & self._intact)
        if self.selection.bit != self._goal:
            begins = role.switch_to & role.needed_by if decodable else 0
            self._approach(self._intact | begins, new_picture=new_picture)
            if self.selection.bit == self._goal:
                self.needs_keyframe = False
        passes = self.selection.takes(role)
        if not (passes and decodable):
            self._intact &= ~role.required_by
        else:
            self._intact |= role.switch_to
        return passes

    # --- inside ---------------------------------------------------------------------------------

    def _renew(self, role: FrameRole) -> None:
        """The stream is in other layers now, or others of them are sent."""
        old, targets = self.selection, role.targets
        if targets is not old.targets:
            self._best_first = tuple(sorted(range(len(targets)), key=lambda n: targets[n])[::-1])
            if self._intact != ALL:
                self._intact = _same_layers(self._intact, old.targets, targets)
            bit = old.bit
            if bit != ALL:
                bit = _same_layers(bit, old.targets, targets)
            self.selection = Selection(targets, bit, old.top if bit else _NOTHING)
        self._active = role.active
        self._aim()

    def _aim(self) -> None:
        targets, bit, top = self.selection
        if not targets:
            return
        spatial, temporal = self.wanted
        fitting = mask(n for n, (s, t) in enumerate(targets) if s <= spatial and t <= temporal)
        fitting = fitting or 1 << self._best_first[-1]
        self._allowed = fitting & self._active or fitting
        self._goal = self._best(self._allowed)
        self.needs_keyframe = not self._goal & self._intact and (
            bit == 0 or self._spatial(self._goal) != top
        )

    def _approach(self, reachable: int, *, new_picture: bool) -> None:
        """Go to the best target that is reachable. Down only between pictures: what has passed of
        one would lack its end."""
        _, bit, top = self.selection
        best = self._best(reachable & self._allowed)
        falling = not bit & self._allowed or bit == ALL
        if falling and not best and bit not in (ALL, 0) and self._hurried:
            # A keyframe has to come first; until then, as little as possible.
            same = (n for n, (s, _) in enumerate(self.selection.targets) if s == top)
            best = self._lowest(reachable & mask(same))
        if not best or (not falling and self._order(best) <= self._order(bit)):
            return
        spatial = self._spatial(best)
        if new_picture or spatial >= top:
            self.selection = self.selection._replace(bit=best, top=spatial)

    def _best(self, among: int) -> int:
        return next((1 << n for n in self._best_first if among >> n & 1), 0)

    def _lowest(self, among: int) -> int:
        return next((1 << n for n in reversed(self._best_first) if among >> n & 1), 0)

    def _spatial(self, bit: int) -> int:
        return self.selection.targets[bit.bit_length() - 1][0]

    def _order(self, bit: int) -> Layer:
        return self.selection.targets[bit.bit_length() - 1]


def _same_layers(bits: int, before: Targets, after: Targets) -> int:
    """The targets of the same layers under their new numbers."""
    layers = {layer for n, layer in enumerate(before) if bits >> n & 1}
    return mask(n for n, layer in enumerate(after) if layer in layers)
