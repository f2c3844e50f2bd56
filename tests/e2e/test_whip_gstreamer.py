"""GStreamer's webrtcbin, a WebRTC stack of its own, publishes by WHIP and plays by WHEP."""

from __future__ import annotations

import os
import subprocess
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
CLIENT = Path(__file__).parent.parent / "support" / "gstreamer_client.py"
PYTHON = "/usr/bin/python3"  # Debian's: it has GStreamer's bindings
NEEDED = """
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import Gst
Gst.init(None)
names = ("webrtcbin", "nicesink", "dtlsdec", "srtpdec", "vp8enc", "opusenc", "openh264dec")
assert all(Gst.ElementFactory.find(name) for name in names)
"""


@pytest.fixture(scope="module", autouse=True)
def _gstreamer() -> None:
    found = subprocess.run([PYTHON, "-c", NEEDED], capture_output=True, check=False)
    if found.returncode:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("GStreamer is not installed")


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[CallServer]:
    async with call_server(tmp_path) as started:
        yield started


def gstreamer(
    server: CallServer, door: str, codec: str
) -> AbstractAsyncContextManager[StandardProcess]:
    return standard_process((PYTHON, str(CLIENT)), server, door, codec)


def shows(bot: Bot, colour: tuple[int, int, int]) -> bool:
    sinks = [track.video for track in bot.remote_tracks(kind="video")]
    seen = sinks[0].mean_colour() if sinks and sinks[0] is not None else None
    return seen is not None and bool(np.abs(np.subtract(seen, colour)).max() <= 15)


@pytest.mark.parametrize("codec", ["vp8", "h264"])
async def test_publishes_by_whip(server: CallServer, codec: str) -> None:
    async with Bot(BotOptions("Ana")) as ana:
        await ana.join(server.link)
        async with gstreamer(server, "whip", codec) as source:
            await eventually(lambda: shows(ana, (255, 0, 0)), "the red picture", 12)
            await eventually(lambda: ana.frames(kind="audio") > 40, "the sound")
            (track,) = ana.remote_tracks(kind="audio")
            assert track.audio is not None
            tone_hz = track.audio.dominant_frequency_hz()
            assert tone_hz == pytest.approx(500, abs=3)
            await source.stop()
            await eventually(lambda: not ana.room.peers, "the end")
            assert source.requests == ["POST 201", "DELETE 200"]


async def test_plays_by_whep(server: CallServer) -> None:
    settings = SyntheticSettings(colour=(220, 30, 30), tone_hz=500)
    async with Bot(BotOptions("Ana"), synthetic_source(settings)) as ana:
        await ana.join(server.link)
        async with gstreamer(server, "whep", "vp8") as player:
            await eventually(lambda: player.video > 20 and player.audio > 50, "frames", 12)
            assert player.level > 150  # the mean of a red picture with marks in it
            await player.stop()
            assert player.requests == ["POST 201", "DELETE 200"]


async def test_plays_what_gstreamer_publishes_as_h264(server: CallServer) -> None:
    async with gstreamer(server, "whip", "h264") as source:
        await eventually(lambda: source.requests, "the publisher", 12)
        token = server.link.rsplit("/", 1)[1]
        url = f"{server.running.url}/api/v1/sessions/by-token/{token}/participants"
        async with server.http.post(url, json={"participant_name": "TV"}) as answer:
            server.host_token = (await answer.json())["connect_token"]
        async with gstreamer(server, "whep", "h264") as player:
            await eventually(lambda: player.video > 20 and player.audio > 50, "frames", 12)
            assert player.level > 200
