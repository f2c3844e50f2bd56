"""A socket is lost in a real call: media flows on, the resume finds everything in place."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest

from bots.bot import Bot, BotOptions
from bots.ice import rtc_configuration
from bots.links import parse_share_link, websocket_url
from bots.publisher import Publisher
from bots.registration import Registration, register
from bots.signaling import SignalingClient, parse_result
from bots.sources import SyntheticSettings, synthetic_source
from bots.subscriber import Subscriber
from bots.timeline import Timeline
from signaling import protocol
from tests.support.call_server import CallServer, call_server
from tests.support.eventually import eventually

pytestmark = pytest.mark.e2e


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[CallServer]:
    async with call_server(tmp_path) as started:
        yield started


class DroppingClient:
    """A participant whose socket can be torn off; its peer connections live on."""

    def __init__(self, link: str) -> None:
        self._link = parse_share_link(link)
        self._timeline = Timeline()
        self._http: aiohttp.ClientSession | None = None
        self._signaling: SignalingClient | None = None
        self._seat: Registration | None = None
        self.subscriber = Subscriber(self._timeline)
        self.publisher: Publisher | None = None
        self.offers: list[int] = []

    async def request(self, make: Callable[[int], protocol.Request]) -> protocol.Ok:
        """By whichever socket there is: what the transports signal through."""
        assert self._signaling is not None
        return await self._signaling.request(make)

    async def connect(self, resume: str = "") -> protocol.JoinResult:
        self._http = aiohttp.ClientSession()
        if self._seat is None:
            self._seat = await register(self._http, self._link, "Ana")
        seat = self._seat
        url = websocket_url(self._link.origin, seat.signaling_url, seat.connect_token)
        url += f"&resume={resume}" if resume else ""
        self._signaling = await SignalingClient.connect(self._http, url, self._notified)
        answer = await self.request(lambda i: protocol.Join(id=i, type="join"))
        return protocol.JoinResult.model_validate(parse_result(answer))

    async def start_media(self) -> None:
        configuration = rtc_configuration(())
        self.subscriber.start(self, configuration)  # type: ignore[arg-type]
        self.publisher = Publisher(self, configuration, self._timeline)  # type: ignore[arg-type]
        await self.publisher.publish(synthetic_source(SyntheticSettings()))

    async def drop(self) -> None:
        """The connection goes without a close frame."""
        assert self._http is not None
        assert self._http.connector is not None
        await self._http.connector.close()
        await self._http.close()

    def frames_of(self, connection_id: str | None) -> int:
        tracks = self.subscriber.tracks.values()
        return sum(t.frames for t in tracks if t.info.connection_id == connection_id)

    async def close(self) -> None:
        await self.subscriber.stop_answering()
        if self._signaling is not None:
            await self._signaling.close()
        if self.publisher is not None:
            await self.publisher.close()
        await self.subscriber.close()
        if self._http is not None:
            await self._http.close()

    def _notified(self, note: protocol.Notification) -> None:
        if isinstance(note, protocol.SubscribeOffer):
            self.offers.append(note.offer_id)
            self.subscriber.offer(note)


def bot(name: str) -> Bot:
    return Bot(BotOptions(name), synthetic_source(SyntheticSettings()))


def sever(member: Bot) -> None:
    """Nothing goes in or out by any of its sockets, as by those of an address that is no more."""

    def nowhere(*_: object) -> None:
        return None

    assert member.publisher is not None
    assert member.subscriber._pc is not None
    assert member._signaling is not None
    for pc in (member.publisher._pc, member.subscriber._pc):
        for udp in pc.getTransceivers()[0].receiver.transport.transport._connection._protocols:
            udp.transport.sendto = udp.datagram_received = nowhere
    member._signaling._socket._conn.transport.abort()  # type: ignore[union-attr]


async def test_a_bot_that_loses_its_network_comes_back_in_the_same_seat(
    server: CallServer,
) -> None:
    async with bot("stays") as stays, bot("moves") as moves:
        await stays.join(server.link)
        await moves.join(server.link)
        seat = moves.connection_id
        await eventually(lambda: moves.frames(stays.connection_id) > 10, "frames to it")
        await eventually(lambda: stays.frames(seat) > 10, "frames of it")
        sever(moves)
        resumed = ("joined", "resumed")
        await eventually(
            lambda: resumed in [(step.step, step.detail) for step in moves.timeline.entries],
            "the resume",
        )
        to_it, from_it = moves.frames(stays.connection_id), stays.frames(seat)
        await eventually(lambda: moves.frames(stays.connection_id) > to_it + 20, "to it")
        await eventually(lambda: stays.frames(seat) > from_it + 20, "from it")
        assert moves.connection_id == seat
        assert moves.is_connected()
        assert len(stays.room.peers) == 1
        assert moves.joined is not None
        await server.ask("POST", f"/sessions/{moves.joined.session.session_id}/end")
        reason = await moves.wait_closed()
        assert reason is not None
        assert reason.code == "session_ended"


async def test_media_flows_while_the_socket_is_gone_and_the_call_goes_on(
    server: CallServer,
) -> None:
    ana = DroppingClient(server.link)
    async with bot("stays") as stays, bot("comes") as comes:
        await stays.join(server.link)
        joined = await ana.connect()
        mine = joined.connection_id
        await ana.start_media()
        await eventually(lambda: ana.frames_of(stays.connection_id) > 10, "frames to Ana")
        await eventually(lambda: stays.frames(mine) > 10, "frames of Ana's")

        await ana.drop()
        await eventually(
            lambda: stays.room.peers[mine].participant.state == "away", "the loss is told"
        )
        to_ana, from_ana = ana.frames_of(stays.connection_id), stays.frames(mine)
        await comes.join(server.link)  # its tracks are offered to nobody's socket
        assert [
            peer.connection_id
            for peer in (comes.joined or joined).peers
            if peer.participant.state == "away"
        ] == [mine]
        await eventually(lambda: ana.frames_of(stays.connection_id) > to_ana + 20, "to Ana")
        await eventually(lambda: stays.frames(mine) > from_ana + 20, "from Ana")
        offers = len(ana.offers)

        resumed = await ana.connect(resume=mine)
        assert (resumed.state, resumed.connection_id) == ("in_call", mine)
        assert len(resumed.peers) == 2
        await eventually(lambda: len(ana.offers) > offers, "the unanswered offer again")
        await eventually(lambda: ana.frames_of(comes.connection_id) > 10, "the newcomer's frames")
        await eventually(lambda: comes.frames(mine) > 10, "Ana's frames to the newcomer")
        assert stays.room.peers[mine].participant.state == "in_call"
        rows = await server.ask("GET", f"/sessions/{joined.session.session_id}/participants")
        assert [row["is_active"] for row in rows["participants"]] == [True] * 3
        await ana.close()
