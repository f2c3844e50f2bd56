"""Dependency descriptors: those a browser sent, and those a writer made here puts together."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.wire.dependency_descriptor import (
    DISCARDABLE,
    NOT_PRESENT,
    REQUIRED,
    SWITCH,
    DependencyDescriptor,
    FrameDependencies,
    TemplateStructure,
    parse_dependency_descriptor,
)
from sfu.wire.errors import WireError
from tests.support.hostile import parses_or_refuses, truncations

# Chromium, AV1 with three spatial and three temporal layers: the first packet of a keyframe.
KEYFRAME = bytes.fromhex(
    "c10172"  # start and end of frame, template 1, frame 370
    "80081485214eafffaaaa863cf0430c10c302afc0aaa0063c00430010c002a000a8000600"
    "0040001d954926e082b04a0941b820ac1282503157f974000ca864330e222222eca86553"
    "04224230eca877530077004200ef008601df010d"
)

S, R, D, N = SWITCH, REQUIRED, DISCARDABLE, NOT_PRESENT


def chromium_structure() -> TemplateStructure:
    structure = parse_dependency_descriptor(KEYFRAME).structure
    assert structure is not None
    return structure


def test_keyframe_of_chromium() -> None:
    descriptor = parse_dependency_descriptor(KEYFRAME)
    assert (descriptor.start_of_frame, descriptor.end_of_frame) == (True, True)
    assert (descriptor.template_id, descriptor.frame_number) == (1, 370)
    assert descriptor.active_decode_targets == 0b111111111
    assert descriptor.frame == FrameDependencies(0, 0, (S,) * 9, (), (0, 0, 0))
    assert descriptor.resolution == (120, 67)


def test_structure_of_chromium() -> None:
    structure = chromium_structure()
    assert (structure.first_template_id, structure.decode_targets, structure.chains) == (0, 9, 3)
    assert structure.protected_by == (0, 0, 0, 1, 1, 1, 2, 2, 2)
    assert structure.resolutions == ((120, 67), (240, 135), (480, 270))
    layers = [(spatial, temporal) for spatial in range(3) for temporal in range(3)]
    assert structure.decode_target_layers() == tuple(layers)
    assert [(each.spatial_id, each.temporal_id) for each in structure.templates] == [
        (spatial, temporal) for spatial in range(3) for temporal in (0, 0, 1, 2, 2)
    ]
    assert structure.templates[7] == FrameDependencies(
        1, 1, (N, N, N, N, D, S, N, R, R), (6, 1), (7, 6, 5)
    )


@pytest.mark.parametrize(
    ("data", "frame_number", "ends", "layers", "active"),
    [
        ("860173", 371, (True, False), (1, 0), None),
        ("460173", 371, (False, True), (1, 0), None),
        ("0b0174", 372, (False, False), (2, 0), None),
        ("c30175", 373, (True, True), (0, 2), None),
        ("86017340fc", 371, (True, False), (1, 0), 0b000111111),
        ("c2017840fc", 376, (True, True), (0, 1), 0b000111111),
    ],
)
def test_later_packets_of_chromium(
    data: str,
    frame_number: int,
    ends: tuple[bool, bool],
    layers: tuple[int, int],
    active: int | None,
) -> None:
    descriptor = parse_dependency_descriptor(bytes.fromhex(data), chromium_structure())
    assert descriptor.frame_number == frame_number
    assert (descriptor.start_of_frame, descriptor.end_of_frame) == ends
    assert descriptor.frame is not None
    assert (descriptor.frame.spatial_id, descriptor.frame.temporal_id) == layers
    assert descriptor.active_decode_targets == active
    assert descriptor.structure is None


@pytest.mark.parametrize("data", ["860173", "86017340fc", "8601731f0000"])
def test_without_its_structure_only_the_mandatory_fields_are_known(data: str) -> None:
    expected = DependencyDescriptor(True, False, 6, 371)
    assert parse_dependency_descriptor(bytes.fromhex(data)) == expected


def test_template_that_the_structure_lacks_is_unknown() -> None:
    descriptor = parse_dependency_descriptor(bytes.fromhex("8f0173"), chromium_structure())
    assert (descriptor.template_id, descriptor.frame) == (15, None)


def test_truncation_is_refused() -> None:
    results = [parses_or_refuses(parse_dependency_descriptor, cut) for cut in truncations(KEYFRAME)]
    assert [size for size, parsed in enumerate(results) if parsed] == [3]


@pytest.mark.parametrize(
    "step",
    [
        "00" * 64,  # more templates than ids
        "10" * 4,  # spatial layer 4
        "01" * 8,  # temporal layer 8
    ],
)
def test_structure_beyond_the_limits_is_refused(step: str) -> None:
    text = "1" * 2 + "0" * 22 + "10000" + "000000" + "00000" + step + "11" + "0" * 400
    with pytest.raises(WireError):
        parse_dependency_descriptor(pack(text))


# --- a writer, so that any descriptor can be read back ---


def pack(text: str) -> bytes:
    """Bytes of a text of binary digits, filled up with zeros."""
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


def bits(value: int, width: int) -> str:
    return f"{value:0{width}b}" if width else ""


def non_symmetric(value: int, count: int) -> str:
    width = count.bit_length()
    short = (1 << width) - count
    return bits(value, width - 1) if value < short else bits(value + short, width)


def write_structure(structure: TemplateStructure) -> str:
    templates = structure.templates
    text = bits(structure.first_template_id, 6) + bits(structure.decode_targets - 1, 5)
    for before, after in pairwise(templates):
        same_spatial = before.spatial_id == after.spatial_id
        step = 0 if before.temporal_id == after.temporal_id else 1
        text += bits(step if same_spatial else 2, 2)
    text += "11"
    text += "".join(bits(each, 2) for template in templates for each in template.indications)
    for template in templates:
        text += "".join("1" + bits(each - 1, 4) for each in template.frame_diffs) + "0"
    text += non_symmetric(structure.chains, structure.decode_targets + 1)
    text += "".join(non_symmetric(each, structure.chains) for each in structure.protected_by)
    text += "".join(bits(each, 4) for template in templates for each in template.chain_diffs)
    text += "1" if structure.resolutions else "0"
    for width, height in structure.resolutions:
        text += bits(width - 1, 16) + bits(height - 1, 16)
    return text


@dataclass(frozen=True)
class Custom:
    """What a frame says otherwise than its template."""

    active: int | None = None
    indications: Sequence[int] | None = None
    frame_diffs: Sequence[int] | None = None
    chain_diffs: Sequence[int] | None = None


def write(
    template_id: int, structure: TemplateStructure | None, targets: int, custom: Custom
) -> str:
    text = "10" + bits(template_id, 6) + bits(0xABCD, 16)
    given_values = (custom.active, custom.indications, custom.frame_diffs, custom.chain_diffs)
    text += "1" if structure else "0"
    text += "".join("0" if value is None else "1" for value in given_values)
    if structure:
        text += write_structure(structure)
    if custom.active is not None:
        text += bits(custom.active, targets)
    text += "".join(bits(each, 2) for each in custom.indications or ())
    if custom.frame_diffs is not None:
        for diff in custom.frame_diffs:
            size = 1 if diff <= 16 else 2 if diff <= 256 else 3
            text += bits(size, 2) + bits(diff - 1, 4 * size)
        text += "00"
    text += "".join(bits(each, 8) for each in custom.chain_diffs or ())
    return text


@st.composite
def structures(draw: st.DrawFn) -> TemplateStructure:
    targets = draw(st.integers(1, 32))
    chains = draw(st.integers(0, min(targets, 4)))
    layers = [(0, 0)]
    for step in draw(st.lists(st.integers(0, 2), max_size=20)):
        spatial, temporal = layers[-1]
        if step == 1 and temporal < 7:
            layers.append((spatial, temporal + 1))
        elif step == 2 and spatial < 3:
            layers.append((spatial + 1, 0))
        else:
            layers.append((spatial, temporal))
    templates = tuple(
        FrameDependencies(
            spatial,
            temporal,
            tuple(draw(st.lists(st.integers(0, 3), min_size=targets, max_size=targets))),
            tuple(draw(st.lists(st.integers(1, 16), max_size=4))),
            tuple(draw(st.lists(st.integers(0, 15), min_size=chains, max_size=chains))),
        )
        for spatial, temporal in layers
    )
    protected = st.integers(0, max(chains - 1, 0))
    size = st.tuples(st.integers(1, 65536), st.integers(1, 65536))
    count = layers[-1][0] + 1
    return TemplateStructure(
        draw(st.integers(0, 63)),
        templates,
        targets,
        tuple(draw(st.lists(protected, min_size=targets, max_size=targets))) if chains else (),
        tuple(draw(st.lists(size, min_size=count, max_size=count) | st.just([]))),
    )


@given(structures(), st.data())
def test_any_structure_is_read(structure: TemplateStructure, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(structure.templates) - 1))
    template_id = (structure.first_template_id + index) % 64
    element = pack(write(template_id, structure, structure.decode_targets, Custom()))
    descriptor = parse_dependency_descriptor(element)
    assert descriptor.structure == structure
    assert descriptor.frame == structure.templates[index]
    assert descriptor.active_decode_targets == (1 << structure.decode_targets) - 1
    if structure.resolutions:
        assert descriptor.resolution == structure.resolutions[structure.templates[index].spatial_id]


@given(
    st.none() | st.integers(0, 511),
    st.none() | st.lists(st.integers(0, 3), min_size=9, max_size=9),
    st.none() | st.lists(st.integers(1, 4096), max_size=8),
    st.none() | st.lists(st.integers(0, 255), min_size=3, max_size=3),
)
def test_what_a_frame_says_otherwise_is_read(
    active: int | None,
    indications: list[int] | None,
    frame_diffs: list[int] | None,
    chain_diffs: list[int] | None,
) -> None:
    structure = chromium_structure()
    template = structure.templates[7]
    custom = Custom(active, indications, frame_diffs, chain_diffs)
    descriptor = parse_dependency_descriptor(pack(write(7, None, 9, custom)), structure)
    assert descriptor.active_decode_targets == active
    assert descriptor.frame == FrameDependencies(
        1,
        1,
        template.indications if indications is None else tuple(indications),
        template.frame_diffs if frame_diffs is None else tuple(frame_diffs),
        template.chain_diffs if chain_diffs is None else tuple(chain_diffs),
    )


@given(st.binary(max_size=120), st.booleans())
def test_any_bytes_parse_or_are_refused(data: bytes, known: bool) -> None:
    structure = chromium_structure() if known else None
    parses_or_refuses(lambda value: parse_dependency_descriptor(value, structure), data)


@given(st.binary(max_size=150))
def test_any_structure_bytes_parse_or_are_refused(rest: bytes) -> None:
    parses_or_refuses(parse_dependency_descriptor, b"\xc0\x00\x01\x80" + rest)
