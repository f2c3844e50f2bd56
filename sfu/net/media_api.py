"""The types by which signaling and the media server speak to each other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from sfu.codecs import CodecPreferences as CodecPreferences  # signaling takes these from here
from sfu.codecs import checked_video_codecs as checked_video_codecs
from sfu.ice_servers import IceServer as IceServer  # signaling takes it from here
from sfu.rtp_parameters import Kind, Source
from sfu.wish import Wish as Wish

TransportName = Literal["publish", "subscribe"]
TransportStateName = Literal["connecting", "connected", "disconnected", "failed", "closed"]
Outcome = Literal["ok", "failed"]


class MediaError(Exception):
    """A media request that cannot be done. ``code`` is one of ``sdp_invalid``,
    ``sdp_unsupported``, ``offer_superseded``, ``track_unknown``, ``too_many_tracks``,
    ``connection_closed``; ``detail`` is for logs and developers."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class PublishedSection:
    """What the client says of one media section of its publish offer."""

    mid: str
    source: Source
    muted: bool = False


@dataclass(frozen=True, slots=True)
class TrackInfo:
    """A published track. ``mid`` is the section it is sent on: the publisher's in the result of
    `publish`, the subscriber's in a subscribe offer."""

    track_id: str
    connection_id: str
    mid: str
    kind: Kind
    source: Source
    muted: bool


@dataclass(frozen=True, slots=True)
class Reception:
    """What a connection gets of the others' tracks, and who offers."""

    by: Literal["server_offers", "client_offer", "nothing"]
    wants: Callable[[str], bool] = lambda connection_id: True
    """Of ``client_offer``: whether that connection's tracks are played. Asked once a track."""


SERVER_OFFERS = Reception("server_offers")
NOTHING = Reception("nothing")


class MediaListener(Protocol):
    """What a connection's owner hears. Called on the event loop; must return at once."""

    def on_subscribe_offer(self, offer_id: int, sdp: str, tracks: Sequence[TrackInfo]) -> None: ...

    def on_transport_state(self, transport: TransportName, state: TransportStateName) -> None: ...

    def on_tracks(self, tracks: Sequence[TrackInfo]) -> None:
        """The connection's own published tracks changed, whatever the cause."""

    def on_step(self, step: str, outcome: Outcome, detail: str) -> None:
        """A step of the join, for the timeline."""

    def on_layers_wanted(
        self, track_id: str, rids: Sequence[str], spatial_layers: int | None
    ) -> None:
        """Of one of the connection's tracks these simulcast layers are watched, or, where it has
        none, so many of the spatial layers inside its stream, the lowest first; the publisher may
        leave out the others until told again."""

    def on_codec_wanted(self, track_id: str, codec: str) -> None:
        """Somebody cannot decode one of the connection's tracks: the publisher should offer again,
        with this codec among those offered; the answer takes it."""

    def on_undecodable(self, track: TrackInfo, codec: str, asked: bool) -> None:
        """This client cannot decode another's track, which comes in ``codec``. ``asked``: its
        publisher has been asked for another, and a new track will come if it can."""

    def on_speakers(self, speaker: str | None, speaking: Collection[str]) -> None:
        """The active speaker of the room, and everyone who speaks: connection ids."""

    def on_lost(self, reason: str) -> None:
        """The peer has vanished: no transport of the connection is alive."""


class MediaConnection(Protocol):
    """One connection's publish and subscribe transports."""

    async def publish(
        self, offer_sdp: str, sections: Sequence[PublishedSection] | None
    ) -> tuple[str, list[TrackInfo]]:
        """The answer to a publish offer, and the tracks now published. Without ``sections`` the
        order of the offer tells the sources: the first audio is the microphone, the first video
        the camera, all others belong to the screen. Raises `MediaError`."""
        ...

    async def play(self, offer_sdp: str) -> tuple[str, list[TrackInfo]]:
        """The answer to the one offer of a connection opened to receive by ``client_offer``, and
        the tracks it begins with. Raises `MediaError`."""
        ...

    def restart_subscribe(self) -> None:
        """Offer the subscribe transport again with new ICE credentials, for a client whose address
        has changed. Nothing before its first answer, nor within a second of the last time. Raises
        `MediaError` (``connection_closed``)."""
        ...

    async def trickle(self, transport: TransportName, fragment: str) -> str | None:
        """Take a client's SDP fragment (RFC 8840): candidates, or, with credentials other than
        before, an ICE restart, whose result is the server's own fragment. Raises `MediaError`."""
        ...

    async def accept_answer(self, offer_id: int, answer_sdp: str) -> None:
        """Take the subscriber's answer. Raises `MediaError`."""
        ...

    def add_candidate(self, transport: TransportName, candidate: str) -> None:
        """Take a trickled candidate; ICE-lite needs none. Raises `MediaError` on what is none."""

    def set_muted(self, track_id: str, muted: bool) -> None:
        """Raises `MediaError` (``track_unknown``)."""

    def prefer(self, track_id: str, wish: Wish) -> None:
        """Say how a track is shown to this subscriber. Unknown tracks are remembered, within a
        bound: the wish may come before the track."""

    def stats(self) -> dict[str, object]: ...

    async def close(self) -> None:
        """Idempotent. The connection's tracks end for everyone else."""


class MediaPlane(Protocol):
    """The media server as signaling sees it; `sfu.net.media_server.MediaServer` is the real one."""

    @property
    def port(self) -> int: ...

    def open_connection(
        self,
        room_id: str,
        connection_id: str,
        listener: MediaListener,
        reception: Reception = SERVER_OFFERS,
    ) -> MediaConnection: ...

    def stats(self) -> dict[str, object]:
        """Counters of the whole server, for the metrics."""
        ...

    async def close(self) -> None: ...
