"""Chromium and the server at two ends of a line that is bad for real."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Playwright

from tests.support.bad_network import SERVER_SETTINGS, BadNetwork, bad_network
from tests.support.browser import GUEST, PATIENT, launch, person, require_chromium
from tests.support.clinic import Clinic, clinic

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]
_fixture = pytest_asyncio.fixture(loop_scope="session")


@_fixture
async def network() -> AsyncIterator[BadNetwork]:
    require_chromium()
    async with bad_network() as made:
        yield made


@_fixture
async def far(
    network: BadNetwork, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Clinic]:
    """A server at the other end."""
    folder = tmp_path_factory.mktemp("far")
    async with clinic(folder, inside=network.server, **SERVER_SETTINGS) as roda:
        yield roda


async def test_a_call_over_the_line(
    network: BadNetwork,
    far: Clinic,
    playwright: Playwright,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("browsers")
    near = await launch(playwright, folder, GUEST, inside=network.server, origin=far.url)
    away = await launch(playwright, folder, PATIENT, inside=network.client, origin=far.url)
    session = await far.session()
    async with person(near) as guest, person(away) as patient:
        there, here = await guest.window(), await patient.window()
        await there.join(session.link, "Ana")
        await here.join(session.link, "Rui")
        await here.sees_live(GUEST)
        await there.sees_live(PATIENT)
    await near.close()
    await away.close()
