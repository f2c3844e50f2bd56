"""H.264 payloads (RFC 6184 section 5): where a keyframe starts, and its parameter set."""

from __future__ import annotations

from collections.abc import Iterator

NAL_SLICE = 1
NAL_IDR = 5
NAL_SPS = 7
STAP_A = 24
FU_A = 28


def is_h264_keyframe(payload: bytes) -> bool:
    """Whether ``payload`` holds the start of an IDR picture or its parameter set (SPS).

    Single NAL units, STAP-A (section 5.7.1) and the first fragment of FU-A (section 5.8) are
    looked into, which is all that packetization modes 0 and 1 allow. Anything malformed holds
    no keyframe.
    """
    return _starts(payload, (NAL_IDR, NAL_SPS))


def h264_parameter_set(payload: bytes) -> bytes | None:
    """The first sequence parameter set (SPS) in ``payload``, the NAL unit with its header, or what
    of it is in this fragment; None if there is none."""
    if not _starts(payload, (NAL_SPS,)):
        return None
    kind = payload[0] & 0x1F
    if kind == FU_A:
        return bytes((payload[0] & 0xE0 | NAL_SPS,)) + payload[2:]
    if kind == STAP_A:
        return next(unit for unit in _units(payload) if unit[0] & 0x1F == NAL_SPS)
    return payload


def is_h264_slice(payload: bytes) -> bool:
    """Whether ``payload`` begins with a slice, or a part of one, that is of no IDR picture."""
    if not payload:
        return False
    kind = payload[0] & 0x1F
    if kind == FU_A and len(payload) > 1:
        kind = payload[1] & 0x1F
    return kind == NAL_SLICE


def _starts(payload: bytes, kinds: tuple[int, ...]) -> bool:
    if not payload:
        return False
    kind = payload[0] & 0x1F
    if kind == FU_A:
        return len(payload) > 1 and payload[1] & 0x80 != 0 and payload[1] & 0x1F in kinds
    if kind == STAP_A:
        return any(unit[0] & 0x1F in kinds for unit in _units(payload))
    return kind in kinds


def _units(aggregate: bytes) -> Iterator[bytes]:
    """A STAP-A's NAL units, as far as they are well-formed."""
    position = 1
    while position + 2 < len(aggregate):
        end = position + 2 + (aggregate[position] << 8 | aggregate[position + 1])
        if end == position + 2 or end > len(aggregate):
            return
        yield aggregate[position + 2 : end]
        position = end
