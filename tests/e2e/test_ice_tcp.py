"""Where no UDP passes, media goes over TCP to the media port's number (RFC 6544)."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Playwright

from tests.support.bad_network import SERVER_SETTINGS, bad_network
from tests.support.browser import GUEST, PATIENT, launch, person
from tests.support.clinic import Clinic, clinic

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


NAME = "roda_media_tcp_connections "


async def tcp_connections(roda: Clinic) -> float:
    async with roda.http.get(f"{roda.url}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(NAME))


async def test_a_call_through_a_network_without_udp(playwright: Playwright, tmp_path: Path) -> None:
    async with (
        bad_network() as network,
        clinic(tmp_path, inside=network.server, **SERVER_SETTINGS) as far,
    ):
        await network.block_udp()
        near = await launch(playwright, tmp_path, GUEST, inside=network.server, origin=far.url)
        away = await launch(playwright, tmp_path, PATIENT, inside=network.client, origin=far.url)
        session = await far.session()
        async with person(near) as guest, person(away) as patient:
            there, here = await guest.window(), await patient.window()
            await there.join(session.link, "Ana")
            await here.join(session.link, "Rui")
            await here.sees_live(GUEST)
            await there.sees_live(PATIENT)
            assert await tcp_connections(far) >= 2
        await near.close()
        await away.close()
        assert far.logged_errors() == []
