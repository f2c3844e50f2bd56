"""Calls over ICE-TCP, and strangers at its door: bounded, counted, of no effect on others."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, suppress

import pytest

from sfu.net.media_server import MediaServer, MediaSettings
from sfu.net.tcp_mux import TcpLimits
from sfu.net.tcp_path import MAX_BUFFERED
from sfu.net.transport import Transport
from sfu.wire.framing import MAX_FRAME, FrameReader, frame_prefix
from sfu.wire.stun import SUCCESS, build_binding_request, parse_stun
from tests.sfu.net.call import Call, Way, until
from tests.support.tcp_peer import TcpPeer

UDP, TCP = Way("udp"), Way("tcp")
UDP6, TCP6 = Way("udp", "::1"), Way("tcp", "::1")
LIMITS = TcpLimits(first_check_s=0.3, strangers=20, strangers_per_host=10, connections=40)


@pytest.fixture
async def server() -> AsyncIterator[MediaServer]:
    settings = MediaSettings(port=0, hosts=("127.0.0.1", "::1"), tcp_limits=LIMITS)
    server = await MediaServer.start(settings)
    yield server
    await server.close()


@pytest.fixture
async def call(server: MediaServer) -> AsyncIterator[Call]:
    call = Call(server, ways=(TCP, TCP))
    await call.connect()
    yield call
    await call.close()


@pytest.fixture
def strangers() -> AsyncIterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def connect(server: MediaServer, strangers: ExitStack, host: str = "127.0.0.1") -> socket.socket:
    sock = strangers.enter_context(socket.create_connection((host, server.port), 2))
    sock.setblocking(False)
    return sock


def framed(data: bytes) -> bytes:
    return frame_prefix(len(data)) + data


def check(transport: Transport, remote_ufrag: str, *, nominates: bool = False) -> bytes:
    local = transport.agent.local
    username = f"{local.ufrag}:{remote_ufrag}"
    return framed(
        build_binding_request(
            os.urandom(12),
            username,
            local.password.encode(),
            controlling=1,
            use_candidate=nominates,
        )
    )


def count(server: MediaServer, name: str) -> int:
    value = server.stats()[f"tcp_{name}"]
    assert isinstance(value, int)
    return value


async def received(sock: socket.socket) -> bytes:
    return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(sock, 4096), 3)


async def is_closed(sock: socket.socket) -> None:
    with suppress(ConnectionResetError):
        assert await received(sock) == b""


@pytest.mark.parametrize(
    "ways", [(TCP, TCP), (UDP, TCP), (TCP, UDP), (TCP6, TCP6), (UDP6, UDP6), (TCP6, UDP)]
)
async def test_calls_over_every_way(server: MediaServer, ways: tuple[Way, Way]) -> None:
    call = Call(server, ways=ways)
    await call.connect()
    await call.goes_on()
    by_tcp = [way for way in ways if way.protocol == "tcp"]
    assert (count(server, "connections"), count(server, "strangers")) == (len(by_tcp), 0)
    await call.close()
    assert (count(server, "connections"), server.stats()["handler_failures"]) == (0, 0)


async def test_a_lost_connection_is_replaced_by_the_next_check(
    server: MediaServer, call: Call, strangers: ExitStack
) -> None:
    subscriber = call.subscriber
    transport = subscriber.connection.transports[0]
    subscriber.peer.fall_silent()
    subscriber.peer.sock.shutdown(socket.SHUT_RDWR)
    await until(lambda: transport.agent.selected is None)
    call.publisher.send(1)
    again = connect(server, strangers)
    again.send(check(transport, subscriber.peer.ufrag))
    await until(lambda: transport.agent.selected is not None)
    (answer,) = FrameReader().feed(await received(again))
    assert parse_stun(answer).message_class == SUCCESS
    call.publisher.send(1)
    assert 127 < (await received(again))[2] < 192


async def test_a_connection_is_one_peers_alone(server: MediaServer, call: Call) -> None:
    transport = call.publisher.connection.transports[1]
    refused = int(str(server.stats()["stun_refused"]))
    subscriber = call.subscriber
    subscriber.peer.sock.send(check(transport, call.publisher.peer.ufrag, nominates=True))
    await until(lambda: int(str(server.stats()["stun_refused"])) == refused + 1)
    await call.goes_on()


async def test_who_says_nothing_is_shown_out(
    server: MediaServer, call: Call, strangers: ExitStack
) -> None:
    silent = [connect(server, strangers) for _ in range(5)]
    slow = connect(server, strangers, "::1")
    slow.send(b"\x00")
    await until(lambda: count(server, "strangers") == 6)
    for sock in (*silent, slow):
        await is_closed(sock)
    assert (count(server, "expired"), count(server, "connections")) == (6, 2)
    await call.goes_on()


@pytest.mark.parametrize(
    ("sent", "counter"),
    [
        (frame_prefix(MAX_FRAME + 1), "malformed"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "malformed"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", "malformed"),
        (framed(b"\x80" + bytes(50)) * 8, "expired"),
        (framed(build_binding_request(bytes(12), "nobody:x", b"x", controlling=1)) * 8, "expired"),
        (framed(os.urandom(MAX_FRAME)) * 20, "expired"),
    ],
    ids=["absurd length", "HTTP", "TLS", "media", "checks of nobody", "much"],
)
async def test_who_proves_nothing_is_shown_out(
    server: MediaServer, call: Call, strangers: ExitStack, sent: bytes, counter: str
) -> None:
    sock = connect(server, strangers)
    sock.send(sent)
    await is_closed(sock)
    assert (count(server, counter), count(server, "strangers")) == (1, 0)
    await call.goes_on()


async def test_wrong_passwords_are_answered_within_bounds(
    server: MediaServer, call: Call, strangers: ExitStack
) -> None:
    ufrag = call.publisher.connection.transports[1].agent.local.ufrag
    guess = framed(build_binding_request(bytes(12), f"{ufrag}:x", b"guess", controlling=1))
    sock = connect(server, strangers)
    sock.send(guess * 100)
    answers = b""
    try:
        while data := await received(sock):
            answers += data
    except ConnectionResetError:
        pass
    assert len(list(FrameReader().feed(answers))) <= 8
    await call.goes_on()


async def test_a_flood_from_one_address_leaves_the_door_open(
    server: MediaServer, call: Call, strangers: ExitStack
) -> None:
    flood = [connect(server, strangers) for _ in range(60)]
    await until(lambda: count(server, "evicted") == 50)
    assert count(server, "strangers") == LIMITS.strangers_per_host
    late = Call(server, room="late", ssrc=99, ways=(TCP, TCP))
    await late.connect()
    await late.goes_on()
    await call.goes_on()
    await late.close()
    for sock in flood:
        await is_closed(sock)


async def test_strangers_are_bounded_over_all_addresses(
    server: MediaServer, call: Call, strangers: ExitStack
) -> None:
    for number in range(1, 6):
        for _ in range(9):
            sock = strangers.enter_context(socket.socket())
            sock.bind((f"127.0.0.{number}", 0))
            sock.connect(("127.0.0.1", server.port))
    await until(lambda: count(server, "evicted") == 45 - LIMITS.strangers)
    assert count(server, "strangers") == LIMITS.strangers
    await call.goes_on()


async def test_who_does_not_read_holds_up_nobody(server: MediaServer) -> None:
    call = Call(server, ways=(TCP, TCP))
    await call.connect()
    other = Call(server, room="other", ssrc=99, ways=(TCP, TCP))
    await other.connect()
    reader = call.subscriber.peer
    assert isinstance(reader, TcpPeer)
    reader.read_no_more()
    path = call.subscriber.connection.transports[0].path
    while not count(server, "blocked"):
        call.publisher.send(50)
        other.publisher.send(1)
        await asyncio.sleep(0)
    assert MAX_BUFFERED - 1500 < path.buffered <= MAX_BUFFERED  # type: ignore[union-attr]
    await other.goes_on()
    # Once it reads again what was kept comes whole, and media goes on.
    reader.read_again()
    await until(lambda: path.buffered == 0)  # type: ignore[union-attr]
    seen = len(call.subscriber.packets)
    call.publisher.send(5)
    await until(lambda: len(call.subscriber.packets) > seen)
    assert server.stats()["handler_failures"] == 0
    await other.close()
    await call.close()


async def test_cut_frames_and_garbage_from_a_peer_in_the_call(
    server: MediaServer, call: Call
) -> None:
    peer = call.publisher.peer
    data = framed(b"") * 10 + framed(b"\x80" + bytes(MAX_FRAME - 1)) + framed(os.urandom(60))
    for at in range(0, len(data), 97):
        peer.sock.send(data[at : at + 97])
        await asyncio.sleep(0)
    await call.goes_on()
    assert call.publisher.listener.states["publish"] == "connected"


async def test_without_descriptors_the_door_waits(
    server: MediaServer, call: Call, strangers: ExitStack
) -> None:
    waiting = [strangers.enter_context(socket.socket()) for _ in range(3)]
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(name) for name in os.listdir("/proc/self/fd"))
    spare = [os.dup(0) for _ in range(highest - len(os.listdir("/proc/self/fd")) + 2)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(spare) + 1, limits[1]))
    try:
        for sock in waiting:
            sock.connect(("127.0.0.1", server.port))
        await call.goes_on()
        accepted = count(server, "accepted")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        for descriptor in spare:
            os.close(descriptor)
    await until(lambda: count(server, "accepted") == 5)
    assert accepted == 2
    await call.goes_on()


async def test_it_can_be_turned_off(strangers: ExitStack) -> None:
    server = await MediaServer.start(MediaSettings(port=0, hosts=("127.0.0.1",), tcp=False))
    with pytest.raises(ConnectionRefusedError):
        connect(server, strangers)
    await server.close()
