"""Chromium and the server at two ends of a line that is bad for real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Playwright

from tests.support.bad_network import SERVER_SETTINGS, BadNetwork, bad_network
from tests.support.browser import Window, require_chromium
from tests.support.clinic import Clinic, clinic
from tests.support.fake_media import Camera
from tests.support.far_call import far_call
from tests.support.network import Conditions
from tests.support.reception import receive

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]
_fixture = pytest_asyncio.fixture(loop_scope="session")

CAMERA = Camera(640, 360, 15, grain=10)
SETTLED_S = 5.0  # the page looks every two seconds, and gives a picture more time then


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


@_fixture
async def call(
    network: BadNetwork,
    far: Clinic,
    playwright: Playwright,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[Window, Window]]:
    """Who sits beside the server, and who sits behind the line."""
    folder = tmp_path_factory.mktemp("browsers")
    async with far_call(playwright, folder, network, far, camera=CAMERA) as windows:
        yield windows


async def test_pictures_go_on_over_a_line_that_loses(
    network: BadNetwork, call: tuple[Window, Window]
) -> None:
    """Both ways lose, so that one picture misses what was sent to the server, one what the server
    sent. 100 ms round trip."""
    await network.both(Conditions(delay_s=0.05))
    await asyncio.sleep(SETTLED_S)
    best = await receive(6, *call)
    assert min(one.frame_rate for one in best) > 0.9 * CAMERA.frame_rate
    for loss, duration_s, share, frozen in ((0.05, 14, 0.9, 0.03), (0.1, 8, 0.7, 0.3)):
        await network.both(Conditions(delay_s=0.05, loss=loss))
        await asyncio.sleep(SETTLED_S)
        found = await receive(duration_s, *call)
        for lossless, lossy in zip(best, found, strict=True):
            assert lossy.frame_rate >= share * lossless.frame_rate, (loss, best, found)
            assert lossy.frozen < frozen, (loss, found)
