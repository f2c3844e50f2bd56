"""Whatever is thrown at the media port, a call on it does not lose a packet."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from random import Random
from typing import Any

import pytest

from sfu.net.media_server import MediaServer, MediaSettings
from sfu.wire.stun import build_binding_request
from tests.sfu.net.call import Call
from tests.support.peer import vp8_packet


@pytest.fixture
async def server() -> AsyncIterator[MediaServer]:
    server = await MediaServer.start(MediaSettings(port=0, hosts=("127.0.0.1",)))
    yield server
    await server.close()


@pytest.fixture
async def call(server: MediaServer) -> AsyncIterator[Call]:
    call = Call(server)
    await call.connect()
    yield call
    await call.close()


def stun(ufrag: str, password: str) -> bytes:
    return build_binding_request(
        os.urandom(12), f"{ufrag}:x", password.encode(), controlling=1, use_candidate=True
    )


def random_bytes(call: Call) -> Iterator[bytes]:
    random = Random(1)
    yield b""
    for first in range(256):
        yield bytes([first]) + random.randbytes(random.randrange(1500))


def truncated_stun(call: Call) -> Iterator[bytes]:
    ufrag = call.publisher.connection.transports[1].agent.local.ufrag
    whole = stun(ufrag, "wrong")
    yield from (whole[:size] for size in range(len(whole)))
    yield from (
        whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :] for at in range(len(whole))
    )


def wrong_passwords(call: Call) -> Iterator[bytes]:
    for transport in (
        *call.publisher.connection.transports,
        *call.subscriber.connection.transports,
    ):
        yield from (stun(transport.agent.local.ufrag, f"guess {n}") for n in range(20))
    yield from (stun("nobody", "x") for _ in range(20))


def truncated_dtls(call: Call) -> Iterator[bytes]:
    hello = b"\x16\xfe\xff" + bytes(8) + b"\x00\x40" + b"\x01\x00\x00\x34" + os.urandom(60)
    yield from (hello[:size] for size in range(1, len(hello)))
    for kind in (20, 21, 22, 23, 25, 63):
        yield bytes([kind]) + b"\xfe\xfd" + os.urandom(50)
    yield b"\x15\xfe\xfd" + bytes(8) + b"\x00\x02" + b"\x01\x00"  # close_notify, not protected
    yield b"\x15\xfe\xfd" + bytes(8) + b"\x00\x02" + b"\x02\x28"  # a fatal alert


def forged_media(call: Call) -> Iterator[bytes]:
    packet = vp8_packet(call.publisher.ssrc, 500, 0, True, True, True, 200)
    for size in (0, 1, 8, 11, 12, 13, 30, len(packet)):
        yield packet[:size]
    yield packet + bytes(1700)
    for kind in range(192, 224):
        yield b"\x80" + bytes([kind]) + os.urandom(60)


Attack = Callable[[Call], Iterator[bytes]]
ATTACKS = [random_bytes, truncated_stun, wrong_passwords, truncated_dtls, forged_media]


async def bombard(call: Call, datagrams: Iterator[bytes], send: Callable[[bytes], Any]) -> None:
    for index, data in enumerate(datagrams):
        send(data)
        if index % 20 == 0:
            call.publisher.send(1)
            await asyncio.sleep(0)


@pytest.mark.parametrize("attack", ATTACKS)
async def test_from_a_stranger(server: MediaServer, call: Call, attack: Attack) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        await bombard(call, attack(call), lambda d: sock.sendto(d, ("127.0.0.1", server.port)))
    await call.goes_on()
    assert server.stats()["handler_failures"] == 0


@pytest.mark.parametrize("attack", ATTACKS)
async def test_from_the_address_of_a_peer_in_the_call(
    server: MediaServer, call: Call, attack: Attack
) -> None:
    await bombard(call, attack(call), call.publisher.peer._send)
    await bombard(call, attack(call), call.subscriber.peer._send)
    await call.goes_on()
    assert server.stats()["handler_failures"] == 0
    assert call.publisher.listener.states["publish"] == "connected"
    assert call.subscriber.listener.states["subscribe"] == "connected"


async def test_strangers_are_not_answered_but_for_a_wrong_password(
    server: MediaServer, call: Call
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        for attack in (random_bytes, truncated_dtls, forged_media):
            for data in attack(call):
                sock.sendto(data, ("127.0.0.1", server.port))
        sock.sendto(stun("nobody", "x"), ("127.0.0.1", server.port))
        await call.goes_on()
        with pytest.raises(BlockingIOError):
            sock.recv(2000)
        sock.sendto(
            stun(call.subscriber.connection.transports[0].agent.local.ufrag, "wrong"),
            ("127.0.0.1", server.port),
        )
        await call.goes_on()
        assert sock.recv(2000)[:2] == b"\x01\x11"


async def test_replayed_media_is_forwarded_once(server: MediaServer, call: Call) -> None:
    peer = call.publisher.peer
    assert peer.outbound is not None
    packet = vp8_packet(call.publisher.ssrc, call.publisher.sent, 0, True, True, False, 200)
    protected = peer.outbound.protect_rtp(packet)
    assert protected is not None
    call.publisher.sent += 1
    for _ in range(50):
        peer._send(protected)
    await call.goes_on()
    publish: Any = call.publisher.connection.stats()["publish"]
    assert publish["rejected_packets"] == 49


# --- from a peer that holds its keys ------------------------------------------------------------


async def hostile_and_bystanders(server: MediaServer) -> tuple[Call, Call]:
    hostile, others = Call(server, "bad", 99), Call(server, "good", 77)
    await hostile.connect()
    await others.connect()
    return hostile, others


@pytest.mark.parametrize(
    ("payload_type", "size"), [(0, 100), (13, 100), (127, 100), (96, 1480), (97, 100), (96, 24)]
)
async def test_wrong_payload_types_and_sizes(
    server: MediaServer, payload_type: int, size: int
) -> None:
    hostile, others = await hostile_and_bystanders(server)
    for number in range(100, 300):
        packet = bytearray(vp8_packet(99, number * 7, 0, True, True, True, size))
        packet[1] = payload_type
        assert hostile.publisher.peer.outbound is not None
        hostile.publisher.peer.send_rtp([bytes(packet)])
        if number % 20 == 0:
            others.publisher.send(1)
            await asyncio.sleep(0)
    await others.goes_on()
    assert server.stats()["handler_failures"] == 0
    await hostile.close()
    await others.close()
