"""Where a firewall passes nothing but TCP to port 443 of a TURN server, media goes there by TLS."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import Playwright

from tests.support.bad_network import SERVER_SETTINGS, TURN_ADDRESS, bad_network
from tests.support.certificate import write_certificate
from tests.support.clinic import clinic
from tests.support.coturn import coturn, coturn_path
from tests.support.far_call import far_call

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]
SECRET = "a secret that coturn shares with the server"
TLS_PORT = 443


async def test_a_call_with_nothing_but_turn_over_tls(
    playwright: Playwright, tmp_path: Path
) -> None:
    if coturn_path() is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("Debian's coturn is not installed")
    certificate = write_certificate(tmp_path, TURN_ADDRESS)
    turn = {
        "RODA_TURN_URLS": f"turns:{TURN_ADDRESS}:{TLS_PORT}?transport=tcp",
        "RODA_TURN_SECRET": SECRET,
        "RODA_HTTP_PORT": "8080",
    }
    async with bad_network() as network:
        await network.pass_only(8080, TLS_PORT)
        tls = (TLS_PORT, certificate)
        async with (
            coturn(SECRET, tmp_path, network.server, TURN_ADDRESS, tls),
            clinic(tmp_path, inside=network.server, **SERVER_SETTINGS, **turn) as far,
        ):
            call = far_call(playwright, tmp_path, network, far, trusted=certificate.pin)
            async with call as (_, here):
                assert await here.page.evaluate("() => probe.ways()") == ["relay tls"] * 2
            assert far.logged_errors() == []
