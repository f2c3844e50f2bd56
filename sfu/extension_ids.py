"""The header extension ids of every subscribe offer.

The server offers, so it chooses them: one table for all subscribers makes one rewritten packet
serve all of them. A subscriber that refused an extension ignores its element (RFC 8285 section 5).
"""

from __future__ import annotations

from sfu import rtp_parameters as uri

SUBSCRIBE_EXTENSION_IDS: dict[str, int] = {
    uri.AUDIO_LEVEL_URI: 1,
    uri.ABS_SEND_TIME_URI: 2,
    uri.TRANSPORT_CC_URI: 3,
    uri.VIDEO_ORIENTATION_URI: 4,
    uri.DEPENDENCY_DESCRIPTOR_URI: 5,
    uri.PLAYOUT_DELAY_URI: 6,
}

PASSED_ON = (
    uri.AUDIO_LEVEL_URI,
    uri.VIDEO_ORIENTATION_URI,
    uri.DEPENDENCY_DESCRIPTOR_URI,
    uri.PLAYOUT_DELAY_URI,
)
