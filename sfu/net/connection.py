"""One connection: its two halves, and whether it is still alive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from sfu.negotiation import CodecPreferences
from sfu.net.connection_context import ConnectionContext, RoomView
from sfu.net.forwarder import Forwarder
from sfu.net.media_api import (
    MediaError,
    MediaListener,
    Outcome,
    PublishedSection,
    Reception,
    TrackInfo,
    TransportName,
    TransportStateName,
)
from sfu.net.media_errors import media_error
from sfu.net.publication import Publication
from sfu.net.statistics import connection_stats
from sfu.net.subscribe_transport import SubscribeTransport
from sfu.net.subscription import Subscription
from sfu.net.transport import Transport
from sfu.net.transport_context import TransportContext
from sfu.publisher import Publisher
from sfu.wire.errors import WireError
from sfu.wish import Wish


class Connection:
    """Implements `sfu.net.media_api.MediaConnection`."""

    def __init__(
        self,
        connection_id: str,
        listener: MediaListener,
        context: Callable[..., TransportContext],
        forwarder: Forwarder,
        room: RoomView,
        clock: Callable[[], float],
        wall_offset_s: float,
        preferences: CodecPreferences,
        reception: Reception,
    ) -> None:
        """:param context: makes a `TransportContext` of the state and step callbacks"""
        self.connection_id = connection_id
        self.listener = listener
        self._make_context = context
        self._room = room
        self._clock = clock
        self._closed = False
        self._lost = False
        shared = ConnectionContext(
            connection_id,
            listener,
            forwarder,
            room,
            clock,
            wall_offset_s,
            preferences,
            reception,
            self._context,
            self._check_open,
        )
        self.subscription = Subscription(shared)
        self.publication = Publication(
            shared, lambda codecs: self.subscription.subscriber.decoders.offered(codecs)
        )

    @property
    def publisher(self) -> Publisher:
        return self.publication.publisher

    @property
    def subscribe(self) -> SubscribeTransport:
        return self.subscription.transport

    # --- publishing -----------------------------------------------------------------------------

    async def publish(
        self, offer_sdp: str, sections: Sequence[PublishedSection] | None
    ) -> tuple[str, list[TrackInfo]]:
        return await self.publication.publish(offer_sdp, sections)

    def set_muted(self, track_id: str, muted: bool) -> None:
        self.publication.set_muted(track_id, muted)

    # --- subscribing ----------------------------------------------------------------------------

    def restart_subscribe(self) -> None:
        self.subscription.restart()

    async def accept_answer(self, offer_id: int, answer_sdp: str) -> None:
        await self.subscription.accept_answer(offer_id, answer_sdp)

    async def play(self, offer_sdp: str) -> tuple[str, list[TrackInfo]]:
        return await self.subscription.play(offer_sdp)

    def prefer(self, track_id: str, wish: Wish) -> None:
        self.subscribe.layers.wish(track_id, wish)

    # --- candidates -----------------------------------------------------------------------------

    async def trickle(self, transport: TransportName, fragment: str) -> str | None:
        self._check_open()
        half = self.publication if transport == "publish" else self.subscription
        return await half.trickle(fragment)

    def add_candidate(self, transport: TransportName, candidate: str) -> None:
        target = self.publication.transport if transport == "publish" else self.subscribe
        try:
            if target is not None:
                target.ice.add_candidate(candidate)
        except WireError as exc:
            raise media_error(exc) from exc

    # --- state ----------------------------------------------------------------------------------

    @property
    def transports(self) -> list[Transport]:
        own: list[Transport] = [self.subscribe]
        if self.publication.transport is not None:
            own.append(self.publication.transport)
        return own

    @property
    def due_at(self) -> float:
        """From when on `tick` has something to do."""
        if self.publication.transport is not None:
            return 0.0
        return self.subscription.transport.due_at

    def tick(self, now: float) -> None:
        self.subscription.transport.tick(now)
        if self.publication.transport is not None:
            self.publication.transport.tick(now)
        self._look_for_life(now)

    def stats(self) -> dict[str, object]:
        return connection_stats(self.publication.transport, self.subscribe)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._room.left(self.connection_id)
        await self.subscription.close()
        if self.publication.transport is not None:
            await self.publication.transport.close()

    # --- inside ---------------------------------------------------------------------------------

    def _check_open(self) -> None:
        if self._closed:
            raise MediaError("connection_closed", "the connection is closed")

    def _context(self, name: TransportName) -> TransportContext:
        return self._make_context(partial(self._state_changed, name), self._step)

    def _step(self, step: str, outcome: Outcome, detail: str) -> None:
        self.listener.on_step(step, outcome, detail)

    def _state_changed(self, name: TransportName, state: TransportStateName) -> None:
        if self._closed:
            return
        self.listener.on_transport_state(name, state)
        if state == "failed":
            self._look_for_life(self._clock())

    def _look_for_life(self, now: float) -> None:
        """Tell the owner once when no transport is alive or may become so again."""
        if self.subscribe.state == "connected":
            self._lost = False
            return
        started = [transport for transport in self.transports if transport.started]
        lost = bool(started) and all(transport.is_lost(now) for transport in started)
        if lost and not self._lost and not self._closed:
            self.listener.on_lost("no transport is alive")
        self._lost = lost
