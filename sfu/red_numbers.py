"""Redundant audio (RFC 2198) as it is offered to subscribers."""

from __future__ import annotations

from sfu.rtp_parameters import Codec

OPUS_NUMBER = 111
RED_NUMBER = 63
RED_CODEC = Codec(
    "audio", "red", 48000, RED_NUMBER, 2, parameters=(("", f"{OPUS_NUMBER}/{OPUS_NUMBER}"),)
)
"""As it is offered to subscribers."""
