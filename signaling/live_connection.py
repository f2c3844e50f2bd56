"""One connection of a participant: its media, its timeline, and the socket it has just now."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Any, Literal, Protocol

from sfu.net.media_api import (
    SERVER_OFFERS,
    MediaConnection,
    Outcome,
    Reception,
    TrackInfo,
    TransportName,
    TransportStateName,
)
from signaling.live_metrics import LiveMetrics
from signaling.live_ports import Clock
from signaling.protocol import (
    CodecWanted,
    ConnectionStats,
    ForwardedTrack,
    LayersWanted,
    Message,
    Speakers,
    SubscribeOffer,
    TimelineStep,
    Track,
    TrackUndecodable,
    TransportState,
)
from signaling.seats import Seat
from signaling.session_state import EndReason
from signaling.timeline import Timeline


class Client(Protocol):
    """The WebSocket client a connection belongs to."""

    def send(self, message: Message) -> None: ...

    def finish(self, code: str, reason: EndReason | None = None) -> None:
        """Send `Closed` with this error code, then close the socket. ``reason``: why the session
        has ended, where it has."""
        ...


class ConnectionOwner(Protocol):
    """The live room: what a connection's media tells it."""

    def tracks_changed(self, connection_id: str, tracks: Sequence[Track]) -> None: ...

    def transport_changed(self, state: TransportState) -> None: ...

    def media_lost(self, connection_id: str, reason: str) -> None: ...


class JoinLog:
    """A connection's timeline, told to its client and counted for the metrics."""

    def __init__(self, clock: Clock, metrics: LiveMetrics) -> None:
        self.timeline = Timeline()
        self._clock = clock
        self._metrics = metrics
        self._began = clock.monotonic()

    def step(self, step: str, outcome: Outcome = "ok", detail: str = "") -> TimelineStep:
        """A step the server saw, now."""
        self._metrics.step(step, self._clock.monotonic() - self._began, outcome == "failed")
        at_ms = self._clock.wall() * 1000
        return TimelineStep(entry=self.timeline.add(step, at_ms, "server", outcome, detail))


class LiveConnection:
    """A seat in the room with its media; it survives its socket. Implements `MediaListener`."""

    def __init__(
        self, connection_id: str, seat: Seat, owner: ConnectionOwner, log: JoinLog, opened_at: float
    ) -> None:
        self.connection_id = connection_id
        self.seat = seat
        self.log = log
        self.opened_at = opened_at  # Unix seconds
        self.client: Client | None = None
        self.door: Literal["websocket", "whip", "whep"] = "websocket"  # how it is signaled
        self.reception: Reception = SERVER_OFFERS
        self.media: MediaConnection | None = None
        self.media_was_connected = False
        self.transports: dict[TransportName, TransportStateName] = {}
        self._owner = owner
        self._offer: SubscribeOffer | None = None
        self._closing: asyncio.Task[None] | None = None
        self._tell_steps = False

    # --- to the client -----------------------------------------------------------------------

    def send(self, message: Message) -> None:
        """To the socket there is; lost while there is none (a resume brings the full state)."""
        if self.client is not None:
            self.client.send(message)

    def tell_all_steps(self) -> None:
        """Send the timeline so far; from now on each step as it happens."""
        self._tell_steps = True
        for entry in self.log.timeline.entries():
            if entry.source == "server":
                self.send(TimelineStep(entry=entry))

    def step(self, step: str, outcome: Outcome = "ok", detail: str = "") -> None:
        message = self.log.step(step, outcome, detail)
        if self._tell_steps:
            self.send(message)

    def resend_offer(self) -> None:
        """The subscribe offer that was not answered when the socket went."""
        if self._offer is not None:
            self.send(self._offer)

    # --- media -------------------------------------------------------------------------------

    async def accept_answer(self, media: MediaConnection, offer_id: int, sdp: str) -> None:
        await media.accept_answer(offer_id, sdp)
        if self._offer is not None and self._offer.offer_id == offer_id:
            self._offer = None

    def stop_media(self) -> None:
        """Close the media, in the background; `media_stopped` waits for it."""
        media, self.media, self._offer = self.media, None, None
        self.media_was_connected = False
        self.transports.clear()
        if media is not None:
            self._closing = asyncio.get_running_loop().create_task(media.close())

    async def media_stopped(self) -> None:
        if self._closing is not None:
            await asyncio.wait([self._closing])

    # --- MediaListener -----------------------------------------------------------------------

    def on_subscribe_offer(self, offer_id: int, sdp: str, tracks: Sequence[TrackInfo]) -> None:
        self._offer = SubscribeOffer(
            offer_id=offer_id, sdp=sdp, tracks=[forwarded(track) for track in tracks]
        )
        self.send(self._offer)

    def on_transport_state(self, transport: TransportName, state: TransportStateName) -> None:
        self.transports[transport] = state
        self.media_was_connected = self.media_was_connected or state == "connected"
        self._owner.transport_changed(
            TransportState(connection_id=self.connection_id, transport=transport, state=state)
        )

    def on_tracks(self, tracks: Sequence[TrackInfo]) -> None:
        self._owner.tracks_changed(self.connection_id, [published(track) for track in tracks])

    def on_step(self, step: str, outcome: Outcome, detail: str) -> None:
        self.step(step, outcome, detail)

    def on_layers_wanted(
        self, track_id: str, rids: Sequence[str], spatial_layers: int | None
    ) -> None:
        self.send(LayersWanted(track_id=track_id, rids=list(rids), spatial_layers=spatial_layers))

    def on_codec_wanted(self, track_id: str, codec: str) -> None:
        self.send(CodecWanted(track_id=track_id, codec=codec))

    def on_undecodable(self, track: TrackInfo, codec: str, asked: bool) -> None:
        self.send(
            TrackUndecodable(
                connection_id=track.connection_id,
                track_id=track.track_id,
                codec=codec,
                asked=asked,
            )
        )

    def on_speakers(self, speaker: str | None, speaking: Collection[str]) -> None:
        self.send(Speakers(speaker=speaker, speaking=sorted(speaking)))

    def on_lost(self, reason: str) -> None:
        self._owner.media_lost(self.connection_id, reason)

    # --- reading -----------------------------------------------------------------------------

    def view(self) -> dict[str, Any]:
        """For the host's view: JSON values."""
        return {
            "connection_id": self.connection_id,
            "participant_id": self.seat.participant_id,
            "name": self.seat.name,
            "role": self.seat.role,
            "opened_at": self.opened_at,
            "door": self.door,
            "transports": dict(self.transports),
            "timeline": [entry.model_dump() for entry in self.log.timeline.entries()],
            "stats": None if self.media is None else media_stats(self.media).model_dump(),
        }


def media_stats(media: MediaConnection) -> ConnectionStats:
    return ConnectionStats.model_validate(media.stats())


def published(track: TrackInfo) -> Track:
    return Track(track_id=track.track_id, kind=track.kind, source=track.source, muted=track.muted)


def forwarded(track: TrackInfo) -> ForwardedTrack:
    return ForwardedTrack(
        mid=track.mid,
        track_id=track.track_id,
        connection_id=track.connection_id,
        kind=track.kind,
        source=track.source,
        muted=track.muted,
    )
