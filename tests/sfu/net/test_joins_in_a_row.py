"""Hundreds of people come and go: nothing of them stays in the server's process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bench.load import CM, ServerProcess
from sfu.net.aiortc_adapter import Certificate
from tests.support.peer import Peer, vp8_packet

WARM_UP = 100  # until the allocators have what they need
JOINS = 300
TOLD_S = 5.0


class Watcher(Peer):
    """Counts the packets of pictures."""

    def __init__(self, certificate: Certificate) -> None:
        super().__init__(certificate, CM.encode(), self._count)
        self.pictures = 0

    def _count(self, data: bytes) -> None:
        self.pictures += data[1] & 0x7F == 96


def picture(ssrc: int, number: int) -> bytes:
    """A keyframe of one packet."""
    return vp8_packet(ssrc, number, number * 3000, True, True, True, 200)


class Resident:
    """Stays in the room: publishes, and receives from each visitor in turn."""

    def __init__(self, server: ServerProcess, certificate: Certificate) -> None:
        self._server = server
        self._certificate = certificate
        self.publish = Peer(certificate, CM.encode(), lambda data: None)
        self.subscribe = Watcher(certificate)
        self._offers = 0
        self._sequence = 0

    async def join(self) -> None:
        await self._server("open", connection="resident")
        await publish(self._server, "resident", self.publish, 1)

    def next_number(self) -> int:
        self._sequence += 1
        return self._sequence

    async def take_offer(self) -> None:
        """Of a visitor's track, or of its end."""
        sdp = await answer(self._server, "resident", self.subscribe)
        self._offers += 1
        if self._offers == 1:
            await self.subscribe.connect(sdp)

    async def close(self) -> None:
        await self.publish.close()
        await self.subscribe.close()


async def publish(server: ServerProcess, name: str, peer: Peer, ssrc: int) -> None:
    offer = peer.sdp("video", "sendonly", "actpass", ssrc, ["0"])
    reply = await server("publish", connection=name, sdp=offer, mids=["0"])
    await peer.connect(reply["sdp"])


async def answer(server: ServerProcess, name: str, peer: Peer) -> str:
    """Take the outstanding offer; its description."""
    offer = await server("offer", connection=name)
    sdp: str = offer["sdp"]
    mids = [str(index) for index in range(sdp.count("\nm="))]
    reply = peer.sdp("video", "recvonly", "active", 0, mids)
    await server("answer", connection=name, offer_id=offer["offer_id"], sdp=reply)
    return sdp


async def visit(server: ServerProcess, resident: Resident, certificate: Certificate) -> None:
    """Join, send to the resident and get its picture, leave."""
    publishing = Peer(certificate, CM.encode(), lambda data: None)
    subscribing = Watcher(certificate)
    await server("open", connection="visitor")
    await publish(server, "visitor", publishing, 2)
    await resident.take_offer()
    await subscribing.connect(await answer(server, "visitor", subscribing))
    before = resident.subscribe.pictures
    for number in range(100):  # until the server has both peers' keys
        resident.publish.send_rtp([picture(1, resident.next_number())])
        publishing.send_rtp([picture(2, number)])
        if subscribing.pictures and resident.subscribe.pictures > before:
            break
        await asyncio.sleep(0.002)
    assert subscribing.pictures
    assert resident.subscribe.pictures > before
    await server("close", connection="visitor")
    async with asyncio.timeout(TOLD_S):  # each transport takes leave, and stops reading
        await publishing.told_closed.wait()
        await subscribing.told_closed.wait()
    await publishing.close()
    await subscribing.close()
    await resident.take_offer()


@pytest.fixture
async def server() -> AsyncIterator[ServerProcess]:
    server = await ServerProcess.start()
    yield server
    await server.stop()


async def settled(server: ServerProcess) -> dict[str, Any]:
    await server("collect")
    return await server("measure")


async def test_three_hundred_joins_leave_nothing_behind(server: ServerProcess) -> None:
    certificate = Certificate()
    resident = Resident(server, certificate)
    await resident.join()
    for _ in range(WARM_UP):
        await visit(server, resident, certificate)
    before = await settled(server)
    for _ in range(JOINS):
        await visit(server, resident, certificate)
    after = await settled(server)
    for what in ("descriptors", "tasks", "threads", "connections", "rooms", "tracks"):
        assert after[what] == before[what], what
    assert after["packets_forwarded_out"] - before["packets_forwarded_out"] >= 2 * JOINS
    assert after["resident_bytes"] <= 1.05 * before["resident_bytes"]
    await resident.close()
