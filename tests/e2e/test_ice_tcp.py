"""Where no UDP passes, media goes over TCP to the media port's number (RFC 6544)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Playwright

from tests.support.bad_network import SERVER_SETTINGS, bad_network
from tests.support.browser import GUEST, PATIENT
from tests.support.clinic import Clinic, clinic
from tests.support.far_call import far_call
from tests.support.line_bounds import ON_ANY_MACHINE, LineBounds
from tests.support.pauses import longest_pause

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


WATCHED_S = 4.0
NAME = "roda_media_tcp_connections "


async def tcp_connections(roda: Clinic) -> float:
    async with roda.http.get(f"{roda.url}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(NAME))


@ON_ANY_MACHINE
async def test_a_call_through_a_network_without_udp(
    playwright: Playwright, tmp_path: Path, bounds: LineBounds
) -> None:
    async with (
        bad_network() as network,
        clinic(tmp_path, inside=network.server, **SERVER_SETTINGS) as far,
    ):
        await network.block_udp()
        async with far_call(playwright, tmp_path, network, far) as (there, here):
            assert await tcp_connections(far) >= 2
            assert await far.ways() == {"Ana": {"udp"}, "Rui": {"tcp"}}
            await network.block_udp(False)
            await here.page.reload()
            await here.enter()
            await here.sees_live(GUEST)
            await there.sees_live(PATIENT)
            await asyncio.sleep(2)  # as in a call that has settled: flows are known
            await network.block_udp()  # in the middle of a call over UDP: ICE restarts over TCP
            windows = (there, here)
            pauses = await asyncio.gather(*(longest_pause(one, WATCHED_S) for one in windows))
            assert max(pauses) <= bounds.over_tcp_within_s, f"pauses there and here: {pauses} s"
            assert min(pauses) > 0.5, "the line has not been interrupted at all"
            await there.sees_live(PATIENT)
            await here.sees_live(GUEST)
        assert far.logged_errors() == []
