"""H.264 payloads (RFC 6184 section 5): where a keyframe starts."""

from __future__ import annotations

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


def has_h264_parameter_set(payload: bytes) -> bool:
    """Whether a sequence parameter set (SPS) is in ``payload``, or starts there."""
    return _starts(payload, (NAL_SPS,))


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
        return _aggregate_has(payload, kinds)
    return kind in kinds


def _aggregate_has(payload: bytes, kinds: tuple[int, ...]) -> bool:
    position = 1
    while position + 2 < len(payload):
        end = position + 2 + (payload[position] << 8 | payload[position + 1])
        if end == position + 2 or end > len(payload):
            return False
        if payload[position + 2] & 0x1F in kinds:
            return True
        position = end
    return False
