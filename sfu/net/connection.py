"""One connection's two transports, and their negotiation."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from functools import partial

from sfu.codec_choice import Verdict
from sfu.codec_requests import CodecRequests, Undecodable, VideoTrack
from sfu.encoding import Encoding
from sfu.layer_demand import LayerDemand
from sfu.negotiation import (
    CodecPreferences,
    NegotiationError,
    answer_publish,
    check_whole,
    parse_sdp,
)
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
from sfu.net.publish_transport import PublishTransport
from sfu.net.statistics import connection_stats
from sfu.net.subscribe_transport import SubscribeTransport
from sfu.net.transport import Transport
from sfu.net.transport_context import TransportContext
from sfu.net.trickle import take_fragment
from sfu.player import Player
from sfu.producer import Producer
from sfu.publisher import Publisher
from sfu.rtp_parameters import Codec, PublishedMedia
from sfu.sources import sources_by_order
from sfu.subscriber import OfferSuperseded, Section, Subscriber
from sfu.wire.errors import WireError
from sfu.wish import Wish

MAX_TRACKS = 16
RESTART_INTERVAL_S = 1.0  # a subscribe offer with new credentials that is younger still holds


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
        self._forwarder = forwarder
        self._room = room
        self._clock = clock
        self._preferences = preferences
        self._reception = reception
        self._closed = False
        self._publishing = asyncio.Lock()  # full ICE takes a while for an answer
        self._gathering: asyncio.Future[None] | None = None
        self._lost = False
        self._restarted_at = float("-inf")
        self._demands: dict[str, LayerDemand] = {}
        self._answers: dict[TransportName, str] = {}  # the last, by transport
        self._publish: PublishTransport | None = None
        self._media: tuple[PublishedMedia, ...] = ()
        self.codec_requests = CodecRequests()
        self._undecodable = Undecodable()
        self.publisher = Publisher(
            connection_id, secrets.token_hex(8), _random_ssrc(), wall_offset_s
        )
        self.subscribe = SubscribeTransport(
            self._context("subscribe"), self._make_subscriber, room.sender_time
        )

    # --- publishing -----------------------------------------------------------------------------

    async def publish(
        self, offer_sdp: str, sections: Sequence[PublishedSection] | None
    ) -> tuple[str, list[TrackInfo]]:
        async with self._publishing:
            return await self._answer_publish(offer_sdp, sections)

    async def _answer_publish(
        self, offer_sdp: str, sections: Sequence[PublishedSection] | None
    ) -> tuple[str, list[TrackInfo]]:
        self._check_open()
        transport = self._publish or PublishTransport(
            self._context("publish"), self.publisher, self._forwarder
        )
        fresh = self._publish is None
        ice = transport.agent.local
        try:
            offer = parse_sdp(offer_sdp)
            if transport.agent.remote_ufrag not in (None, _ufrag(offer)):
                ice = transport.ice.new()
            await transport.ice.gather(ice)
            self._check_open()
            previous = None if fresh else self._media
            answer = answer_publish(
                offer, transport.local_with(ice), previous, self._preferences, self._pick
            )
            if sections is None:
                check_whole(offer, answer)
            if sum(media.active for media in answer.media) > MAX_TRACKS:
                raise MediaError("too_many_tracks", f"more than {MAX_TRACKS}")
        except (WireError, NegotiationError, MediaError) as exc:
            transport.ice.forget(ice)
            if fresh:
                await transport.close()
            raise media_error(exc) from exc
        self._publish = transport
        self._media = answer.media
        self.subscribe.subscriber.decoders.offered(c for m in answer.media for c in m.offered)
        self._answers["publish"] = answer.sdp
        if sections is None:
            sources = sources_by_order(answer.media)
        else:
            sources = {section.mid: (section.source, section.muted) for section in sections}
        if ice is not transport.agent.local:
            transport.restart_ice(ice)
        if answer.remote is not None:
            transport.start(answer.remote, self._clock())
        added, ended = self.publisher.negotiate(
            answer.media, sources, partial(secrets.token_hex, 8)
        )
        self._room.removed(self.connection_id, ended)
        self._room.added(self.connection_id, added)
        tracks = self.tracks()
        if added or ended:
            self.listener.on_tracks(tracks)
        return answer.sdp, tracks

    def _pick(self, mid: str, ranked: Sequence[Codec]) -> Codec:
        verdicts = self._room.verdicts(self.connection_id)
        return self.codec_requests.pick(mid, ranked, self._media, verdicts)

    def suit(self, verdicts: Sequence[Verdict]) -> None:
        """Ask for other codecs where others cannot decode what this connection sends."""
        producers = self.publisher.producers
        for track_id, codec in self.codec_requests.due(producers, self._media, verdicts):
            self.listener.on_codec_wanted(track_id, codec)

    def tell_undecodable(self, tracks: Sequence[VideoTrack]) -> None:
        """:param tracks: every video track of the others"""
        verdict = self.subscribe.subscriber.verdict
        for producer, mid, asked in self._undecodable.due(tracks, verdict):
            self.listener.on_undecodable(track_info(producer, mid), producer.codec.name, asked)

    def tracks(self) -> list[TrackInfo]:
        return [track_info(p, mid) for mid, p in self.publisher.producers.items()]

    def set_muted(self, track_id: str, muted: bool) -> None:
        for producer in self.publisher.producers.values():
            if producer.track_id == track_id:
                producer.set_muted(muted)
                return
        raise MediaError("track_unknown", "no such track of this connection")

    # --- subscribing ----------------------------------------------------------------------------

    def negotiate_subscribe(self) -> None:
        """Send an offer if one is due."""
        if self._closed:
            return
        if not self.subscribe.ice.gathered:
            self._gather_subscribe()
            return
        offer = self.subscribe.subscriber.offer()
        if offer is not None:
            tracks = [track_info(s.producer, s.media.mid) for s in offer.sections]
            self.listener.on_step("subscribe_offered", "ok", "")
            self.listener.on_subscribe_offer(offer.offer_id, offer.sdp, tracks)

    def restart_subscribe(self) -> None:
        transport, now = self.subscribe, self._clock()
        self._check_open()
        if not transport.started or now - self._restarted_at < RESTART_INTERVAL_S:
            return
        self._restarted_at = now
        transport.restart_ice(transport.ice.new())
        transport.subscriber.restart(transport.local)
        self.negotiate_subscribe()

    def _gather_subscribe(self) -> None:
        """Offer once the candidates are there, with them."""
        if self._gathering is None:
            self._gathering = asyncio.ensure_future(self._gathered_subscribe())

    async def _gathered_subscribe(self) -> None:
        transport = self.subscribe
        try:
            await transport.ice.gather(transport.agent.local)
        finally:
            self._gathering = None
        transport.subscriber.restart(transport.local)
        self.negotiate_subscribe()

    def prefer(self, track_id: str, wish: Wish) -> None:
        self.subscribe.layers.wish(track_id, wish)

    def tell_layers(self, now: float) -> None:
        """Tell the publisher which layers are watched, where that has changed."""
        tracks = self.publisher.producers.values()
        self._demands = {
            producer.track_id: self._demands.get(producer.track_id) or LayerDemand(producer)
            for producer in tracks
            if producer.rids
        }
        for track_id, demand in self._demands.items():
            rids = demand.due(now)
            if rids is not None:
                self.listener.on_layers_wanted(track_id, rids)

    async def accept_answer(self, offer_id: int, answer_sdp: str) -> None:
        self._check_open()
        subscriber = self.subscribe.subscriber
        try:
            sections: list[Section] = subscriber.answer(offer_id, answer_sdp, self.subscribe)
        except (WireError, NegotiationError, OfferSuperseded) as exc:
            raise media_error(exc) from exc
        if subscriber.remote is not None:
            self.subscribe.start(subscriber.remote, self._clock())
        self.listener.on_step("subscribe_answered", "ok", "")
        self.subscribe.accepted(sections)
        self._room.check_codecs()
        self.negotiate_subscribe()

    async def play(self, offer_sdp: str) -> tuple[str, list[TrackInfo]]:
        self._check_open()
        player = self.subscribe.subscriber
        if not isinstance(player, Player):
            raise MediaError("offer_superseded", "the server offers on this connection")
        if not self.subscribe.ice.gathered:
            await self.subscribe.ice.gather(self.subscribe.agent.local)
            player.restart(self.subscribe.local)
            self._check_open()
        try:
            answer = player.play(parse_sdp(offer_sdp), self.subscribe)
        except (WireError, NegotiationError) as exc:
            raise media_error(exc) from exc
        self._answers["subscribe"] = answer
        if player.remote is not None:
            self.subscribe.start(player.remote, self._clock())
        self._room.check_codecs()
        return answer, [track_info(s.producer, s.media.mid) for s in player.sections]

    async def trickle(self, transport: TransportName, fragment: str) -> str | None:
        self._check_open()
        target = self._publish if transport == "publish" else self.subscribe
        if target is None or not target.started:
            raise MediaError("offer_superseded", "nothing was offered yet")
        try:
            async with self._publishing:
                return await take_fragment(target, fragment, self._answers[transport])
        except WireError as exc:
            raise media_error(exc) from exc

    def add_candidate(self, transport: TransportName, candidate: str) -> None:
        target = self._publish if transport == "publish" else self.subscribe
        try:
            if target is not None:
                target.ice.add_candidate(candidate)
        except WireError as exc:
            raise media_error(exc) from exc

    # --- state ----------------------------------------------------------------------------------

    @property
    def transports(self) -> list[Transport]:
        own: list[Transport] = [self.subscribe]
        if self._publish is not None:
            own.append(self._publish)
        return own

    def tick(self, now: float) -> None:
        self.subscribe.tick(now)
        if self._publish is not None:
            self._publish.tick(now)
        self._look_for_life(now)

    def stats(self) -> dict[str, object]:
        return connection_stats(self._publish, self.subscribe)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._room.left(self.connection_id)
        if self._gathering is not None:
            self._gathering.cancel()
        for transport in self.transports:
            await transport.close()

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

    def _make_subscriber(self, transport: SubscribeTransport) -> Subscriber:
        if self._reception.by == "client_offer":
            return Player(
                transport.local,
                _random_ssrc,
                lambda: 1 + secrets.randbelow(32767),
                self._reception.wants,
                lambda section: transport.accepted([section]),
            )
        return Subscriber(
            transport.local,
            _random_ssrc,
            secrets.randbits(62),
            lambda: 1 + secrets.randbelow(32767),
        )


def track_info(producer: Producer, mid: str) -> TrackInfo:
    return TrackInfo(
        track_id=producer.track_id,
        connection_id=producer.connection_id,
        mid=mid,
        kind=producer.kind,
        source=producer.source,
        muted=producer.muted,
    )


def _random_ssrc() -> int:
    return 1 + secrets.randbelow(0xFFFFFFFE)


def _ufrag(offer: object) -> str | None:
    """The offer's ICE user fragment, of the session or its first section that has one."""
    ufrag: str | None = getattr(offer, "ice_ufrag", None)
    for media in getattr(offer, "media", ()):
        ufrag = ufrag or media.ice_ufrag
    return ufrag
