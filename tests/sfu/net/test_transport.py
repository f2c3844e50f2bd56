"""A transport's life: silence, ICE restart, refused offers, a changed address."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest

from sfu.net.media_api import MediaError, PublishedSection
from sfu.net.media_server import MediaServer, MediaSettings
from sfu.net.transport import Transport
from sfu.net.transport_context import TimeLimits
from sfu.wire.sdp import parse_sdp
from sfu.wire.stun import SUCCESS, build_binding_request, parse_stun
from tests.sfu.net.call import Call, Listener, until
from tests.support.peer import vp8_packet

SECTIONS = [PublishedSection("0", "camera")]


@pytest.fixture
async def server() -> AsyncIterator[MediaServer]:
    limits = TimeLimits(ice_s=0.3, dtls_s=0.3, disconnected_s=0.3, failed_s=0.6, lost_s=1.2)
    server = await MediaServer.start(MediaSettings(port=0, hosts=("127.0.0.1",), limits=limits))
    yield server
    await server.close()


def check(transport: Transport, remote_ufrag: str, *, nominates: bool = True) -> bytes:
    local = transport.agent.local
    return build_binding_request(
        bytes(12),
        f"{local.ufrag}:{remote_ufrag}",
        local.password.encode(),
        controlling=1,
        use_candidate=nominates,
    )


async def test_a_silent_subscriber_is_sent_nothing_more(server: MediaServer) -> None:
    call = Call(server)
    await call.connect()
    call.subscriber.peer.fall_silent()

    await until(lambda: call.subscriber.listener.states["subscribe"] == "failed")
    assert not call.subscriber.listener.lost  # it may still restart ICE
    before = server.stats()["packets_forwarded_out"]
    received = server.stats()["packets_forwarded_in"]
    call.publisher.send(101)
    await until(lambda: server.stats()["packets_forwarded_in"] != received)
    assert server.stats()["packets_forwarded_out"] == before
    await until(lambda: call.subscriber.listener.lost)
    await call.close()


async def test_a_failed_subscriber_comes_back_by_an_ice_restart(server: MediaServer) -> None:
    call = Call(server)
    await call.connect()
    subscriber, peer = call.subscriber, call.subscriber.peer
    peer.fall_silent()
    await until(lambda: subscriber.listener.states["subscribe"] == "failed")
    peer.move()
    await subscriber.restart()
    await until(lambda: subscriber.listener.states["subscribe"] == "connected")
    before = len(subscriber.packets)
    call.publisher.send(101)
    await until(lambda: len(subscriber.packets) > before)
    assert not subscriber.listener.lost
    await call.close()


async def test_a_failed_publisher_comes_back_by_an_ice_restart(server: MediaServer) -> None:
    call = Call(server)
    await call.connect()
    publisher, peer = call.publisher, call.publisher.peer
    peer.fall_silent()
    await until(lambda: publisher.listener.states["publish"] == "failed")
    peer.move()
    peer.renew_credentials()
    offer = peer.sdp("video", "sendonly", "actpass", publisher.ssrc, ["0"])
    answer, _ = await publisher.connection.publish(offer, SECTIONS)
    assert publisher.listener.states["publish"] == "connecting"
    await peer.check(answer)
    await until(lambda: publisher.listener.states["publish"] == "connected")
    await call.goes_on()
    await call.close()


async def test_a_restart_that_nobody_follows_does_not_keep_the_peer_for_ever(
    server: MediaServer,
) -> None:
    call = Call(server)
    await call.connect()
    subscriber = call.subscriber
    subscriber.peer.fall_silent()
    await until(lambda: subscriber.listener.states["subscribe"] == "failed")
    subscriber.connection.restart_subscribe()
    assert subscriber.listener.states["subscribe"] == "connecting"
    await until(lambda: subscriber.listener.lost)
    assert subscriber.listener.states["subscribe"] == "failed"
    await call.close()


async def test_a_new_port_behind_the_same_nat_is_followed_both_ways(server: MediaServer) -> None:
    call = Call(server)
    await call.connect()
    for peer, transport in (
        (call.subscriber.peer, call.subscriber.connection.transports[0]),
        (call.publisher.peer, call.publisher.connection.transports[1]),
    ):
        old = transport.path
        peer.move()
        peer._send(check(transport, peer.ufrag))  # the next of its consent checks
        await until(lambda transport=transport, old=old: transport.path is not old)  # type: ignore[misc]
    await call.goes_on()
    assert call.subscriber.listener.steps.count(("subscribe_ice", "ok")) == 1
    assert not call.subscriber.listener.lost
    await call.close()


async def test_a_subscriber_restarts_while_media_flows_and_at_most_once_a_second(
    server: MediaServer,
) -> None:
    call = Call(server)
    await call.connect()
    subscriber = call.subscriber
    transport = subscriber.connection.transports[0]
    before = transport.agent.local
    await subscriber.restart()
    restarted = transport.agent.local
    assert restarted.ufrag != before.ufrag
    subscriber.connection.restart_subscribe()
    assert transport.agent.local == restarted
    await call.goes_on()
    await call.close()


async def test_a_restart_before_the_first_answer_changes_nothing(server: MediaServer) -> None:
    call = Call(server)
    await call.publisher.connect()
    subscriber = call.subscriber
    credentials = subscriber.connection.transports[0].agent.local
    subscriber.connection.restart_subscribe()
    assert subscriber.connection.transports[0].agent.local == credentials
    await subscriber.connect()
    await call.close()


async def test_a_check_that_comes_too_late_does_not_revive(server: MediaServer) -> None:
    call = Call(server)
    publisher = call.publisher
    offer = publisher.peer.sdp("video", "sendonly", "actpass", 1, ["0"])
    await publisher.connection.publish(offer, SECTIONS)
    await until(lambda: publisher.listener.states.get("publish") == "failed")
    transport = publisher.connection.transports[1]
    publisher.peer._address = ("127.0.0.1", server.port)
    publisher.peer._send(check(transport, publisher.peer.ufrag))
    await until(publisher.peer._checked.is_set)
    assert (transport.state, transport.path) == ("failed", None)
    await call.close()


async def test_a_bad_offer_with_other_credentials_does_not_end_the_call(
    server: MediaServer,
) -> None:
    call = Call(server)
    await call.connect()
    transport = call.publisher.connection.transports[1]
    credentials = transport.agent.local
    offer = call.publisher.peer.sdp("video", "sendonly", "actpass", 4711, ["0"])
    offer = offer.replace(call.publisher.peer.ufrag, "other").replace("a=fingerprint", "a=x")
    with pytest.raises(MediaError):
        await call.publisher.connection.publish(offer, SECTIONS)
    assert transport.agent.local == credentials
    await call.goes_on()
    await call.close()


def priorities(candidates: Iterable[str]) -> list[int]:
    return [int(candidate.split()[3]) for candidate in candidates]


async def test_an_ice_restart_changes_credentials_and_media_goes_on(server: MediaServer) -> None:
    call = Call(server)
    await call.connect()
    publisher = call.publisher
    transport = publisher.connection.transports[1]
    before = transport.agent.local
    candidates = priorities(transport.local.candidates)
    offer = publisher.peer.sdp("video", "sendonly", "actpass", 4711, ["0"])
    answer, tracks = await publisher.connection.publish(
        offer.replace(publisher.peer.ufrag, "restarted"), SECTIONS
    )
    after = transport.agent.local
    assert before.ufrag != after.ufrag
    assert f"a=ice-ufrag:{after.ufrag}" in answer
    told = [c for section in parse_sdp(answer).media for c in section.candidates]
    assert min(priorities(told)) > max(candidates)
    assert sorted(told) == sorted(transport.local.candidates)
    assert len(tracks) == 1
    await call.goes_on()
    publisher.peer._send(check(transport, "restarted"))
    await until(lambda: transport.agent.last_check_at is not None)
    await call.goes_on()
    await call.close()


async def test_a_changed_address_takes_over_when_it_is_nominated(server: MediaServer) -> None:
    call = Call(server)
    await call.connect()
    subscriber = call.subscriber
    transport = subscriber.connection.transports[0]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as moved:
        moved.bind(("127.0.0.1", 0))
        moved.setblocking(False)
        address = moved.getsockname()
        request = check(transport, subscriber.peer.ufrag)
        moved.sendto(request, ("127.0.0.1", server.port))
        await until(lambda: transport.path is not None and transport.path.address == address)
        assert parse_stun(moved.recv(2000)).message_class == SUCCESS
        call.publisher.send(1)
        received: list[bytes] = []

        def arrived() -> bool:
            try:
                received.append(moved.recv(2000))
            except BlockingIOError:
                return False
            return received[-1][0] == 0x90

        await until(arrived)
    await call.close()


def long_ago(transport: Transport) -> None:
    """Nothing has come on the selected pair for a while."""
    transport.agent.selected_heard_at = transport.agent._selected_checked_at = float("-inf")


async def test_media_from_a_changed_address_takes_over_unnominated(server: MediaServer) -> None:
    """As of clients that nominate once, behind a NAT that gives them another port."""
    call = Call(server)
    await call.connect()
    publisher = call.publisher
    transport = publisher.connection.transports[1]
    publisher.peer.fall_silent()
    publisher.peer.move()
    address = publisher.peer.sock.getsockname()
    publisher.peer._send(check(transport, publisher.peer.ufrag, nominates=False))
    publisher.send(1)  # the old pair was heard a moment ago
    await until(lambda: len(call.subscriber.packets) >= publisher.sent)
    assert transport.path is not None
    assert transport.path.address != address
    long_ago(transport)
    publisher.send(1)
    await until(lambda: transport.path is not None and transport.path.address == address)
    await call.close()


async def test_replayed_packets_move_nobody(server: MediaServer) -> None:
    """Somebody on the way has a check and a media packet, and sends them from elsewhere."""
    call = Call(server)
    await call.connect()
    publisher = call.publisher
    transport = publisher.connection.transports[1]
    publisher.peer.fall_silent()
    before = transport.path
    assert publisher.peer.outbound is not None
    plain = vp8_packet(publisher.ssrc, publisher.sent, 0, True, True, False, 200)
    packet = publisher.peer.outbound.protect_rtp(plain)
    assert packet is not None
    publisher.peer._send(packet)
    await until(lambda: len(call.subscriber.packets) > publisher.sent)
    long_ago(transport)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
        elsewhere.bind(("127.0.0.1", 0))
        request = check(transport, publisher.peer.ufrag, nominates=False)
        transport.agent._selected_checked_at = asyncio.get_running_loop().time()
        for datagram in (request, packet, packet):
            elsewhere.sendto(datagram, ("127.0.0.1", server.port))
        await until(lambda: transport.rejected_packets >= 2)
        long_ago(transport)
        elsewhere.sendto(packet, ("127.0.0.1", server.port))
        await until(lambda: transport.rejected_packets >= 3)
    assert transport.path is before
    await call.close()


async def test_a_refused_first_offer_leaves_no_trace(server: MediaServer) -> None:
    listener = Listener()
    connection = server.open_connection("room", "a", listener)
    with pytest.raises(MediaError):
        await connection.publish("v=0\r\n", [])
    assert listener.states == {}
    assert len(server._demultiplexer._by_ufrag) == 1  # of the subscribe transport
    await connection.close()
    assert server._demultiplexer._by_ufrag == {}


async def test_a_closed_connection_leaves_no_address_behind(server: MediaServer) -> None:
    call = Call(server)
    await call.connect()
    assert len(server._udp.paths) == 2
    await call.close()
    assert server._udp.paths == []
    assert server._demultiplexer._paths == {}
    stats: Any = server.stats()
    assert (stats["rooms"], stats["connections"]) == (0, 0)


async def test_addresses_of_one_transport_are_bounded(server: MediaServer) -> None:
    call = Call(server)
    await call.connect()
    transport = call.subscriber.connection.transports[0]
    request = check(transport, call.subscriber.peer.ufrag, nominates=False)
    received = server.stats()["datagrams_received"]
    for _ in range(60):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(request, ("127.0.0.1", server.port))
    await until(lambda: int(str(server.stats()["datagrams_received"])) >= int(str(received)) + 60)
    assert len(server._udp.paths) <= 17
    await call.goes_on()
    await call.close()
