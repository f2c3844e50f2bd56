"""What both halves of a connection stand on."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sfu.codec_choice import Verdict
from sfu.encoding import Encoding
from sfu.negotiation import CodecPreferences
from sfu.net.forwarder import Forwarder
from sfu.net.media_api import MediaListener, Reception, TrackInfo, TransportName
from sfu.net.transport_context import TransportContext
from sfu.producer import Producer


class RoomView:
    """What a connection may do in its room: given by the media server."""

    def __init__(
        self,
        added: Callable[[str, Sequence[Producer]], None],
        removed: Callable[[str, Sequence[Producer]], None],
        sender_time: Callable[[str, Encoding, float], tuple[int, int] | None],
        left: Callable[[str], None],
        verdicts: Callable[[str], list[Verdict]],
        check_codecs: Callable[[], None],
    ) -> None:
        self.added = added
        self.removed = removed
        self.sender_time = sender_time
        self.left = left
        self.verdicts = verdicts  # of every other connection
        self.check_codecs = check_codecs


@dataclass(frozen=True, slots=True)
class ConnectionContext:
    connection_id: str
    listener: MediaListener
    forwarder: Forwarder
    room: RoomView
    clock: Callable[[], float]
    wall_offset_s: float
    preferences: CodecPreferences
    reception: Reception
    transport: Callable[[TransportName], TransportContext]
    check_open: Callable[[], None]
    """Raises `MediaError`: ``connection_closed``."""


def track_info(producer: Producer, mid: str) -> TrackInfo:
    return TrackInfo(
        track_id=producer.track_id,
        connection_id=producer.connection_id,
        mid=mid,
        kind=producer.kind,
        source=producer.source,
        muted=producer.muted,
    )


def random_ssrc() -> int:
    return 1 + secrets.randbelow(0xFFFFFFFE)
