"""A connection's numbers agree with what its peers sent and got."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sfu.net.media_server import MediaServer, MediaSettings
from signaling.protocol import ConnectionStats
from tests.sfu.net.call import Call, Listener, until


@pytest.fixture
async def server() -> AsyncIterator[MediaServer]:
    server = await MediaServer.start(MediaSettings(port=0, hosts=("127.0.0.1",)))
    yield server
    await server.close()


async def test_a_connection_without_transports_is_new(server: MediaServer) -> None:
    stats: Any = server.open_connection("room", "a", Listener()).stats()
    ConnectionStats.model_validate(stats)
    assert stats["publish"]["state"] == stats["subscribe"]["state"] == "new"
    assert stats["publish"]["tracks"] == stats["subscribe"]["tracks"] == []


async def test_packets_are_counted_on_both_sides(server: MediaServer) -> None:
    call = Call(server)
    await call.connect()
    call.publisher.send(99)
    await until(lambda: len(call.subscriber.packets) == 100)
    publish: Any = call.publisher.connection.stats()["publish"]
    subscribe: Any = call.subscriber.connection.stats()["subscribe"]
    (sent,), (received,) = publish["tracks"], subscribe["tracks"]
    assert (publish["state"], subscribe["state"]) == ("connected", "connected")
    assert (publish["way"], subscribe["way"]) == ("udp", "udp")
    (encoding,) = sent["encodings"]
    assert (encoding["packets"], encoding["packets_lost"], sent["codec"]) == (100, 0, "VP8")
    assert (received["packets"], received["dropped"], received["started"]) == (100, 0, True)
    assert received["bytes"] == sum(
        len(p.payload) + 4 + len(p.extension_data) for p in call.subscriber.packets
    )
    assert received["track_id"] == sent["track_id"]
    whole = server.stats()
    assert (whole["rooms"], whole["connections"], whole["tracks"]) == (1, 2, 1)
    assert (whole["packets_forwarded_in"], whole["packets_forwarded_out"]) == (100, 100)
    assert (received["codec"], received["layer"], received["wanted_layer"]) == ("VP8", None, None)
    for one in (call.publisher, call.subscriber):
        ConnectionStats.model_validate_json(json.dumps(one.connection.stats()), strict=True)
    await call.close()
    assert server.stats()["connections"] == 0


async def test_a_gap_is_counted_as_loss_and_asked_for(server: MediaServer) -> None:
    call = Call(server)
    await call.connect()
    call.publisher.sent += 3
    call.publisher.send(1)
    await until(lambda: len(call.subscriber.packets) == 2)
    publish: Any = call.publisher.connection.stats()["publish"]
    (track,) = publish["tracks"][0]["encodings"]
    assert (track["packets"], track["packets_lost"]) == (2, 3)
    assert track["nacks_sent"] >= 3
    assert server.stats()["nacked_by_us"] == track["nacks_sent"]
    await call.close()
