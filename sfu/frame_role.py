"""What a frame is to each quality that a stream can be had in."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from sfu.wire.dependency_descriptor import (
    DISCARDABLE,
    NOT_PRESENT,
    SWITCH,
    FrameDependencies,
    TemplateStructure,
)

ALL = -1  # as a mask: every target
VP8_TEMPORAL_LAYERS = 4  # RFC 7741: two bits
VP9_TEMPORAL_LAYERS = 8  # RFC 9628: three bits

Layer = tuple[int, int]  # (spatial, temporal), the highest that a target takes in
Targets = tuple[Layer, ...]  # of one stream always the same object, until they change


class FrameRole(NamedTuple):
    """Decode targets are counted from 0; a mask has bit ``1 << n`` for target ``n``.

    A target is intact for a receiver that got every frame the target requires, back to one that it
    could begin with."""

    targets: Targets
    needed_by: int  # mask: who takes this frame
    required_by: int  # mask: whose later frames may depend on it
    switch_to: int  # mask: who may begin here, if the frame can be decoded
    decodable_with: int  # mask: it can be decoded where any one of these is intact
    active: int = ALL  # mask: which targets are sent at present


ONLY_ONE: Targets = ((0, 0),)
WHOLE = FrameRole(ONLY_ONE, ALL, ALL, 0, ALL)
"""Of a stream without layers, and of what cannot be read: everyone takes it."""


def mask(targets: Iterable[int]) -> int:
    """The bits of ``targets``."""
    bits = 0
    for target in targets:
        bits |= 1 << target
    return bits


@cache
def vp8_role(temporal: int, keyframe: bool, sync: bool, unused: bool) -> FrameRole:
    """
    :param temporal: 0..3
    :param sync: it depends on the last base frame only, and so does what follows, as far as it is
        not younger (Y of RFC 7741)
    :param unused: no other frame depends on it (N)
    """
    layers = range(VP8_TEMPORAL_LAYERS)
    needed = mask(layers[temporal:])
    switch = needed if keyframe else mask(layers[: temporal + 1]) if sync else 0
    return FrameRole(
        targets=_VP8_TARGETS,
        needed_by=needed,
        required_by=0 if unused else needed,
        switch_to=switch,
        decodable_with=ALL if keyframe else needed | 1 if sync else needed,
    )


_VP8_TARGETS: Targets = tuple((0, each) for each in range(VP8_TEMPORAL_LAYERS))


@cache
def _vp9_targets(spatial_layers: int) -> Targets:
    return tuple((s, t) for s in range(spatial_layers) for t in range(VP9_TEMPORAL_LAYERS))


@cache
def vp9_role(
    layer: Layer,
    spatial_layers: int,
    switching_up: bool,
    predicted: bool,
    predicted_upward: bool,
    used_upward: bool,
) -> FrameRole:
    """By the payload descriptor alone (RFC 9628 section 4.2).

    :param layer: (0..7, 0..7)
    :param spatial_layers: how many there are, 1..8
    :param switching_up: pictures of higher temporal layers to come depend on none of them before
        it (U). Believed of the lowest temporal layer only: of others, libwebrtc says by it what the
        picture itself depends on
    :param predicted: from an earlier picture (P)
    :param predicted_upward: from the same picture's next lower spatial layer (D)
    :param used_upward: higher spatial layers of the same picture may depend on it (not Z)
    """
    spatial, temporal = layer
    targets = _vp9_targets(spatial_layers)
    needed = mask(
        index
        for index, (s, t) in enumerate(targets)
        if t >= temporal and (s == spatial or (used_upward and s > spatial))
    )
    below = mask(i for i, (s, t) in enumerate(targets) if s == spatial - 1 and t >= temporal)
    own = mask(i for i, (s, _) in enumerate(targets) if s == spatial)
    decodable, switch = needed, needed & own if switching_up and temporal == 0 else 0
    if not predicted:
        decodable = needed | below if predicted_upward and spatial else ALL
        switch = needed
    return FrameRole(
        targets=targets,
        needed_by=needed,
        required_by=needed,
        switch_to=switch,
        decodable_with=decodable,
    )


class DescribedRoles:
    """The roles that a dependency descriptor's structure gives, each made once."""

    def __init__(self, structure: TemplateStructure) -> None:
        self._targets = structure.decode_target_layers()
        self._roles: dict[tuple[tuple[int, ...], bool, int], FrameRole] = {}

    def role(self, frame: FrameDependencies, active: int) -> FrameRole:
        """:param active: mask of the targets that are sent"""
        if len(self._targets) == 1:
            return WHOLE
        key = frame.indications, bool(frame.frame_diffs), active
        known = self._roles.get(key)
        if known is None:
            if len(self._roles) >= _MOST_ROLES:
                self._roles.clear()
            known = self._roles[key] = self._make(*key)
        return known

    def _make(self, indications: tuple[int, ...], depends: bool, active: int) -> FrameRole:
        said = list(enumerate(indications))
        needed = mask(target for target, what in said if what != NOT_PRESENT)
        return FrameRole(
            targets=self._targets,
            needed_by=needed,
            required_by=needed & ~mask(t for t, what in said if what == DISCARDABLE),
            switch_to=mask(target for target, what in said if what == SWITCH),
            decodable_with=needed if depends else ALL,
            active=active,
        )


_MOST_ROLES = 256  # a structure has at most 64 templates; frames may say otherwise
