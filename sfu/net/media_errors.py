"""What signaling is told of a fault found below."""

from __future__ import annotations

from sfu.negotiation import NegotiationError
from sfu.net.media_api import MediaError
from sfu.subscriber import OfferSuperseded


def media_error(exc: Exception) -> MediaError:
    """`WireError` and everything unknown is ``sdp_invalid``."""
    if isinstance(exc, MediaError):
        return exc
    if isinstance(exc, OfferSuperseded):
        return MediaError("offer_superseded", str(exc))
    if isinstance(exc, NegotiationError):
        return MediaError(exc.code, exc.detail)
    return MediaError("sdp_invalid", str(exc))
