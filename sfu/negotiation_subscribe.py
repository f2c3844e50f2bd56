"""Offers of subscribe transports, and what their answers accepted: the server only sends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sfu.codecs import PayloadTypes
from sfu.rtp_parameters import AcceptedMedia, ForwardedMedia, TransportParameters
from sfu.wire.sdp import SessionDescription


@dataclass(frozen=True, slots=True)
class SubscribeAnswer:
    remote: TransportParameters
    media: tuple[AcceptedMedia, ...]  # one per offered section, in its order


def make_subscribe_offer(
    media: Sequence[ForwardedMedia],
    local: TransportParameters,
    session_id: int,
    version: int,
    payload_types: PayloadTypes | None = None,
    transport_cc: bool = True,
) -> str:
    """The offer. Pass the transport's own ``payload_types`` on every offer: reused sections would
    otherwise renumber the codecs of others. Raises `NegotiationError`."""
    raise NotImplementedError


def read_subscribe_answer(
    answer: str | SessionDescription, offered: Sequence[ForwardedMedia]
) -> SubscribeAnswer:
    """Raises `NegotiationError`."""
    raise NotImplementedError
