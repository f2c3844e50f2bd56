"""Ten people who all send and all receive: nothing is lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.support.clinic import clinic
from tests.support.light_bots import light_bots, lost

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
PROCESSES, BOTS_EACH, HOLD_S = 2, 5, 5.0
BOTS = PROCESSES * BOTS_EACH
# 50 audio packets a second and 20 video frames of at least one packet.
LEAST_PACKETS_PER_S = 65 * BOTS * (BOTS - 1)


async def test_a_room_of_ten_loses_nothing(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    async with clinic(tmp_path) as roda, AsyncExitStack() as stack:
        session = await roda.session(max_participants=BOTS)
        rooms = [
            await stack.enter_async_context(light_bots(session.link, BOTS_EACH, BOTS - 1))
            for _ in range(PROCESSES)
        ]
        before = [report for room in rooms for report in await room.reports()]
        cpu_s, began = roda.server.cpu_s(), time.monotonic()
        await asyncio.sleep(HOLD_S)
        share = (roda.server.cpu_s() - cpu_s) / (time.monotonic() - began)
        after = [report for room in rooms for report in await room.reports()]
        elapsed_s = time.monotonic() - began
        received = sum(one.packets_received for one in after)
        received -= sum(one.packets_received for one in before)
        record_property("server_cpu_share", round(share, 3))
        record_property("forwarded_packets_per_s", round(received / elapsed_s))
        print(f"server CPU {share:.0%}, {received / elapsed_s:.0f} packets/s forwarded")
        assert len(after) == BOTS
        assert all(one.connected and one.media_flowed for one in after)
        assert all(len(one.tracks) == 2 * (BOTS - 1) for one in after)
        assert lost(after) == 0
        assert received / elapsed_s > 0.8 * LEAST_PACKETS_PER_S
        assert roda.logged_errors() == []
