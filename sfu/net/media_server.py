"""The media plane: one port, rooms of connections, one tick for everything timed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from sfu.codec_choice import Verdict
from sfu.codec_requests import VideoTrack
from sfu.encoding import Encoding
from sfu.ice_servers import AskServers
from sfu.negotiation import DEFAULT_PREFERENCES, CodecPreferences
from sfu.net.addresses import gathering_addresses, host_candidates, local_addresses
from sfu.net.aiortc_adapter import Certificate
from sfu.net.connection import Connection
from sfu.net.connection_context import RoomView
from sfu.net.demultiplexer import Demultiplexer, MuxPeer
from sfu.net.forwarder import Forwarder
from sfu.net.ice_generations import NewFullIce
from sfu.net.media_api import (
    SERVER_OFFERS,
    MediaListener,
    Outcome,
    Reception,
    TransportStateName,
)
from sfu.net.media_counters import MediaCounters
from sfu.net.native_library import NativeLibrary
from sfu.net.native_listeners import NativeListeners
from sfu.net.native_receiver import NativeReceiver
from sfu.net.receiver import SocketReceiver
from sfu.net.sockets import Sockets, bind_media_port
from sfu.net.tcp_mux import TcpLimits, TcpMux
from sfu.net.transport_context import TimeLimits, TransportContext
from sfu.net.udp_mux import UdpMux
from sfu.producer import Producer
from sfu.router import Router
from sfu.rtp_parameters import IceParameters
from sfu.speaker import SpeakerDetector

TICK_S = 0.05
TICKED_AT_ONCE = 8  # connections, a third of a millisecond
PROBE_TICK_S = 0.01  # while padding is sent, which wants an even pace
ROOM_TICK_S = 0.2

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """What the media plane is started with."""

    port: int = 7882  # UDP and TCP; 0 picks a free one
    tcp: bool = True  # ICE-TCP beside UDP
    hosts: tuple[str, ...] = ()  # addresses to listen on; empty: all of this machine
    announced_ips: tuple[str, ...] = ()  # told to clients; empty: those listened on
    limits: TimeLimits = field(default_factory=TimeLimits)
    tcp_limits: TcpLimits = field(default_factory=TcpLimits)
    preferences: CodecPreferences = DEFAULT_PREFERENCES
    full_ice_servers: AskServers | None = None  # full ICE by these, on ports of its own; else lite
    native: bool = True  # read and forward in C, where that has been built


class _Room:
    def __init__(self, room_id: str) -> None:
        self.router = Router(room_id)
        self.connections: dict[str, Connection] = {}
        self.speakers = SpeakerDetector()

    def tick(self, now: float) -> None:
        """What concerns the room as a whole: who speaks, and what is watched of whom."""
        levels = {name: c.publisher.audio_level(now) for name, c in self.connections.items()}
        changed = self.speakers.update(levels, now)
        for connection in self.connections.values():
            connection.publication.tell_layers(now)
            if changed:
                connection.subscribe.layers.speaker = self.speakers.speaker
                speakers = self.speakers
                connection.listener.on_speakers(speakers.speaker, speakers.speaking)

    def verdicts(self, but: str) -> list[Verdict]:
        """What each connection but one knows of its decoders."""
        return [c.subscribe.subscriber.verdict for n, c in self.connections.items() if n != but]

    def check_codecs(self) -> None:
        """Ask publishers for other codecs where somebody cannot decode theirs; tell who cannot."""
        for name, connection in self.connections.items():
            connection.publication.suit(self.verdicts(name))
        videos = [
            VideoTrack(producer, mid, producer.track_id in owner.publication.codec_requests.asked)
            for owner in self.connections.values()
            for mid, producer in owner.publisher.producers.items()
            if producer.kind == "video"
        ]
        for name, connection in self.connections.items():
            others = [track for track in videos if track.producer.connection_id != name]
            connection.subscription.tell_undecodable(others)


class MediaServer:
    """Implements `sfu.net.media_api.MediaPlane`."""

    def __init__(self, settings: MediaSettings, datagrams: Sockets, listeners: Sockets) -> None:
        """Use `start`."""
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._demultiplexer = Demultiplexer()
        library = NativeLibrary.load() if settings.native else None
        self._listeners = NativeListeners.load(library)
        counters = self._demultiplexer.counters
        receiver = NativeReceiver.load(library, self._listeners, counters) or SocketReceiver()
        self._udp = UdpMux(self._loop, datagrams, self._demultiplexer, receiver)
        self._tcp = TcpMux(self._loop, listeners, self._demultiplexer, settings.tcp_limits)
        self._certificate = Certificate()
        self._forwarder = Forwarder(self._demultiplexer.sent, library)
        self._counters = MediaCounters()
        self._rooms: dict[str, _Room] = {}
        self._wall_offset_s = time.time() - self._loop.time()
        self._candidates = partial(
            host_candidates, self._udp.addresses, self._tcp.addresses, settings.announced_ips
        )
        self._ticking = self._loop.create_task(self._tick_for_ever())
        self._offers: set[tuple[str, str]] = set()
        self._new_full_ice = self._full_ice()

    @classmethod
    async def start(cls, settings: MediaSettings) -> MediaServer:
        """Raises `OSError` if the port cannot be bound."""
        hosts = settings.hosts or local_addresses()
        return cls(settings, *bind_media_port(hosts, settings.port, tcp=settings.tcp))

    @property
    def port(self) -> int:
        return self._udp.addresses[0][1]

    def open_connection(
        self,
        room_id: str,
        connection_id: str,
        listener: MediaListener,
        reception: Reception = SERVER_OFFERS,
    ) -> Connection:
        """A connection in a room, which is made when it is the first. It subscribes to all others
        at once, as far as its ``reception`` says; the first offer comes when there is something to
        offer."""
        room = self._rooms.setdefault(room_id, _Room(room_id))
        view = RoomView(
            added=lambda owner, producers: self._added(room, owner, producers),
            removed=lambda owner, producers: self._removed(room, owner, producers),
            sender_time=lambda owner, encoding, now: self._sender_time(room, owner, encoding, now),
            left=lambda owner: self._left(room, owner),
            verdicts=room.verdicts,
            check_codecs=room.check_codecs,
        )
        connection = Connection(
            connection_id,
            listener,
            self._context,
            self._forwarder,
            view,
            self._loop.time,
            self._wall_offset_s,
            self._settings.preferences,
            reception,
        )
        room.connections[connection_id] = connection
        subscriber = connection.subscribe.subscriber
        if reception.by != "nothing" and room.router.add_subscriber(connection_id, subscriber):
            self._offer_soon(room, {connection_id})
        return connection

    def stats(self) -> dict[str, object]:
        connections = list(self._connections())
        mux, sent = self._demultiplexer.counters, self._demultiplexer.sent
        forwarded = self._forwarder.counters
        taken = 0 if self._listeners is None else self._listeners.taken
        return {
            "rooms": len(self._rooms),
            "connections": len(connections),
            "tracks": sum(len(c.publisher.producers) for c in connections),
            "filtered_tracks": sum(
                section.consumer.filter is not None
                for connection in connections
                for section in connection.subscribe.subscriber.sections
            ),
            "paced": sum(c.subscribe.pacer is not None for c in connections),
            "datagrams_received": mux.received + taken,
            "datagrams_unknown": mux.unknown,
            "stun_refused": mux.stun_refused,
            "handler_failures": mux.failed,
            "datagrams_sent": sent.datagrams,
            "send_calls": sent.calls,
            "datagrams_blocked": sent.blocked,
            "datagrams_failed": sent.failed,
            **self._tcp.stats(),
            "tcp_blocked": sent.tcp_blocked,
            "native_forwarding": int(self._forwarder.is_native),
            "packets_forwarded_in": forwarded.packets_in,
            "packets_forwarded_out": forwarded.packets_out,
            **{name: getattr(self._counters, name) for name in MediaCounters.__slots__},
        }

    async def close(self) -> None:
        self._ticking.cancel()
        for room in list(self._rooms.values()):
            for connection in list(room.connections.values()):
                await connection.close()
        self._udp.close()
        self._tcp.close()
        if self._listeners is not None:
            self._listeners.close()

    # --- rooms ----------------------------------------------------------------------------------

    def _added(self, room: _Room, owner: str, producers: Sequence[Producer]) -> None:
        self._offer_soon(room, room.router.add_producers(owner, producers))

    def _removed(self, room: _Room, owner: str, producers: Sequence[Producer]) -> None:
        self._offer_soon(room, room.router.remove_producers(owner, producers))

    def _left(self, room: _Room, owner: str) -> None:
        room.connections.pop(owner, None)
        self._offer_soon(room, room.router.remove_connection(owner))
        if not room.connections:
            self._rooms.pop(room.router.room_id, None)

    def _sender_time(
        self, room: _Room, owner: str, encoding: Encoding, now: float
    ) -> tuple[int, int] | None:
        connection = room.connections.get(owner)
        return None if connection is None else connection.publisher.sender_time(encoding, now)

    def _offer_soon(self, room: _Room, connection_ids: set[str]) -> None:
        """At the end of this turn of the loop, so that several tracks make one offer."""
        for connection_id in connection_ids:
            key = (room.router.room_id, connection_id)
            if key not in self._offers:
                self._offers.add(key)
                self._loop.call_soon(self._offer, room, key)

    def _offer(self, room: _Room, key: tuple[str, str]) -> None:
        self._offers.discard(key)
        connection = room.connections.get(key[1])
        if connection is not None:
            connection.subscription.negotiate()

    # --- shared ---------------------------------------------------------------------------------

    def _context(
        self,
        on_state: Callable[[TransportStateName], None],
        on_step: Callable[[str, Outcome, str], None],
    ) -> TransportContext:
        return TransportContext(
            demultiplexer=self._demultiplexer,
            certificate=self._certificate,
            candidates=self._candidates,
            limits=self._settings.limits,
            on_state=on_state,
            on_step=on_step,
            counters=self._counters,
            new_full_ice=self._new_full_ice,
            listeners=self._listeners,
        )

    def _full_ice(self) -> NewFullIce | None:
        if self._settings.full_ice_servers is None:
            return None
        from sfu.net.full_ice import FullIce, FullIceSettings  # most servers have no use for it

        hosts = self._settings.hosts or gathering_addresses()
        chosen = FullIceSettings(hosts, self._settings.full_ice_servers)

        def new(peer: MuxPeer, local: IceParameters, controlling: bool) -> FullIce:
            return FullIce(chosen, self._demultiplexer, peer, local, controlling=controlling)

        return new

    async def _tick_for_ever(self) -> None:
        tick_at = room_tick_at = 0.0
        hurried: list[Connection] = []
        while True:
            await asyncio.sleep(PROBE_TICK_S if hurried else TICK_S)
            now = self._loop.time()
            for connection in hurried:
                _guarded(connection.subscribe.hurry, now)
            looked_at = hurried
            if now >= tick_at:
                tick_at = now + TICK_S
                looked_at = hurried + await self._tick(now)
                if now >= room_tick_at:
                    room_tick_at = now + ROOM_TICK_S
                    for room in list(self._rooms.values()):
                        _guarded(room.tick, now)
            hurried = [c for c in dict.fromkeys(looked_at) if c.subscribe.hurried]

    async def _tick(self, now: float) -> list[Connection]:
        """Those whose turn it was."""
        due = [connection for connection in self._connections() if connection.due_at <= now]
        for number, connection in enumerate(due, 1):
            _guarded(connection.tick, now)
            if number % TICKED_AT_ONCE == 0:
                await asyncio.sleep(0)  # media goes first
        self._tcp.tick(now)
        return due

    def _connections(self) -> Iterator[Connection]:
        for room in self._rooms.values():
            yield from room.connections.values()


def _guarded(tick: Callable[[float], None], now: float) -> None:
    """One that fails stops no other."""
    try:
        tick(now)
    except Exception:
        logger.exception("a tick failed")
