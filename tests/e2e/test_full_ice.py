"""A server behind NAT: participants reach it by candidates of its own STUN and TURN servers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import Playwright

from tests.support.bad_network import CLIENT_ADDRESSES, SERVER_SETTINGS, bad_network
from tests.support.clinic import clinic
from tests.support.coturn import coturn, coturn_path
from tests.support.far_call import far_call

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]
SECRET = "a secret that coturn shares with the server"


async def test_a_call_over_a_relay_that_the_server_allocates(
    playwright: Playwright, tmp_path: Path
) -> None:
    """No datagram passes between the two, and the relay stands at the client's end: the server
    reaches it over TCP, the client over loopback."""
    if coturn_path() is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("Debian's coturn is not installed")
    at = CLIENT_ADDRESSES[0]
    async with (
        bad_network() as network,
        coturn(SECRET, tmp_path, network.client, at) as port,
        clinic(
            tmp_path,
            inside=network.server,
            **SERVER_SETTINGS,
            RODA_ICE="full",
            RODA_TURN_URLS=f"turn:{at}:{port}?transport=tcp",
            RODA_TURN_SECRET=SECRET,
        ) as far,
    ):
        await network.block_udp()
        async with far_call(playwright, tmp_path, network, far):
            assert await far.ways() == {"Ana": {"udp"}, "Rui": {"relay"}}
            assert far.logged_errors() == []
