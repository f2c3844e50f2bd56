"""What a packet says of its frame: keyframe, layers, and the numbers a decoder follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from sfu.wire.av1 import parse_av1
from sfu.wire.dependency_descriptor import TemplateStructure, parse_dependency_descriptor
from sfu.wire.errors import WireError
from sfu.wire.h264 import is_h264_keyframe
from sfu.wire.vp8 import parse_vp8
from sfu.wire.vp9 import parse_vp9


class FrameMarks(NamedTuple):
    """Of one packet. Layers are counted from 0; offsets count from the payload's first byte."""

    keyframe: bool = False  # the first packet of a keyframe: a consumer may begin here
    spatial: int = 0
    temporal: int = 0
    switch_up: bool = False  # a consumer may begin to take this temporal layer here
    end_of_frame: bool = False  # the last packet of this spatial layer's frame
    picture_id: int = -1  # 15 bits, -1 where there is none or it has 7 bits
    picture_id_at: int = 0
    tl0_index: int = -1  # 8 bits
    tl0_index_at: int = 0
    size: tuple[int, int] = (0, 0)  # width and height in pixels where this packet tells


EVERY_PACKET_STARTS = FrameMarks(keyframe=True)
NOTHING_KNOWN = FrameMarks()


class FrameReader:
    """Reads one stream's marks. Keeps the dependency descriptor's structure between packets.

    Never raises: what cannot be read is `NOTHING_KNOWN`."""

    def __init__(self, codec_name: str) -> None:
        self._read = _READERS.get(codec_name.lower(), _read_nothing)
        self._structure: TemplateStructure | None = None

    def read(self, payload: bytes, descriptor: bytes | None) -> FrameMarks:
        """:param descriptor: the dependency descriptor extension's value, if the packet has one"""
        try:
            marks = self._read(payload)
            return marks if descriptor is None else self._with_descriptor(marks, descriptor)
        except WireError:
            return NOTHING_KNOWN

    def _with_descriptor(self, marks: FrameMarks, data: bytes) -> FrameMarks:
        told = parse_dependency_descriptor(data, self._structure)
        if told.structure is not None:
            self._structure = told.structure
        frame = told.frame
        if frame is None:
            return marks
        return marks._replace(
            keyframe=marks.keyframe or (told.structure is not None and told.start_of_frame),
            spatial=frame.spatial_id,
            temporal=frame.temporal_id,
            end_of_frame=told.end_of_frame,
            size=told.resolution or marks.size,
        )


def _read_vp8(payload: bytes) -> FrameMarks:
    vp8 = parse_vp8(payload)
    wide = vp8.picture_id_size == 2 and vp8.picture_id is not None
    return FrameMarks(
        keyframe=vp8.is_keyframe,
        temporal=vp8.tid or 0,
        switch_up=vp8.layer_sync,
        picture_id=vp8.picture_id if wide and vp8.picture_id is not None else -1,
        picture_id_at=vp8.picture_id_at if wide else 0,
        tl0_index=-1 if vp8.tl0picidx is None else vp8.tl0picidx,
        tl0_index_at=vp8.tl0picidx_at,
        size=(vp8.width or 0, vp8.height or 0),
    )


def _read_vp9(payload: bytes) -> FrameMarks:
    vp9 = parse_vp9(payload)
    return FrameMarks(
        keyframe=vp9.is_keyframe,
        spatial=vp9.sid or 0,
        temporal=vp9.tid or 0,
        switch_up=vp9.switching_up,
        end_of_frame=vp9.end_of_frame,
        size=vp9.layer_sizes[-1] if vp9.layer_sizes else (0, 0),
    )


def _read_h264(payload: bytes) -> FrameMarks:
    return FrameMarks(keyframe=is_h264_keyframe(payload))


def _read_av1(payload: bytes) -> FrameMarks:
    return FrameMarks(keyframe=parse_av1(payload).is_keyframe)


def _read_nothing(payload: bytes) -> FrameMarks:
    return EVERY_PACKET_STARTS


_READERS: Mapping[str, Callable[[bytes], FrameMarks]] = MappingProxyType(
    {"vp8": _read_vp8, "vp9": _read_vp9, "h264": _read_h264, "av1": _read_av1}
)
