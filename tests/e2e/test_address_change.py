"""Chromium's address changes in the middle of a call, as from one network to another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Playwright, expect

from tests.support.bad_network import (
    SERVER_ADDRESS6,
    SERVER_SETTINGS,
    BadNetwork,
    bad_network,
)
from tests.support.browser import (
    GUEST,
    LIMIT_S,
    PATIENT,
    Window,
    require_chromium,
)
from tests.support.clinic import clinic
from tests.support.far_call import far_call
from tests.support.line_bounds import ON_ANY_MACHINE, LineBounds
from tests.support.pauses import longest_pause

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

WATCHED_S = 4.5
OFFLINE_S = 9.0  # longer than the server waits until it tells the others


async def changes_networks(
    change: Callable[[], Awaitable[object]], there: Window, here: Window, back_within_s: float
) -> None:
    """Pictures go on again soon, both ways, in the same tiles; to the client they stand still
    meanwhile (what it sends may leave by an address of IPv6 that it has no more)."""
    before = [(await window.tiles())[0].connection for window in (there, here)]
    await change()
    pauses = await asyncio.gather(*(longest_pause(window, WATCHED_S) for window in (there, here)))
    assert max(pauses) <= back_within_s, f"pauses there and here: {pauses} s"
    assert pauses[1] > 0.5, "the line has not been interrupted at all"
    assert [(await window.tiles())[0].connection for window in (there, here)] == before


async def is_offline_for_a_while(network: BadNetwork, there: Window, here: Window) -> None:
    """It is told here and there; then everything goes on, in the same seat."""
    trouble = there.at("remote-tile").get_by_test_id("tile-trouble")
    await expect(trouble).to_be_hidden()
    (tile,) = await there.tiles()
    await network.take_client_address()
    await expect(here.page.locator(".banner")).to_contain_text("stopped", timeout=4000)
    await expect(here.at("self-tile").get_by_test_id("tile-trouble")).to_be_visible()
    await expect(trouble).to_have_text("Reconnecting…", timeout=OFFLINE_S * 1000)
    await expect(there.at("participant-row").last).to_contain_text("Reconnecting…")
    await network.change_client_address()
    await expect(trouble).to_be_hidden(timeout=10_000)
    await there.sees_live(PATIENT)
    await here.sees_live(GUEST)
    await expect(here.page.locator(".banner")).to_have_count(0)
    assert (await there.tiles())[0].connection == tile.connection


@ON_ANY_MACHINE
async def test_media_is_back_soon_after_the_address_has_changed(
    playwright: Playwright, tmp_path_factory: pytest.TempPathFactory, bounds: LineBounds
) -> None:
    require_chromium()
    expect.set_options(timeout=LIMIT_S * 1000)
    folder = tmp_path_factory.mktemp("browsers")
    async with (
        bad_network() as network,
        clinic(tmp_path_factory.mktemp("far"), inside=network.server, **SERVER_SETTINGS) as far,
    ):
        async with far_call(playwright, folder, network, far) as (there, here):
            await asyncio.sleep(2)  # as in a call that has settled: flows are known
            change = network.change_client_address
            await changes_networks(change, there, here, bounds.back_within_s)
            await is_offline_for_a_while(network, there, here)
        assert far.logged_errors() == []


@ON_ANY_MACHINE
async def test_media_over_ipv6_is_back_soon_as_well(
    playwright: Playwright, tmp_path: Path, bounds: LineBounds
) -> None:
    """The page's own socket goes by IPv4, and stays."""
    settings = {**SERVER_SETTINGS, "RODA_ANNOUNCED_IPS": f"[{SERVER_ADDRESS6}]"}
    async with bad_network() as network:
        await network.give_ipv6()
        async with clinic(tmp_path, inside=network.server, **settings) as far:
            async with far_call(playwright, tmp_path, network, far) as (there, here):
                await asyncio.sleep(2)
                change = network.change_client_address6
                await changes_networks(change, there, here, bounds.back_within_s)
            assert far.logged_errors() == []


@ON_ANY_MACHINE
async def test_full_ice_is_restarted_as_well(
    playwright: Playwright, tmp_path: Path, bounds: LineBounds
) -> None:
    settings = {**SERVER_SETTINGS, "RODA_ICE": "full"}
    async with (
        bad_network() as network,
        clinic(tmp_path, inside=network.server, **settings) as far,
    ):
        async with far_call(playwright, tmp_path, network, far) as (there, here):
            await asyncio.sleep(2)
            change = network.change_client_address
            await changes_networks(change, there, here, bounds.back_within_s)
        assert far.logged_errors() == []
