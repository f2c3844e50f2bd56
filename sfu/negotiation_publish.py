"""Answers to the offers of publish transports: the server only receives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sfu.codecs import DEFAULT_PREFERENCES, CodecPreferences
from sfu.rtp_parameters import PublishedMedia, TransportParameters
from sfu.wire.sdp import SessionDescription


@dataclass(frozen=True, slots=True)
class PublishAnswer:
    sdp: str
    remote: TransportParameters | None  # None: a re-offer in which every section has ended
    setup: Literal["active", "passive"]  # the server's DTLS role as answered
    media: tuple[PublishedMedia, ...]  # one per section of the offer that is audio or video


def answer_publish(
    offer: SessionDescription,
    local: TransportParameters,
    previous: Sequence[PublishedMedia] | None = None,
    preferences: CodecPreferences = DEFAULT_PREFERENCES,
) -> PublishAnswer:
    """Raises `NegotiationError`."""
    raise NotImplementedError
