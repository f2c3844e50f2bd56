"""Real aiortc clients through a real media server on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from aiortc import RTCPeerConnection
from aiortc.mediastreams import AudioStreamTrack

from sfu.net.media_api import MediaError, PublishedSection
from sfu.net.media_server import MediaServer, MediaSettings
from sfu.net.transport_context import TimeLimits
from tests.support.media_client import MediaClient


@pytest.fixture
async def server() -> AsyncIterator[MediaServer]:
    server = await MediaServer.start(MediaSettings(port=0, hosts=("127.0.0.1",)))
    yield server
    await server.close()


@pytest.fixture
async def short_limits() -> AsyncIterator[MediaServer]:
    limits = TimeLimits(ice_s=0.5, dtls_s=0.5, disconnected_s=0.3, failed_s=0.6, lost_s=1.0)
    settings = MediaSettings(port=0, hosts=("127.0.0.1",), limits=limits)
    server = await MediaServer.start(settings)
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


async def test_a_third_client_joins_in_the_middle(server: MediaServer) -> None:
    first, second = MediaClient(server, "room", "first"), MediaClient(server, "room", "second")
    await first.publish()
    await second.publish()
    await first.receives(["audio", "video"])
    third = MediaClient(server, "room", "third")
    await third.publish()
    await third.receives(["audio", "audio", "video", "video"])
    await first.receives(["audio", "audio", "video", "video"])
    assert {track.connection_id for track in third.offered} == {"first", "second"}
    for client in (first, second, third):
        await client.close()


async def test_rooms_do_not_hear_each_other(server: MediaServer) -> None:
    first, other = MediaClient(server, "room", "first"), MediaClient(server, "other", "other")
    await first.publish()
    await other.publish()
    listener = MediaClient(server, "room", "listener")
    await listener.receives(["audio", "video"])
    assert {track.connection_id for track in listener.offered} == {"first"}
    assert other.offered == []
    for client in (first, other, listener):
        await client.close()


async def test_a_leaving_client_ends_its_tracks_and_leaves_the_others_alone(
    server: MediaServer,
) -> None:
    first, second = MediaClient(server, "room", "first"), MediaClient(server, "room", "second")
    watcher = MediaClient(server, "room", "watcher")
    await first.publish()
    await second.publish()
    await watcher.receives(["audio", "audio", "video", "video"])
    await second.close()
    await eventually(lambda: {t.connection_id for t in watcher.offered} == {"first"})
    before = sum(sink.frames for sink in watcher.sinks)
    await eventually(lambda: sum(sink.frames for sink in watcher.sinks) > before + 30)
    await first.close()
    await watcher.close()


async def test_a_receivers_estimate_of_video_leaves_room_for_sound(server: MediaServer) -> None:
    first, watcher = MediaClient(server, "room", "first"), MediaClient(server, "room", "watcher")
    await first.publish()
    await watcher.receives(["audio", "video"])
    (sound,) = (p for p in first.connection.publisher.producers.values() if p.kind == "audio")
    await eventually(lambda: sound.encodings[0].rate.bps > 0)
    transport = watcher.connection.subscribe
    transport.estimator.on_remb(80_000, asyncio.get_running_loop().time())
    assert transport.budget_bps == transport.estimator.estimate_bps + sound.encodings[0].rate.bps
    await first.close()
    await watcher.close()


async def test_muted_tracks_are_not_forwarded_and_come_back(server: MediaServer) -> None:
    first, watcher = MediaClient(server, "room", "first"), MediaClient(server, "room", "watcher")
    await first.publish()
    await watcher.receives(["audio", "video"])
    for track in first.tracks:
        first.connection.set_muted(track.track_id, True)
    forwarded = server.stats()["packets_forwarded_out"]
    received = server.stats()["packets_forwarded_in"]
    await eventually(lambda: server.stats()["packets_forwarded_in"] > received + 30)
    assert server.stats()["packets_forwarded_out"] == forwarded
    for track in first.tracks:
        first.connection.set_muted(track.track_id, False)
    before = [sink.frames for sink in watcher.sinks]
    await eventually(
        lambda: all(s.frames > b + 5 for s, b in zip(watcher.sinks, before, strict=True))
    )
    await first.close()
    await watcher.close()


async def test_a_vanished_client_is_given_up(short_limits: MediaServer) -> None:
    first = MediaClient(short_limits, "room", "first")
    watcher = MediaClient(short_limits, "room", "watcher")
    await first.publish()
    await watcher.receives(["audio", "video"])
    for transport in first.connection.transports:  # nothing of the client is heard any more
        short_limits._demultiplexer.remove(transport)
    async with asyncio.timeout(5):
        await first.lost.wait()
    assert first.states["publish"] == "failed"
    await first.close()
    await watcher.close()


async def test_a_client_that_never_checks_fails_with_the_step_named(
    short_limits: MediaServer,
) -> None:
    client = MediaClient(short_limits, "room", "client")
    pc = RTCPeerConnection()
    pc.addTrack(AudioStreamTrack())
    await pc.setLocalDescription(await pc.createOffer())
    section = PublishedSection(pc.getTransceivers()[0].mid, "microphone")
    await client.connection.publish(pc.localDescription.sdp, [section])
    async with asyncio.timeout(5):
        await client.lost.wait()
    assert ("publish_ice", "failed") in client.steps
    await pc.close()
    await client.close()


@pytest.mark.parametrize(
    ("sdp", "code"),
    [
        ("", "sdp_invalid"),
        ("v=0\r\n", "sdp_invalid"),
        ("rubbish", "sdp_invalid"),
        ("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n", "sdp_unsupported"),
    ],
)
async def test_a_bad_offer_is_refused_and_the_connection_lives(
    server: MediaServer, sdp: str, code: str
) -> None:
    client = MediaClient(server, "room", "client")
    with pytest.raises(MediaError) as caught:
        await client.connection.publish(sdp, [])
    assert caught.value.code == code
    await client.publish()
    watcher = MediaClient(server, "room", "watcher")
    await watcher.receives(["audio", "video"])
    await client.close()
    await watcher.close()


async def test_an_answer_to_no_offer_is_refused(server: MediaServer) -> None:
    client = MediaClient(server, "room", "client")
    with pytest.raises(MediaError) as caught:
        await client.connection.accept_answer(1, "v=0\r\n")
    assert caught.value.code == "offer_superseded"
    await client.close()


async def eventually(condition: Callable[[], bool], timeout_s: float = 10) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110  what is waited for is a socket's other end
            await asyncio.sleep(0.02)
