"""The dependency descriptor header extension (RTP Payload Format For AV1, version 1.0.0,
appendix A): which layers a frame belongs to and what it depends on, for any video codec."""

from __future__ import annotations

from dataclasses import dataclass

from sfu.wire.bits import BitReader
from sfu.wire.errors import WireError

NOT_PRESENT, DISCARDABLE, SWITCH, REQUIRED = range(4)

_MANDATORY_SIZE = 3
_TEMPLATE_IDS = 64
_SPATIAL_LAYERS = 4
_TEMPORAL_LAYERS = 8
_NEXT_TEMPORAL, _NEXT_SPATIAL, _NO_MORE = 1, 2, 3


@dataclass(frozen=True, slots=True)
class FrameDependencies:
    """Layers and dependencies of a frame, or of the template it is described by."""

    spatial_id: int  # 0..3
    temporal_id: int  # 0..7
    indications: tuple[int, ...]  # by decode target: `NOT_PRESENT` .. `REQUIRED`
    frame_diffs: tuple[int, ...]  # how many frames back each referred frame is, 1 and more
    chain_diffs: tuple[int, ...]  # by chain: how many frames back its last frame is, 0: none


@dataclass(frozen=True, slots=True)
class TemplateStructure:
    """What the descriptors of a coded video sequence refer to (A.8.4)."""

    first_template_id: int  # 0..63
    templates: tuple[FrameDependencies, ...]  # 1..64
    decode_targets: int  # 1..32
    protected_by: tuple[int, ...]  # by decode target: its chain; empty without chains
    resolutions: tuple[tuple[int, int], ...]  # (width, height) by spatial layer, may be empty

    @property
    def chains(self) -> int:
        """How many chains there are, 0..32."""
        return len(self.templates[0].chain_diffs)

    def decode_target_layers(self) -> tuple[tuple[int, int], ...]:
        """By decode target: the highest (spatial, temporal) layer that it takes in."""
        layers: list[tuple[int, int]] = []
        for target in range(self.decode_targets):
            used = [each for each in self.templates if each.indications[target] != NOT_PRESENT]
            layers.append(
                (
                    max((each.spatial_id for each in used), default=0),
                    max((each.temporal_id for each in used), default=0),
                )
            )
        return tuple(layers)

    def template(self, template_id: int) -> FrameDependencies | None:
        """The template that ``template_id`` (0..63) names, None if there is none."""
        index = (template_id - self.first_template_id) % _TEMPLATE_IDS
        return self.templates[index] if index < len(self.templates) else None


@dataclass(slots=True)
class DependencyDescriptor:
    """One packet's descriptor (A.8.2)."""

    start_of_frame: bool
    end_of_frame: bool
    template_id: int  # 0..63
    frame_number: int  # 0..65535
    structure: TemplateStructure | None = None  # if it came with this packet: a keyframe
    active_decode_targets: int | None = None  # bit mask, if told with this packet
    frame: FrameDependencies | None = None  # None if the structure it refers to is not known
    resolution: tuple[int, int] | None = None  # (width, height) of the frame, if told


def parse_dependency_descriptor(
    data: bytes, structure: TemplateStructure | None = None
) -> DependencyDescriptor:
    """The descriptor in the extension element ``data``.

    :param structure: the last one the stream brought, None if none came yet

    Raises `WireError`.
    """
    if len(data) < _MANDATORY_SIZE:
        raise WireError("dependency descriptor too short")
    template_id = data[0] & 0x3F
    brought = active = frame = resolution = None
    bits, custom = BitReader(data[_MANDATORY_SIZE:]), (False, False, False)
    if len(data) > _MANDATORY_SIZE:
        has_structure, has_active = bits.flag(), bits.flag()
        custom = (bits.flag(), bits.flag(), bits.flag())
        if has_structure:
            structure = brought = _read_structure(bits)
            active = (1 << brought.decode_targets) - 1
        if has_active and structure:
            active = bits.read(structure.decode_targets)
    template = structure.template(template_id) if structure else None
    if structure and template:
        frame = _read_customised(bits, template, custom) if any(custom) else template
        resolution = structure.resolutions[frame.spatial_id] if structure.resolutions else None
    return DependencyDescriptor(
        start_of_frame=data[0] > 127,
        end_of_frame=data[0] & 0x40 != 0,
        template_id=template_id,
        frame_number=data[1] << 8 | data[2],
        structure=brought,
        active_decode_targets=active,
        frame=frame,
        resolution=resolution,
    )


def _read_customised(
    bits: BitReader, template: FrameDependencies, custom: tuple[bool, bool, bool]
) -> FrameDependencies:
    """The template with what the frame says otherwise: indications, frame and chain diffs."""
    indications, diffs, chain_diffs = custom
    return FrameDependencies(
        template.spatial_id,
        template.temporal_id,
        _read_all(bits, 2, len(template.indications)) if indications else template.indications,
        _read_frame_diffs(bits) if diffs else template.frame_diffs,
        _read_all(bits, 8, len(template.chain_diffs)) if chain_diffs else template.chain_diffs,
    )


def _read_structure(bits: BitReader) -> TemplateStructure:
    first_template_id = bits.read(6)
    targets = bits.read(5) + 1
    layers = _read_layers(bits)
    indications = [_read_all(bits, 2, targets) for _ in layers]
    frame_diffs = [_read_template_diffs(bits) for _ in layers]
    chains = bits.non_symmetric(targets + 1)
    protected_by: tuple[int, ...] = ()
    if chains:
        protected_by = tuple(bits.non_symmetric(chains) for _ in range(targets))
    chain_diffs = [_read_all(bits, 4, chains) for _ in layers]
    resolutions: tuple[tuple[int, int], ...] = ()
    if bits.flag():
        resolutions = tuple(
            (bits.read(16) + 1, bits.read(16) + 1) for _ in range(layers[-1][0] + 1)
        )
    templates = tuple(
        FrameDependencies(spatial, temporal, *rest)
        for (spatial, temporal), *rest in zip(
            layers, indications, frame_diffs, chain_diffs, strict=True
        )
    )
    return TemplateStructure(first_template_id, templates, targets, protected_by, resolutions)


def _read_layers(bits: BitReader) -> list[tuple[int, int]]:
    """(spatial, temporal) layer of each template, in ascending order."""
    spatial = temporal = 0
    layers = [(spatial, temporal)]
    while (step := bits.read(2)) != _NO_MORE:
        if step == _NEXT_TEMPORAL:
            temporal += 1
        elif step == _NEXT_SPATIAL:
            spatial, temporal = spatial + 1, 0
        layers.append((spatial, temporal))
        if len(layers) > _TEMPLATE_IDS or spatial >= _SPATIAL_LAYERS:
            raise WireError("dependency descriptor with too many templates or spatial layers")
        if temporal >= _TEMPORAL_LAYERS:
            raise WireError("dependency descriptor with too many temporal layers")
    return layers


def _read_template_diffs(bits: BitReader) -> tuple[int, ...]:
    diffs: list[int] = []
    while bits.flag():
        diffs.append(bits.read(4) + 1)
    return tuple(diffs)


def _read_frame_diffs(bits: BitReader) -> tuple[int, ...]:
    diffs: list[int] = []
    while size := bits.read(2):
        diffs.append(bits.read(4 * size) + 1)
    return tuple(diffs)


def _read_all(bits: BitReader, width: int, count: int) -> tuple[int, ...]:
    return tuple(bits.read(width) for _ in range(count))
