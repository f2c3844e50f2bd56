"""When a connection has to be looked at."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sfu.net.media_server import MediaServer, MediaSettings
from sfu.net.subscribe_transport import TICK_INTERVAL_S
from tests.sfu.net.call import Call


@pytest.fixture
async def call() -> AsyncIterator[Call]:
    server = await MediaServer.start(MediaSettings(port=0, hosts=("127.0.0.1",)))
    call = Call(server)
    await call.connect()
    yield call
    await call.close()
    await server.close()


async def test_who_only_receives_is_looked_at_ten_times_a_second(call: Call) -> None:
    connection = call.subscriber.connection
    connection.tick(1e6)
    assert 0.8 * TICK_INTERVAL_S < connection.due_at - 1e6 < TICK_INTERVAL_S
    connection.subscribe.media_started()
    assert connection.due_at < 1e6  # its first report is due


async def test_who_publishes_is_looked_at_at_every_tick(call: Call) -> None:
    connection = call.publisher.connection
    connection.tick(1e6)
    assert connection.due_at < 1e6
