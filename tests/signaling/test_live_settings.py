"""What the settings make of the live rooms."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from signaling.app import live_hub, open_media_server
from signaling.config import Settings
from signaling.ice import IceServers
from tests.sfu.net.call import Listener
from tests.sfu.sdp_fixtures import read
from tests.support.call_server import call_server
from tests.support.database import SettableClock, services_over, sqlite_file
from tests.support.live_world import RecordingPlane
from turn.service import IceSettings, build_service


@pytest.mark.parametrize(("minutes", "seconds"), [(30, 1800.0), (1, 60.0), (0, None)])
async def test_how_long_a_session_may_stand_empty(
    tmp_path: Path, minutes: int, seconds: float | None
) -> None:
    settings = Settings(empty_session_minutes=minutes)
    ice = IceServers(build_service(IceSettings()))
    async with services_over(await sqlite_file(tmp_path), SettableClock()) as services:
        hub = live_hub(services, RecordingPlane(), ice, settings)
        assert hub.limits.empty_timeout_s == seconds


async def test_the_codecs_of_the_settings_are_answered_in_their_order(tmp_path: Path) -> None:
    settings = Settings(
        media_port=0, announced_ips=("127.0.0.1",), video_codecs=("VP9", "H264"), audio_red=True
    )
    media = await open_media_server(settings, IceServers(build_service(IceSettings())))
    connection = media.open_connection("room", "a", Listener())
    answer, _ = await connection.publish(read("chromium_camera"), None)
    names = re.findall(r"a=rtpmap:\d+ (\w+)/", answer)
    assert names == ["red", "opus", "VP9", "rtx"]
    await media.close()


async def test_a_whole_server_shows_its_metrics(tmp_path: Path) -> None:
    async with call_server(tmp_path) as server:
        url = f"{server.running.url}/ws?token=nobody"
        async with server.http.ws_connect(url) as ws:
            assert (await ws.receive_json())["error"]["code"] == "connect_token_invalid"
        async with server.http.get(f"{server.running.url}/metrics") as answer:
            text = await answer.text()
    for line in ("roda_sessions_live 0.0", "roda_media_connections 0.0"):
        assert line in text.splitlines()
    assert "# TYPE roda_joins_total counter" in text.splitlines()
