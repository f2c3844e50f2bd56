"""VP9 payload descriptors (RFC 9628 section 4.2)."""

from __future__ import annotations

from dataclasses import dataclass

from sfu.wire.errors import WireError

_MOST_REFERENCES = 3


@dataclass(slots=True)
class Vp9Descriptor:
    """What precedes the VP9 data in a payload. Fields that it may omit are None where it does."""

    size: int  # bytes of descriptor
    inter_picture_predicted: bool  # P
    flexible: bool  # F
    start_of_frame: bool  # B: of a frame, that is of one spatial layer
    end_of_frame: bool  # E
    not_reference_upward: bool  # Z: higher spatial layers do without it
    picture_id: int | None = None  # 0..127, or 0..32767 where picture_id_size is 2
    picture_id_size: int = 0  # bytes, at offset 1 of the payload: 0, 1 or 2
    tid: int | None = None  # temporal layer, 0..7
    sid: int | None = None  # spatial layer, 0..7
    switching_up: bool = False  # U: one may switch up to this temporal layer here
    inter_layer_predicted: bool = False  # D
    tl0picidx: int | None = None  # 0..255, in non-flexible mode
    tl0picidx_at: int = 0  # its offset in the payload
    reference_diffs: tuple[int, ...] = ()  # P_DIFF: picture id distances, in flexible mode
    spatial_layers: int | None = None  # from a scalability structure, 1..8
    layer_sizes: tuple[tuple[int, int], ...] = ()  # (width, height) in pixels by spatial layer

    @property
    def is_keyframe(self) -> bool:
        """Whether this payload starts a picture that depends on no other."""
        return self.start_of_frame and not self.inter_picture_predicted and not self.sid


def parse_vp9(payload: bytes) -> Vp9Descriptor:
    """The descriptor of ``payload`` (an RTP payload without padding). Raises `WireError`."""
    try:
        first = payload[0]
        descriptor = Vp9Descriptor(
            size=1,
            inter_picture_predicted=first & 0x40 != 0,
            flexible=first & 0x10 != 0,
            start_of_frame=first & 0x08 != 0,
            end_of_frame=first & 0x04 != 0,
            not_reference_upward=first & 0x01 != 0,
        )
        if first & 0x80:
            _parse_picture_id(payload, descriptor)
        if first & 0x20:
            _parse_layers(payload, descriptor)
        if descriptor.flexible and descriptor.inter_picture_predicted:
            _parse_references(payload, descriptor)
        if first & 0x02:
            _parse_structure(payload, descriptor)
    except IndexError as error:
        raise WireError("VP9 descriptor beyond the payload's end") from error
    if descriptor.size > len(payload):
        raise WireError("VP9 descriptor beyond the payload's end")
    return descriptor


def _parse_picture_id(payload: bytes, descriptor: Vp9Descriptor) -> None:
    number = payload[1]
    if number & 0x80:
        descriptor.picture_id = (number & 0x7F) << 8 | payload[2]
        descriptor.picture_id_size = 2
    else:
        descriptor.picture_id = number
        descriptor.picture_id_size = 1
    descriptor.size += descriptor.picture_id_size


def _parse_layers(payload: bytes, descriptor: Vp9Descriptor) -> None:
    layers = payload[descriptor.size]
    descriptor.tid = layers >> 5
    descriptor.switching_up = layers & 0x10 != 0
    descriptor.sid = layers >> 1 & 7
    descriptor.inter_layer_predicted = layers & 1 != 0
    descriptor.size += 1
    if not descriptor.flexible:
        descriptor.tl0picidx = payload[descriptor.size]
        descriptor.tl0picidx_at = descriptor.size
        descriptor.size += 1


def _parse_references(payload: bytes, descriptor: Vp9Descriptor) -> None:
    diffs: list[int] = []
    more = True
    while more:
        if len(diffs) == _MOST_REFERENCES:
            raise WireError("VP9 descriptor names more than three references")
        entry = payload[descriptor.size]
        diffs.append(entry >> 1)
        more = entry & 1 != 0
        descriptor.size += 1
    descriptor.reference_diffs = tuple(diffs)


def _parse_structure(payload: bytes, descriptor: Vp9Descriptor) -> None:
    """Scalability structure (section 4.2.1); the picture group is passed over."""
    head = payload[descriptor.size]
    position = descriptor.size + 1
    layers = (head >> 5) + 1
    descriptor.spatial_layers = layers
    if head & 0x10:
        end = position + 4 * layers
        if end > len(payload):
            raise WireError("VP9 layer sizes beyond the payload's end")
        sizes = payload[position:end]
        descriptor.layer_sizes = tuple(
            (sizes[at] << 8 | sizes[at + 1], sizes[at + 2] << 8 | sizes[at + 3])
            for at in range(0, len(sizes), 4)
        )
        position = end
    if head & 0x08:
        pictures = payload[position]
        position += 1
        for _ in range(pictures):
            position += 1 + (payload[position] >> 2 & 3)
    descriptor.size = position
