"""libwebrtc without a browser (npm: @roamhq/wrtc) publishes by WHIP and plays by WHEP."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import numpy as np
import pytest

from bots.bot import Bot, BotOptions
from bots.sources import SyntheticSettings, synthetic_source
from tests.support.call_server import CallServer, call_server
from tests.support.eventually import eventually
from tests.support.standard_process import StandardProcess, standard_process

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "tests" / "support" / "wrtc_client.mjs"
LUMA_OF_RED = 82  # ITU-R BT.601, limited range


@pytest.fixture(autouse=True)
def _wrtc() -> None:
    if shutil.which("node") is None or not (ROOT / "node_modules" / "@roamhq" / "wrtc").exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("@roamhq/wrtc is missing: npm ci")


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[CallServer]:
    async with call_server(tmp_path) as started:
        yield started


def wrtc(server: CallServer, door: str) -> AbstractAsyncContextManager[StandardProcess]:
    return standard_process(("node", str(CLIENT)), server, door)


def shows_red(bot: Bot) -> bool:
    sinks = [track.video for track in bot.remote_tracks(kind="video")]
    seen = sinks[0].mean_colour() if sinks and sinks[0] is not None else None
    return seen is not None and bool(np.abs(np.subtract(seen, (255, 0, 0))).max() <= 15)


async def test_publishes_and_plays(server: CallServer) -> None:
    source = synthetic_source(SyntheticSettings(colour=(0, 0, 0), tone_hz=800))
    async with Bot(BotOptions("Ana"), source) as ana:
        await ana.join(server.link)
        async with wrtc(server, "whip") as publisher:
            await eventually(lambda: shows_red(ana), "the red picture", 12)
            await eventually(lambda: ana.frames(kind="audio") > 40, "the sound")
            (track,) = ana.remote_tracks(kind="audio")
            assert track.audio is not None
            assert track.audio.dominant_frequency_hz() == pytest.approx(500, abs=3)
            await publisher.stop()
            assert publisher.requests == ["POST 201", "DELETE 200"]
        await eventually(lambda: not ana.room.peers, "the end")
        async with wrtc(server, "whep") as player:
            await eventually(lambda: player.video > 20 and player.audio > 50, "frames", 12)
            assert 0 <= player.level < LUMA_OF_RED / 2
            await player.stop()
            assert player.requests == ["POST 201", "DELETE 200"]
