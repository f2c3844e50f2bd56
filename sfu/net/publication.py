"""A connection's half that sends: what it offers, and the tracks that come of it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from sfu.codec_choice import Verdict
from sfu.codec_requests import CodecRequests
from sfu.layer_demand import LayerDemand
from sfu.negotiation import NegotiationError, answer_publish, check_whole
from sfu.net.connection_context import ConnectionContext, random_ssrc, track_info
from sfu.net.descriptions import read_description
from sfu.net.media_api import MediaError, PublishedSection, TrackInfo
from sfu.net.media_errors import media_error
from sfu.net.publish_transport import PublishTransport
from sfu.net.trickle import take_fragment
from sfu.publisher import Publisher
from sfu.rtp_parameters import Codec, PublishedMedia
from sfu.sources import sources_by_order
from sfu.wire.errors import WireError

MAX_TRACKS = 16


class Publication:
    """The publish transport, and the negotiation of what it carries."""

    def __init__(
        self, context: ConnectionContext, offered: Callable[[Iterable[Codec]], None]
    ) -> None:
        """:param offered: told which codecs the client offers to send"""
        self.transport: PublishTransport | None = None  # once there was an offer
        self.codec_requests = CodecRequests()
        self.publisher = Publisher(
            context.connection_id, secrets.token_hex(8), random_ssrc(), context.wall_offset_s
        )
        self._context = context
        self._offered = offered
        self._negotiating = asyncio.Lock()  # full ICE takes a while for an answer
        self._answer = ""  # the last
        self._media: tuple[PublishedMedia, ...] = ()
        self._demands: dict[str, LayerDemand] = {}

    async def publish(
        self, offer_sdp: str, sections: Sequence[PublishedSection] | None
    ) -> tuple[str, list[TrackInfo]]:
        async with self._negotiating:
            return await self._answer_publish(offer_sdp, sections)

    async def _answer_publish(
        self, offer_sdp: str, sections: Sequence[PublishedSection] | None
    ) -> tuple[str, list[TrackInfo]]:
        offer = await read_description(offer_sdp)
        self._context.check_open()
        transport = self.transport or PublishTransport(
            self._context.transport("publish"), self.publisher, self._context.forwarder
        )
        fresh = self.transport is None
        ice = transport.agent.local
        try:
            if transport.agent.remote_ufrag not in (None, _ufrag(offer)):
                ice = transport.ice.new()
            await transport.ice.gather(ice)
            self._context.check_open()
            previous = None if fresh else self._media
            answer = answer_publish(
                offer, transport.local_with(ice), previous, self._context.preferences, self._pick
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
        self.transport = transport
        self._media = answer.media
        self._offered(c for m in answer.media for c in m.offered)
        self._answer = answer.sdp
        if sections is None:
            sources = sources_by_order(answer.media)
        else:
            sources = {section.mid: (section.source, section.muted) for section in sections}
        if ice is not transport.agent.local:
            transport.restart_ice(ice)
        if answer.remote is not None:
            transport.start(answer.remote, self._context.clock())
        added, ended = self.publisher.negotiate(
            answer.media, sources, partial(secrets.token_hex, 8)
        )
        self._context.room.removed(self._context.connection_id, ended)
        self._context.room.added(self._context.connection_id, added)
        tracks = self.tracks()
        if added or ended:
            self._context.listener.on_tracks(tracks)
        return answer.sdp, tracks

    async def trickle(self, fragment: str) -> str | None:
        if self.transport is None or not self.transport.started:
            raise MediaError("offer_superseded", "nothing was offered yet")
        try:
            async with self._negotiating:
                return await take_fragment(self.transport, fragment, self._answer)
        except WireError as exc:
            raise media_error(exc) from exc

    def _pick(self, mid: str, ranked: Sequence[Codec]) -> Codec:
        verdicts = self._context.room.verdicts(self._context.connection_id)
        return self.codec_requests.pick(mid, ranked, self._media, verdicts)

    def suit(self, verdicts: Sequence[Verdict]) -> None:
        """Ask for other codecs where others cannot decode what this connection sends."""
        producers = self.publisher.producers
        for track_id, codec in self.codec_requests.due(producers, self._media, verdicts):
            self._context.listener.on_codec_wanted(track_id, codec)

    def tracks(self) -> list[TrackInfo]:
        return [track_info(p, mid) for mid, p in self.publisher.producers.items()]

    def set_muted(self, track_id: str, muted: bool) -> None:
        for producer in self.publisher.producers.values():
            if producer.track_id == track_id:
                producer.set_muted(muted)
                return
        raise MediaError("track_unknown", "no such track of this connection")

    def tell_layers(self, now: float) -> None:
        """Tell the publisher which layers are watched, where that has changed."""
        tracks = self.publisher.producers.values()
        self._demands = {
            producer.track_id: self._demands.get(producer.track_id) or LayerDemand(producer)
            for producer in tracks
            if producer.kind == "video"
        }
        for track_id, demand in self._demands.items():
            watched = demand.due(now)
            if watched is not None:
                self._context.listener.on_layers_wanted(track_id, *watched)


def _ufrag(offer: object) -> str | None:
    """The offer's ICE user fragment, of the session or its first section that has one."""
    ufrag: str | None = getattr(offer, "ice_ufrag", None)
    for media in getattr(offer, "media", ()):
        ufrag = ufrag or media.ice_ufrag
    return ufrag
