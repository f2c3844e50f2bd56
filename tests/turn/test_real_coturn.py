"""A real coturn takes our credentials, and no others."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aioice.stun import TransactionFailed
from aioice.turn import create_turn_endpoint
from aiortc.rtcicetransport import parse_stun_turn_uri

from tests.support.coturn import coturn, coturn_path
from turn.coturn import CoturnProvider, turn_credentials
from turn.provider import IceServer

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        coturn_path() is None and not os.environ.get("CI"), reason="Debian's coturn is missing"
    ),
]
SECRET = "shared-with-coturn"


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    async with coturn(SECRET, tmp_path) as running:
        yield running


async def allocate(server: IceServer) -> tuple[str, int]:
    """Make and give back an allocation; raises `TransactionFailed` when refused."""
    import asyncio

    uri = parse_stun_turn_uri(server.urls[0])
    transport, _ = await create_turn_endpoint(
        asyncio.DatagramProtocol,
        server_addr=(uri["host"], uri["port"]),
        username=server.username,
        password=server.credential,
        transport=uri["transport"],
    )
    relayed: tuple[str, int] = transport.get_extra_info("sockname")
    transport.close()
    return relayed


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_our_credentials_allocate(port: int, transport: str) -> None:
    provider = CoturnProvider([f"turn:127.0.0.1:{port}?transport={transport}"], SECRET, time.time)
    answer = await provider.ice_servers("participant-1")
    host, relayed_port = await allocate(answer.servers[0])
    assert host == "127.0.0.1"
    assert relayed_port not in (0, port)


@pytest.mark.parametrize(
    ("secret", "life_s", "spoiled"),
    [("another secret", 60, False), (SECRET, -60, False), (SECRET, 60, True)],
    ids=["other secret", "expired", "name changed afterwards"],
)
async def test_others_are_refused(port: int, secret: str, life_s: int, spoiled: bool) -> None:
    username, credential = turn_credentials(secret, "p", int(time.time()) + life_s)
    if spoiled:
        username += "x"
    with pytest.raises(TransactionFailed) as caught:
        await allocate(IceServer((f"turn:127.0.0.1:{port}?transport=udp",), username, credential))
    assert caught.value.response.error_code == 401
