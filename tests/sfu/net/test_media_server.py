"""Real aiortc clients through a real media server on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sfu.net.media_server import MediaServer, MediaSettings
from tests.support.media_client import MediaClient


@pytest.fixture
async def server() -> AsyncIterator[MediaServer]:
    server = await MediaServer.start(MediaSettings(port=0, hosts=("127.0.0.1",)))
    yield server
    await server.close()


async def test_two_clients_see_and_hear_each_other(server: MediaServer) -> None:
    first, second = MediaClient(server, "room", "first"), MediaClient(server, "room", "second")
    await first.publish()
    await second.publish()
    await first.receives(["audio", "video"])
    await second.receives(["audio", "video"])
    assert first.states == {"publish": "connected", "subscribe": "connected"}
    assert ("first_keyframe_forwarded", "ok") in first.steps
    assert {track.connection_id for track in first.offered} == {"second"}
    await first.close()
    await second.close()
    assert server.stats()["rooms"] == 0
