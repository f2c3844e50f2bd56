"""Datagrams leave framed, whole and in order, or are dropped whole and counted."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from sfu.net.path import SendCounters
from sfu.net.tcp_path import MAX_BUFFERED, TcpPath
from sfu.wire.framing import FrameReader

Pair = tuple[TcpPath, socket.socket, SendCounters]


@pytest.fixture
async def pair() -> Iterator[Pair]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        peer = socket.create_connection(listener.getsockname())
        ours, address = listener.accept()
    with peer, ours:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
        ours.setblocking(False)
        peer.setblocking(False)
        counters = SendCounters()
        path = TcpPath(asyncio.get_running_loop(), ours, address, counters)
        yield path, peer, counters
        path.close()


async def take(peer: socket.socket, count: int) -> list[bytes]:
    reader, datagrams = FrameReader(), []
    while len(datagrams) < count:
        async with asyncio.timeout(3):
            data = await asyncio.get_running_loop().sock_recv(peer, 65536)
        datagrams += reader.feed(data)
    return datagrams


@pytest.mark.parametrize(("size", "segment"), [(300, 100), (250, 100), (100, 100), (60, 100)])
async def test_runs_arrive_as_single_datagrams(pair: Pair, size: int, segment: int) -> None:
    path, peer, counters = pair
    data = bytes(index % 251 for index in range(size))
    path.send_run(memoryview(data), segment)
    path.send(b"last")
    expected = [data[start : start + segment] for start in range(0, size, segment)]
    assert await take(peer, len(expected) + 1) == [*expected, b"last"]
    assert (counters.datagrams, counters.calls) == (len(expected) + 1, 2)


async def test_what_a_full_connection_cannot_take_is_dropped_whole(pair: Pair) -> None:
    path, peer, counters = pair
    run = memoryview(b"".join(bytes([index]) * 1000 for index in range(50)))
    sent = 0
    while not counters.tcp_blocked:
        path.send_run(run, 1000)
        sent += 50
    assert MAX_BUFFERED - 1002 < path.buffered <= MAX_BUFFERED
    assert counters.datagrams + counters.tcp_blocked == sent
    arrived = await take(peer, counters.datagrams)
    assert {len(datagram) for datagram in arrived} == {1000}
    assert [datagram[0] for datagram in arrived] == [
        index % 50 for index in range(counters.datagrams)
    ]
    assert path.buffered == 0
    path.send(b"again")
    assert await take(peer, 1) == [b"again"]


async def test_a_small_datagram_finds_room_where_a_large_one_does_not(pair: Pair) -> None:
    path, _, counters = pair
    while not counters.tcp_blocked:
        path.send(bytes(1500))
    dropped = counters.tcp_blocked
    path.send(bytes(60))
    assert counters.tcp_blocked == dropped


async def test_a_broken_connection_takes_nothing_and_raises_nothing(pair: Pair) -> None:
    path, peer, counters = pair
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()
    for _ in range(3):
        path.send(b"x")
    path.send_run(memoryview(bytes(300)), 100)
    assert path.broken
    assert counters.failed >= 3
    assert path.buffered == 0
