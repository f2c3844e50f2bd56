"""Whether a payload begins a keyframe, by codec."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sfu.wire.av1 import parse_av1
from sfu.wire.errors import WireError
from sfu.wire.h264 import is_h264_keyframe
from sfu.wire.vp8 import parse_vp8
from sfu.wire.vp9 import parse_vp9


def is_vp8_keyframe(payload: bytes) -> bool:
    """False for what is not VP8 at all."""
    try:
        return parse_vp8(payload).is_keyframe
    except WireError:
        return False


def is_vp9_keyframe(payload: bytes) -> bool:
    """False for what is not VP9 at all."""
    try:
        return parse_vp9(payload).is_keyframe
    except WireError:
        return False


def is_av1_keyframe(payload: bytes) -> bool:
    """False for what is not AV1 at all."""
    try:
        return parse_av1(payload).is_keyframe
    except WireError:
        return False


KEYFRAME_TESTS: Mapping[str, Callable[[bytes], bool]] = MappingProxyType(
    {
        "vp8": is_vp8_keyframe,
        "vp9": is_vp9_keyframe,
        "h264": is_h264_keyframe,
        "av1": is_av1_keyframe,
    }
)
