"""Hand-made peers in calls on a real media server, whose every packet is counted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from sfu.net.aiortc_adapter import Certificate
from sfu.net.connection import Connection
from sfu.net.media_api import PublishedSection, TrackInfo
from sfu.net.media_server import MediaServer
from sfu.wire.rtcp import parse_rtcp
from sfu.wire.rtp import RtpPacket, parse_rtp
from tests.support.peer import Peer, vp8_packet
from tests.support.tcp_peer import TcpPeer

PEERS = {"udp": Peer, "tcp": TcpPeer}
CHECK_INTERVAL_S = 0.1  # often, for servers whose time limits are short


class Way(NamedTuple):
    """To the server: by which of its candidates."""

    protocol: str = "udp"
    host: str = "127.0.0.1"

    def peer(self, on_rtp: Callable[[bytes], None]) -> Peer:
        return PEERS[self.protocol](Certificate(), None, on_rtp, self.host)


BY_UDP = Way()


class Listener:
    """Keeps what the server says."""

    def __init__(self) -> None:
        self.offers: asyncio.Queue[tuple[int, str]] = asyncio.Queue()
        self.states: dict[str, str] = {}
        self.steps: list[tuple[str, str]] = []
        self.codecs_wanted: list[tuple[str, str]] = []
        self.undecodable: list[tuple[str, str, bool]] = []
        self.lost = False

    def on_subscribe_offer(self, offer_id: int, sdp: str, tracks: Sequence[TrackInfo]) -> None:
        self.offers.put_nowait((offer_id, sdp))

    def on_transport_state(self, transport: str, state: str) -> None:
        self.states[transport] = state

    def on_tracks(self, tracks: Sequence[TrackInfo]) -> None:
        """Not looked at."""

    def on_step(self, step: str, outcome: str, detail: str) -> None:
        self.steps.append((step, outcome))

    def on_layers_wanted(
        self, track_id: str, rids: Sequence[str], spatial_layers: int | None
    ) -> None:
        self.layers_wanted = list(rids)

    def on_codec_wanted(self, track_id: str, codec: str) -> None:
        self.codecs_wanted.append((track_id, codec))

    def on_undecodable(self, track: TrackInfo, codec: str, asked: bool) -> None:
        self.undecodable.append((track.track_id, codec, asked))

    def on_speakers(self, speaker: str | None, speaking: Collection[str]) -> None:
        self.speaker = speaker

    def on_lost(self, reason: str) -> None:
        self.lost = True


class Publisher:
    """Publishes one VP8 track of packets that count themselves."""

    def __init__(self, server: MediaServer, room: str, name: str, ssrc: int, way: Way) -> None:
        self.listener = Listener()
        self.connection: Connection = server.open_connection(room, name, self.listener)
        self.peer = way.peer(lambda data: None)
        self.ssrc = ssrc
        self.sent = 0

    async def connect(self, *, transport_cc: bool = False) -> None:
        offer = self.peer.sdp(
            "video", "sendonly", "actpass", self.ssrc, ["0"], transport_cc=transport_cc
        )
        answer, _ = await self.connection.publish(offer, [PublishedSection("0", "camera")])
        await self.peer.connect(answer)

    def send(self, count: int) -> None:
        """The first packet ever, and each hundredth, begins a keyframe."""
        packets = [
            vp8_packet(self.ssrc, n, n * 600, True, True, n % 100 == 0, 200)
            for n in range(self.sent, self.sent + count)
        ]
        self.sent += count
        self.peer.send_rtp(packets)

    async def close(self) -> None:
        await self.connection.close()
        await self.peer.close()


class Subscriber:
    """Takes what one publisher sends, and counts it."""

    def __init__(self, server: MediaServer, room: str, name: str, way: Way) -> None:
        self.listener = Listener()
        self.connection: Connection = server.open_connection(room, name, self.listener)
        self.peer = way.peer(self._take)
        self.packets: list[RtpPacket] = []
        self.rtcp = 0

    async def connect(self, *, transport_cc: bool = False) -> None:
        offer_id, sdp = await asyncio.wait_for(self.listener.offers.get(), 5)
        mids = ["0"]
        answer = self.peer.sdp("video", "recvonly", "active", 0, mids, transport_cc=transport_cc)
        await self.connection.accept_answer(offer_id, answer)
        await self.peer.connect(sdp)

    async def restart(self) -> None:
        """Ask for new ICE credentials, and go on by them."""
        self.connection.restart_subscribe()
        offer_id, sdp = await asyncio.wait_for(self.listener.offers.get(), 5)
        self.peer.renew_credentials()
        answer = self.peer.sdp("video", "recvonly", "active", 0, ["0"])
        await self.connection.accept_answer(offer_id, answer)
        await self.peer.check(sdp)

    def _take(self, data: bytes) -> None:
        assert self.peer.inbound is not None
        if 191 < data[1] < 224:
            plain = self.peer.inbound.unprotect_rtcp(data)
            assert plain is not None
            parse_rtcp(plain)
            self.rtcp += 1
            return
        plain = self.peer.inbound.unprotect_rtp(data)
        assert plain is not None
        self.packets.append(parse_rtp(plain))

    async def close(self) -> None:
        await self.connection.close()
        await self.peer.close()


class Call:
    """A publisher and a subscriber, connected, media flowing."""

    def __init__(
        self,
        server: MediaServer,
        room: str = "room",
        ssrc: int = 4711,
        ways: tuple[Way, Way] = (BY_UDP, BY_UDP),
    ) -> None:
        """:param ways: the publisher's and the subscriber's"""
        self.publisher = Publisher(server, room, f"{room}-publisher", ssrc, ways[0])
        self.subscriber = Subscriber(server, room, f"{room}-subscriber", ways[1])
        for peer in (self.publisher.peer, self.subscriber.peer):
            peer.check_interval_s = CHECK_INTERVAL_S

    async def connect(self, *, transport_cc: bool = False) -> None:
        await self.publisher.connect(transport_cc=transport_cc)
        await self.subscriber.connect(transport_cc=transport_cc)
        await until(lambda: ("subscribe_dtls", "ok") in self.subscriber.listener.steps)
        await until(lambda: ("publish_dtls", "ok") in self.publisher.listener.steps)
        self.publisher.send(1)
        await until(lambda: bool(self.subscriber.packets))

    @property
    def complete(self) -> bool:
        """Whether every packet has arrived, once, in order."""
        numbers = [packet.sequence_number for packet in self.subscriber.packets]
        expected = [(numbers[0] + index) & 0xFFFF for index in range(self.publisher.sent)]
        return numbers == expected

    async def goes_on(self) -> None:
        """Nothing was lost until now, and new packets arrive."""
        self.publisher.send(5)
        await until(lambda: len(self.subscriber.packets) >= self.publisher.sent)
        assert self.complete

    async def close(self) -> None:
        await self.subscriber.close()
        await self.publisher.close()


async def until(condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110  what is waited for is a socket's other end
            await asyncio.sleep(0.005)
