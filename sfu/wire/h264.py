"""H.264 payloads (RFC 6184 section 5): where a keyframe starts."""

from __future__ import annotations

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
    if not payload:
        return False
    kind = payload[0] & 0x1F
    if kind == FU_A:
        return len(payload) > 1 and payload[1] & 0x80 != 0 and _starts_keyframe(payload[1])
    if kind == STAP_A:
        return _aggregate_has_keyframe(payload)
    return _starts_keyframe(kind)


def _starts_keyframe(header: int) -> bool:
    return header & 0x1F in (NAL_IDR, NAL_SPS)


def _aggregate_has_keyframe(payload: bytes) -> bool:
    position = 1
    while position + 2 < len(payload):
        end = position + 2 + (payload[position] << 8 | payload[position + 1])
        if end == position + 2 or end > len(payload):
            return False
        if _starts_keyframe(payload[position + 2]):
            return True
        position = end
    return False
