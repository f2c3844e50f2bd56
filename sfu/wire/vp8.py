"""VP8 payload descriptors (RFC 7741 section 4) and the frame header of keyframes (RFC 6386)."""

from __future__ import annotations

from dataclasses import dataclass

from sfu.wire.errors import WireError

_KEYFRAME_START = b"\x9d\x01\x2a"


@dataclass(slots=True)
class Vp8Descriptor:
    """What precedes the VP8 data in a payload, and what is known of the frame it starts.

    Fields that the descriptor may omit are None where it does.
    """

    size: int  # bytes of descriptor
    start_of_partition: bool
    partition: int  # 0..15 (RFC 7741) of which 0..7 are used
    non_reference: bool  # the frame can be dropped without harm to others
    picture_id: int | None = None  # 0..127, or 0..32767 where picture_id_size is 2
    picture_id_at: int = 0  # its offset in the payload
    picture_id_size: int = 0  # bytes: 0, 1 or 2
    tl0picidx: int | None = None  # 0..255, counts base layer frames
    tl0picidx_at: int = 0  # its offset in the payload
    tid: int | None = None  # temporal layer, 0..3
    layer_sync: bool = False  # depends on the base layer only: one may switch up here
    keyidx: int | None = None  # 0..31
    is_keyframe: bool = False  # this payload starts a keyframe
    width: int | None = None  # pixels, of keyframes, 14 bits, if in this payload
    height: int | None = None


def parse_vp8(payload: bytes) -> Vp8Descriptor:
    """The descriptor of ``payload`` (an RTP payload without padding). Raises `WireError`."""
    try:
        first = payload[0]
        descriptor = Vp8Descriptor(1, first & 0x10 != 0, first & 0x0F, first & 0x20 != 0)
        if first & 0x80:
            _parse_extension(payload, descriptor)
    except IndexError as error:
        raise WireError("VP8 descriptor beyond the payload's end") from error
    if first & 0x1F == 0x10:  # start of partition 0: a frame begins
        _parse_frame_header(payload, descriptor)
    return descriptor


def is_plain_vp8(payload: bytes) -> bool:
    """Whether ``payload`` neither has a picture id or a layer nor starts a keyframe, as is told by
    its first two bytes: there is nothing to parse in it."""
    if not payload or payload[0] & 0x80:
        return not payload
    return not payload[0] & 0x10 or len(payload) < 2 or payload[1] & 1 != 0


def _parse_extension(payload: bytes, descriptor: Vp8Descriptor) -> None:
    """RFC 7741 section 4.2, from the second byte on."""
    flags = payload[1]
    position = 2
    if flags & 0x80:
        number = payload[position]
        size = 1
        if number & 0x80:
            number = (number & 0x7F) << 8 | payload[position + 1]
            size = 2
        descriptor.picture_id = number
        descriptor.picture_id_at = position
        descriptor.picture_id_size = size
        position += size
    if flags & 0x40:
        descriptor.tl0picidx = payload[position]
        descriptor.tl0picidx_at = position
        position += 1
    if flags & 0x30:
        layers = payload[position]
        if flags & 0x20:
            descriptor.tid = layers >> 6
            descriptor.layer_sync = layers & 0x20 != 0
        if flags & 0x10:
            descriptor.keyidx = layers & 0x1F
        position += 1
    if position > len(payload):
        raise WireError("VP8 descriptor beyond the payload's end")
    descriptor.size = position


def _parse_frame_header(payload: bytes, descriptor: Vp8Descriptor) -> None:
    """RFC 6386 section 9.1. A header cut short, as of an empty payload, starts no keyframe."""
    start = descriptor.size
    if len(payload) < start + 10 or payload[start] & 1:
        return
    if payload[start + 3 : start + 6] != _KEYFRAME_START:
        return
    descriptor.is_keyframe = True
    descriptor.width = int.from_bytes(payload[start + 6 : start + 8], "little") & 0x3FFF
    descriptor.height = int.from_bytes(payload[start + 8 : start + 10], "little") & 0x3FFF


def rewrite_vp8(
    payload: bytes, descriptor: Vp8Descriptor, picture_id: int, tl0picidx: int
) -> bytes:
    """``payload`` with another picture id and TL0PICIDX, each cut to the width it has there and
    left out where the descriptor, which must be that of ``payload``, has none. Same length."""
    size = descriptor.size
    head = bytearray(payload[:size])
    at = descriptor.picture_id_at
    if descriptor.picture_id_size == 2:
        head[at] = 0x80 | (picture_id >> 8 & 0x7F)
        head[at + 1] = picture_id & 0xFF
    elif descriptor.picture_id_size == 1:
        head[at] = picture_id & 0x7F
    if descriptor.tl0picidx_at:
        head[descriptor.tl0picidx_at] = tl0picidx & 0xFF
    return bytes(head) + payload[size:]
