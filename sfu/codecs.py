"""Which codecs the server forwards, which it prefers, and the payload types it offers them on."""

from __future__ import annotations

from dataclasses import dataclass

from sfu.rtp_parameters import Codec


@dataclass(frozen=True, slots=True)
class CodecPreferences:
    """What a publish answer takes of an offer."""

    video: tuple[str, ...] = ("VP8", "H264", "VP9", "AV1")  # best first; others are refused
    audio: tuple[str, ...] = ("opus",)
    red: bool = False  # answer RED (RFC 2198) before Opus where it is offered
    transport_cc: bool = True  # transport-wide congestion control, both ways of negotiating it


DEFAULT_PREFERENCES = CodecPreferences()


class PayloadTypes:
    """Payload types of one subscribe transport: the same codec has the same number for ever."""

    def assign(self, codec: Codec) -> Codec:
        """``codec`` as this transport offers it: its payload type, RTX payload type and
        canonical parameters are the transport's. Raises `LookupError` when none is left."""
        raise NotImplementedError
