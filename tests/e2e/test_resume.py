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
