"""Full ICE with aiortc's clients: a server that sends checks of its own, on ports of its own."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest

from sfu.ice_servers import IceServer
from sfu.net.addresses import gathering_addresses
from sfu.net.full_ice import MAX_REMOTE_CANDIDATES, FullIce
from sfu.net.media_api import MediaError, PublishedSection
from sfu.net.media_server import MediaServer, MediaSettings
from sfu.net.transport_context import TimeLimits
from tests.sfu.net.call import Listener, Way, until
from tests.support.media_client import MediaClient

HOSTS = gathering_addresses()
RESTART = (
    "a=ice-ufrag:other\r\na=ice-pwd:xxxxxxxxxxxxxxxxxxxxxxxx\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n"
)


async def no_servers() -> list[IceServer]:
    return []


@pytest.fixture
async def server() -> AsyncIterator[MediaServer]:
    limits = TimeLimits(ice_s=3)
    settings = MediaSettings(port=0, hosts=HOSTS, full_ice_servers=no_servers, limits=limits)
    server = await MediaServer.start(settings)
    yield server
    await server.close()


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def generation(client: MediaClient, index: int) -> FullIce:
    full = client.connection.transports[index].ice._full
    assert full is not None
    (ice,) = full._all.values()
    return ice


async def test_a_call(server: MediaServer) -> None:
    if HOSTS[0] == "127.0.0.1":
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("aiortc's clients use no loopback, and there is no other address")
    before = descriptors()
    ana, rui = MediaClient(server, "room", "ana"), MediaClient(server, "room", "rui")
    await ana.publish()
    await rui.publish()
    await ana.receives(["audio", "video"])
    await rui.receives(["audio", "video"])
    for client in (ana, rui):
        assert ("publish_ice", "ok") in client.steps
        assert client.connection.subscribe.path is not None
        assert client.connection.subscribe.path.host[1] != server.port
    stats = server.stats()
    assert (stats["handler_failures"], stats["datagrams_failed"]) == (0, 0)
    await ana.close()
    await rui.close()
    await until(lambda: descriptors() <= before)


async def test_the_description_is_no_lites_and_has_the_candidates(server: MediaServer) -> None:
    client = MediaClient(server, "room", "ana")
    await client.publish()
    transport = client.connection.transports[1]
    assert not transport.agent.local.lite
    hosts = {candidate.split()[4] for candidate in transport.local.candidates}
    assert hosts == set(HOSTS)
    assert {candidate.split()[2] for candidate in transport.local.candidates} == {"udp"}
    await client.close()


async def test_candidates_are_checked_and_bounded(server: MediaServer) -> None:
    client = MediaClient(server, "room", "ana")
    await client.publish()
    connection, ice = client.connection, generation(client, 1)
    with pytest.raises(MediaError, match="sdp_invalid"):
        connection.add_candidate("publish", "nonsense")
    connection.add_candidate("subscribe", "1 1 udp 1 192.0.2.9 9 typ host")  # nothing offered yet
    known = ice._remote_candidates
    connection.add_candidate("publish", "1 1 udp 1 3f2a.local 5000 typ host")
    connection.add_candidate("publish", "1 1 tcp 1 192.0.2.9 9 typ host tcptype active")
    if "127.0.0.1" not in HOSTS:
        connection.add_candidate("publish", "1 1 udp 1 127.0.0.1 22 typ host")
    assert ice._remote_candidates == known
    for port in range(1, 200):
        connection.add_candidate("publish", f"1 1 udp 1 {HOSTS[0]} {port} typ host")
    assert ice._remote_candidates == MAX_REMOTE_CANDIDATES
    await client.close()


async def test_refused_offers_leave_no_socket(server: MediaServer) -> None:
    before = descriptors()
    connection = server.open_connection("room", "ana", Listener())
    for _ in range(3):
        with pytest.raises(MediaError):
            await connection.publish("v=0\r\n", [])
    assert descriptors() == before
    await connection.close()


async def test_a_peer_that_never_checks_is_given_up_and_its_sockets_are_closed(
    server: MediaServer,
) -> None:
    before = descriptors()
    listener = Listener()
    connection = server.open_connection("room", "ana", listener)
    silent = Way().peer(lambda data: None)
    offer = silent.sdp("video", "sendonly", "actpass", 1, ["0"])
    await connection.publish(offer, [PublishedSection("0", "camera")])
    assert descriptors() > before
    await until(lambda: ("publish_ice", "failed") in listener.steps)
    await connection.close()
    await silent.close()
    await until(lambda: descriptors() <= before)


async def test_an_ice_restart_brings_new_ports_and_the_old_close(server: MediaServer) -> None:
    listener = Listener()
    connection = server.open_connection("room", "ana", listener)
    silent = Way().peer(lambda data: None)
    sections = [PublishedSection("0", "camera")]
    offer = silent.sdp("video", "sendonly", "actpass", 1, ["0"])
    first, _ = await connection.publish(offer, sections)
    silent.renew_credentials()
    offer = silent.sdp("video", "sendonly", "actpass", 1, ["0"])
    second, _ = await connection.publish(offer, sections)

    def told(sdp: str, name: str) -> set[str]:
        return {line for line in sdp.splitlines() if line.startswith(name)}

    assert not told(first, "a=candidate") & told(second, "a=candidate")
    assert not told(first, "a=ice-ufrag") & told(second, "a=ice-ufrag")
    again, _ = await connection.publish(offer, sections)
    assert told(again, "a=candidate") == told(second, "a=candidate")
    third = await connection.trickle("publish", RESTART)
    assert third is not None
    assert not told(second, "a=candidate") & told(third, "a=candidate")
    assert "a=ice-lite" not in third
    assert await connection.trickle("publish", RESTART) is None  # the same again: candidates
    await connection.close()
    await silent.close()
