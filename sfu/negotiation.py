"""Offer and answer of the two transports (RFC 8829, RFC 9143): the names the rest of `sfu` uses."""

from sfu.codecs import DEFAULT_PREFERENCES, CodecPreferences, PayloadTypes
from sfu.negotiation_common import NegotiationError
from sfu.negotiation_publish import PublishAnswer, answer_publish
from sfu.negotiation_subscribe import (
    SubscribeAnswer,
    make_subscribe_offer,
    read_subscribe_answer,
)
from sfu.wire.sdp import parse_sdp

__all__ = [
    "DEFAULT_PREFERENCES",
    "CodecPreferences",
    "NegotiationError",
    "PayloadTypes",
    "PublishAnswer",
    "SubscribeAnswer",
    "answer_publish",
    "make_subscribe_offer",
    "parse_sdp",
    "read_subscribe_answer",
]
