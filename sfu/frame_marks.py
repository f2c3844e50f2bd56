"""What a packet says of its frame: keyframe, layers, and the numbers a decoder follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from sfu.frame_role import ALL, WHOLE, DescribedRoles, FrameRole, vp8_role, vp9_role
from sfu.wire.av1 import parse_av1
from sfu.wire.dependency_descriptor import TemplateStructure, parse_dependency_descriptor
from sfu.wire.errors import WireError
from sfu.wire.h264 import h264_parameter_set, is_h264_keyframe, is_h264_slice
from sfu.wire.h264_sps import sps_size
from sfu.wire.vp8 import Vp8Descriptor, is_plain_vp8, parse_vp8
from sfu.wire.vp9 import parse_vp9


class FrameMarks(NamedTuple):
    """Of one packet. Layers are counted from 0; offsets count from the payload's first byte."""

    keyframe: bool = False  # the first packet of a keyframe: a consumer may begin here
    spatial: int = 0
    temporal: int = 0
    end_of_frame: bool = False  # the last packet of this spatial layer's frame
    role: FrameRole = WHOLE
    picture_id: int = -1  # 15 bits, -1 where there is none or it has 7 bits
    picture_id_at: int = 0
    tl0_index: int = -1  # 8 bits
    tl0_index_at: int = 0
    size: tuple[int, int] = (0, 0)  # width and height in pixels where this packet tells
    layer_sizes: tuple[tuple[int, int], ...] = ()  # by spatial layer, where this packet tells


EVERY_PACKET_STARTS = FrameMarks(keyframe=True)
NOTHING_KNOWN = FrameMarks()


class FrameReader:
    """Reads one stream's marks. Keeps the dependency descriptor's structure between packets.

    Never raises: what cannot be read is `NOTHING_KNOWN`."""

    def __init__(self, codec_name: str) -> None:
        self._read = _READERS.get(codec_name.lower(), lambda: _read_nothing)()
        self._structure: TemplateStructure | None = None
        self._roles: DescribedRoles | None = None
        self._active = ALL

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
            if told.structure != self._structure:
                self._roles = DescribedRoles(told.structure)
            self._structure = told.structure
        if told.active_decode_targets is not None:
            self._active = told.active_decode_targets
        frame = told.frame
        if frame is None or self._roles is None or self._structure is None:
            return marks
        return marks._replace(
            keyframe=marks.keyframe or (told.structure is not None and told.start_of_frame),
            spatial=frame.spatial_id,
            temporal=frame.temporal_id,
            end_of_frame=told.end_of_frame,
            role=self._roles.role(frame, self._active),
            size=told.resolution or marks.size,
            layer_sizes=self._structure.resolutions,
        )


class _Vp8Reader:
    """A frame with the sync bit may be begun with only while nothing of its layers has come since
    the base frame: what came may be depended on by what follows."""

    def __init__(self) -> None:
        self._base = -1  # TL0PICIDX of the last base frame
        self._highest = -1  # picture id
        self._lowest_since = 8  # temporal layer of the frames since, without the present one
        self._present = 8

    def __call__(self, payload: bytes) -> FrameMarks:
        if is_plain_vp8(payload):
            return NOTHING_KNOWN
        vp8 = parse_vp8(payload)
        wide = vp8.picture_id_size == 2 and vp8.picture_id is not None
        return FrameMarks(
            keyframe=vp8.is_keyframe,
            temporal=vp8.tid or 0,
            role=WHOLE if vp8.tid is None else self._role(vp8, vp8.tid),
            picture_id=vp8.picture_id if wide and vp8.picture_id is not None else -1,
            picture_id_at=vp8.picture_id_at if wide else 0,
            tl0_index=-1 if vp8.tl0picidx is None else vp8.tl0picidx,
            tl0_index_at=vp8.tl0picidx_at,
            size=(vp8.width or 0, vp8.height or 0),
        )

    def _role(self, vp8: Vp8Descriptor, tid: int) -> FrameRole:
        base, picture = vp8.tl0picidx, vp8.picture_id
        if base is None or picture is None:
            return vp8_role(tid, vp8.is_keyframe, False, vp8.non_reference)
        begins = vp8.is_keyframe or (tid == 0 and 0 < (base - self._base) & 0xFF < 0x80)
        if self._base < 0 or begins:
            self._base, self._highest = base, picture
            self._lowest_since = self._present = 8
        current = base == self._base
        if current and 0 < (picture - self._highest) & 0x7FFF < 0x4000:
            self._highest = picture
            self._lowest_since = min(self._lowest_since, self._present)
            self._present = tid
        clean = current and picture == self._highest and tid < self._lowest_since
        return vp8_role(tid, vp8.is_keyframe, vp8.layer_sync and clean, vp8.non_reference)


class _Vp9Reader:
    """Keeps how many spatial layers there are: a scalability structure is seldom sent."""

    def __init__(self) -> None:
        self._spatial_layers = 1
        self._sizes: tuple[tuple[int, int], ...] = ()

    def __call__(self, payload: bytes) -> FrameMarks:
        vp9 = parse_vp9(payload)
        if vp9.spatial_layers is not None:
            self._spatial_layers = vp9.spatial_layers
        if vp9.layer_sizes:
            self._sizes = vp9.layer_sizes
        spatial, temporal = vp9.sid or 0, vp9.tid or 0
        self._spatial_layers = max(self._spatial_layers, spatial + 1)
        role = WHOLE
        if vp9.tid is not None:
            role = vp9_role(
                (spatial, temporal),
                self._spatial_layers,
                vp9.switching_up,
                vp9.inter_picture_predicted,
                vp9.inter_layer_predicted,
                not vp9.not_reference_upward,
            )
        return FrameMarks(
            keyframe=vp9.is_keyframe,
            spatial=spatial,
            temporal=temporal,
            end_of_frame=vp9.end_of_frame,
            role=role,
            size=vp9.layer_sizes[-1] if vp9.layer_sizes else (0, 0),
            layer_sizes=self._sizes,
        )


class _H264Reader:
    """Where parameter sets come with each keyframe, a picture before which they were lost cannot be
    begun with: they begin it when they have come again."""

    def __init__(self) -> None:
        self._sets = 0
        self._given = False  # since the last picture of another kind
        self._set = b""
        self._size = (0, 0)

    def __call__(self, payload: bytes) -> FrameMarks:
        parameter_set = h264_parameter_set(payload)
        if parameter_set is not None:
            self._sets += 1
            self._given = True
            self._read_size(parameter_set)
        elif is_h264_slice(payload):
            self._given = False
        begins = self._given or self._sets < 2
        if begins and is_h264_keyframe(payload):
            return FrameMarks(keyframe=True, size=self._size)
        return NOTHING_KNOWN

    def _read_size(self, parameter_set: bytes) -> None:
        if parameter_set == self._set:
            return
        self._set = parameter_set
        try:
            self._size = sps_size(parameter_set)
        except WireError:
            self._size = (0, 0)


def _read_av1(payload: bytes) -> FrameMarks:
    return FrameMarks(keyframe=parse_av1(payload).is_keyframe)


def _read_nothing(payload: bytes) -> FrameMarks:
    return EVERY_PACKET_STARTS


_READERS: Mapping[str, Callable[[], Callable[[bytes], FrameMarks]]] = MappingProxyType(
    {
        "vp8": _Vp8Reader,
        "vp9": _Vp9Reader,
        "h264": _H264Reader,
        "av1": lambda: _read_av1,
    }
)
