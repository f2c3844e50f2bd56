"""Header extensions (RFC 8285): which are taken from publishers, which are offered to subscribers
and on which ids."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sfu.rtp_parameters import (
    ABS_SEND_TIME_URI,
    AUDIO_LEVEL_URI,
    DEPENDENCY_DESCRIPTOR_URI,
    MID_URI,
    PLAYOUT_DELAY_URI,
    REPAIRED_RID_URI,
    RID_URI,
    TRANSPORT_CC_URI,
    VIDEO_ORIENTATION_URI,
    Kind,
)

PUBLISH_EXTENSIONS: Mapping[Kind, frozenset[str]] = MappingProxyType(
    {
        "audio": frozenset({MID_URI, AUDIO_LEVEL_URI, ABS_SEND_TIME_URI, TRANSPORT_CC_URI}),
        "video": frozenset(
            {
                MID_URI,
                RID_URI,
                REPAIRED_RID_URI,
                ABS_SEND_TIME_URI,
                TRANSPORT_CC_URI,
                VIDEO_ORIENTATION_URI,
                DEPENDENCY_DESCRIPTOR_URI,
                PLAYOUT_DELAY_URI,
            }
        ),
    }
)

# The same in every offer, so that one rewritten packet serves all subscribers. Ids up to 14 fit
# the one-byte form.
SUBSCRIBE_EXTENSIONS: Mapping[Kind, Mapping[str, int]] = MappingProxyType(
    {
        "audio": MappingProxyType(
            {AUDIO_LEVEL_URI: 1, ABS_SEND_TIME_URI: 2, TRANSPORT_CC_URI: 3, MID_URI: 9}
        ),
        "video": MappingProxyType(
            {
                ABS_SEND_TIME_URI: 2,
                TRANSPORT_CC_URI: 3,
                VIDEO_ORIENTATION_URI: 4,
                DEPENDENCY_DESCRIPTOR_URI: 5,
                PLAYOUT_DELAY_URI: 6,
                MID_URI: 9,
            }
        ),
    }
)

# Forwarded as they come. The others are made anew (abs-send-time) or end at the server.
PASSED_ON = (
    AUDIO_LEVEL_URI,
    VIDEO_ORIENTATION_URI,
    DEPENDENCY_DESCRIPTOR_URI,
    PLAYOUT_DELAY_URI,
)
