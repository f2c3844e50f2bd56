"""Whether the real network is as bad as it was asked to be."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.bad_network import SERVER_ADDRESS, BadNetwork, bad_network
from tests.support.network import Conditions

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]
_UDP = (socket.AF_INET, socket.SOCK_DGRAM, 0)
_TCP = (socket.AF_INET, socket.SOCK_STREAM, 0)


@pytest_asyncio.fixture
async def network() -> AsyncIterator[BadNetwork]:
    async with bad_network() as made:
        yield made


class Ends:
    """A datagram socket at the server and one at the client."""

    def __init__(self, network: BadNetwork) -> None:
        self.server, self.client = network.server.socket(_UDP), network.client.socket(_UDP)
        self.server.bind((SERVER_ADDRESS, 0))
        self.client.bind(("0.0.0.0", 0))
        for sock in (self.server, self.client):
            sock.setblocking(False)

    async def ask(self) -> tuple[float, str]:
        """Seconds that a datagram takes there and back, and where the server saw it come from."""
        loop, started = asyncio.get_running_loop(), time.monotonic()
        self.client.sendto(b"?", self.server.getsockname())
        async with asyncio.timeout(1):
            _, address = await loop.sock_recvfrom(self.server, 100)
            self.server.sendto(b"!", address)
            await loop.sock_recv(self.client, 100)
        return time.monotonic() - started, address[0]

    def to_client(self, packets: int, size: int) -> None:
        to = self.client.getsockname()[1]
        for _ in range(packets):
            self.server.sendto(bytes(size), (self.client_host, to))

    client_host = ""

    async def arrived(self, silent_s: float) -> int:
        """How many packets the client gets until none has come for a while."""
        count = 0
        while True:
            try:
                async with asyncio.timeout(silent_s):
                    await asyncio.get_running_loop().sock_recv(self.client, 2000)
            except TimeoutError:
                return count
            count += 1

    def close(self) -> None:
        self.server.close()
        self.client.close()


@pytest_asyncio.fixture
async def ends(network: BadNetwork) -> AsyncIterator[Ends]:
    made = Ends(network)
    made.client_host = network.client_address
    yield made
    made.close()


async def test_delay_is_added_each_way(network: BadNetwork, ends: Ends) -> None:
    assert min([(await ends.ask())[0] for _ in range(5)]) < 0.1
    await network.both(Conditions(delay_s=0.05))
    assert min([(await ends.ask())[0] for _ in range(5)]) >= 0.1


async def test_loss_is_of_datagrams_and_of_one_way(network: BadNetwork, ends: Ends) -> None:
    await network.to_client(Conditions(loss=0.1))
    lost = 0
    for _ in range(20):
        ends.to_client(50, 20)
        lost += 50 - await ends.arrived(0.05)
    assert 50 < lost < 160  # of 1000: 100 by chance, five standard deviations
    await network.to_client(Conditions())
    ends.to_client(50, 20)
    assert await ends.arrived(0.2) == 50


async def test_rate_and_queue(network: BadNetwork, ends: Ends) -> None:
    await network.to_client(Conditions(rate_bps=800_000, queue_bytes=20_000))
    ends.to_client(100, 972)  # with headers 1000 bytes, 10 ms each
    assert 18 <= await ends.arrived(0.3) <= 24


async def test_no_datagram_but_tcp(network: BadNetwork, ends: Ends) -> None:
    await network.block_udp()
    with pytest.raises(TimeoutError):
        await ends.ask()
    with network.server.socket(_TCP) as server, network.client.socket(_TCP) as client:
        server.bind((SERVER_ADDRESS, 0))
        server.listen()
        client.setblocking(False)
        async with asyncio.timeout(1):
            await asyncio.get_running_loop().sock_connect(client, server.getsockname())
    await network.block_udp(False)
    await ends.ask()


async def test_the_client_moves(network: BadNetwork, ends: Ends) -> None:
    _, before = await ends.ask()
    assert before == network.client_address
    moved = await network.change_client_address()
    assert moved != before
    assert (await ends.ask())[1] == moved
