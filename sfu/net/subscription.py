"""A connection's half that receives: what it is offered, or asks for, of the others' tracks."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence

from sfu.codec_requests import Undecodable, VideoTrack
from sfu.negotiation import NegotiationError
from sfu.net.connection_context import ConnectionContext, random_ssrc, track_info
from sfu.net.descriptions import read_description
from sfu.net.media_api import MediaError, TrackInfo
from sfu.net.media_errors import media_error
from sfu.net.subscribe_transport import SubscribeTransport
from sfu.net.trickle import take_fragment
from sfu.player import Player
from sfu.subscriber import OfferSuperseded, Section, Subscriber
from sfu.wire.errors import WireError

RESTART_INTERVAL_S = 1.0  # a subscribe offer with new credentials that is younger still holds


class Subscription:
    """The subscribe transport, and the negotiation of what it carries: by our offers, or the
    client's."""

    def __init__(self, context: ConnectionContext) -> None:
        self._context = context
        self._closed = False
        self._gathering: asyncio.Future[None] | None = None
        self._restarted_at = float("-inf")
        self._answering = asyncio.Lock()  # full ICE takes a while for an answer
        self._answer = ""  # the last, where the client offers
        self._undecodable = Undecodable()
        self.transport = SubscribeTransport(
            context.transport("subscribe"), self._make_subscriber, context.room.sender_time
        )

    @property
    def subscriber(self) -> Subscriber:
        return self.transport.subscriber

    def negotiate(self) -> None:
        """Send an offer if one is due."""
        if self._closed:
            return
        if not self.transport.ice.gathered:
            self._gather()
            return
        offer = self.subscriber.offer()
        if offer is not None:
            tracks = [track_info(s.producer, s.media.mid) for s in offer.sections]
            self._context.listener.on_step("subscribe_offered", "ok", "")
            self._context.listener.on_subscribe_offer(offer.offer_id, offer.sdp, tracks)

    def restart(self) -> None:
        transport, now = self.transport, self._context.clock()
        self._context.check_open()
        if not transport.started or now - self._restarted_at < RESTART_INTERVAL_S:
            return
        self._restarted_at = now
        transport.restart_ice(transport.ice.new())
        self.subscriber.restart(transport.local)
        self.negotiate()

    def _gather(self) -> None:
        """Offer once the candidates are there, with them."""
        if self._gathering is None:
            self._gathering = asyncio.ensure_future(self._gathered())

    async def _gathered(self) -> None:
        transport = self.transport
        try:
            await transport.ice.gather(transport.agent.local)
        finally:
            self._gathering = None
        self.subscriber.restart(transport.local)
        self.negotiate()

    async def accept_answer(self, offer_id: int, answer_sdp: str) -> None:
        self._context.check_open()
        subscriber = self.subscriber
        try:
            subscriber.outstanding(offer_id)
            answer = await read_description(answer_sdp)
            self._context.check_open()
            sections: list[Section] = subscriber.answer(offer_id, answer, self.transport)
        except (NegotiationError, OfferSuperseded, MediaError) as exc:
            raise media_error(exc) from exc
        if subscriber.remote is not None:
            self.transport.start(subscriber.remote, self._context.clock())
        self._context.listener.on_step("subscribe_answered", "ok", "")
        self.transport.accepted(sections)
        self._context.room.check_codecs()
        self.negotiate()

    async def play(self, offer_sdp: str) -> tuple[str, list[TrackInfo]]:
        offer = await read_description(offer_sdp)
        self._context.check_open()
        player = self.subscriber
        if not isinstance(player, Player):
            raise MediaError("offer_superseded", "the server offers on this connection")
        if not self.transport.ice.gathered:
            await self.transport.ice.gather(self.transport.agent.local)
            player.restart(self.transport.local)
            self._context.check_open()
        try:
            answer = player.play(offer, self.transport)
        except NegotiationError as exc:
            raise media_error(exc) from exc
        self._answer = answer
        if player.remote is not None:
            self.transport.start(player.remote, self._context.clock())
        self._context.room.check_codecs()
        return answer, [track_info(s.producer, s.media.mid) for s in player.sections]

    async def trickle(self, fragment: str) -> str | None:
        if not self.transport.started:
            raise MediaError("offer_superseded", "nothing was offered yet")
        try:
            async with self._answering:
                return await take_fragment(self.transport, fragment, self._answer)
        except WireError as exc:
            raise media_error(exc) from exc

    def tell_undecodable(self, tracks: Sequence[VideoTrack]) -> None:
        """:param tracks: every video track of the others"""
        verdict = self.subscriber.verdict
        for producer, mid, asked in self._undecodable.due(tracks, verdict):
            self._context.listener.on_undecodable(
                track_info(producer, mid), producer.codec.name, asked
            )

    async def close(self) -> None:
        """Idempotent."""
        self._closed = True
        if self._gathering is not None:
            self._gathering.cancel()
        await self.transport.close()

    def _make_subscriber(self, transport: SubscribeTransport) -> Subscriber:
        if self._context.reception.by == "client_offer":
            return Player(
                transport.local,
                random_ssrc,
                lambda: 1 + secrets.randbelow(32767),
                self._context.reception.wants,
                lambda section: transport.accepted([section]),
            )
        return Subscriber(
            transport.local,
            random_ssrc,
            secrets.randbits(62),
            lambda: 1 + secrets.randbelow(32767),
        )
