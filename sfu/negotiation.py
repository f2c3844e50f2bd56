"""Offer and answer of the two transports (RFC 8829, RFC 9143): the names the rest of `sfu` uses."""

from sfu.codecs import DEFAULT_PREFERENCES, CodecPreferences, PayloadTypes
from sfu.negotiation_common import NegotiationError
from sfu.negotiation_publish import PublishAnswer, answer_publish, check_whole
from sfu.negotiation_subscribe import (
    SubscribeAnswer,
    make_subscribe_offer,
    read_subscribe_answer,
)
from sfu.negotiation_whep import PlayAnswer, PlaySection, answer_play, read_play_offer
from sfu.wire.sdp import parse_sdp

__all__ = [
    "DEFAULT_PREFERENCES",
    "CodecPreferences",
    "NegotiationError",
    "PayloadTypes",
    "PlayAnswer",
    "PlaySection",
    "PublishAnswer",
    "SubscribeAnswer",
    "answer_play",
    "answer_publish",
    "check_whole",
    "make_subscribe_offer",
    "parse_sdp",
    "read_play_offer",
    "read_subscribe_answer",
]
