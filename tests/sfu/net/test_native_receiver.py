"""What waits on a socket is taken in C as it is in Python, from real sockets."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfu.net.demultiplexer import MuxCounters
from sfu.net.media_server import MediaServer, MediaSettings
from sfu.net.native_library import NativeLibrary
from sfu.net.native_receiver import LAYOUT, NativeReceiver
from sfu.net.receiver import MAX_DATAGRAMS, MAX_SIZE, Receiver, SocketReceiver
from tests.sfu.net.call import Call, Way
from tests.support.native_library import SANITIZE, native_library, run_sanitized

HOSTS = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
families = pytest.mark.parametrize("family", HOSTS)


def receivers() -> tuple[Receiver, Receiver]:
    return NativeReceiver(native_library(), None, MuxCounters()), SocketReceiver()


both = pytest.mark.parametrize("receiver", [0, 1], ids=["native", "socket"])


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def bound(stack: ExitStack, family: socket.AddressFamily = socket.AF_INET) -> socket.socket:
    sock = stack.enter_context(socket.socket(family, socket.SOCK_DGRAM))
    sock.bind((HOSTS[family], 0))
    sock.setblocking(False)
    return sock


def named(receiver: Receiver, taken: Sequence[tuple[bytes, Any]]) -> list[tuple[bytes, Any]]:
    return [(data, receiver.address(source)) for data, source in taken]


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(list(HOSTS)),
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from([0, 1, 60, 1200, 2048, 2049, 4000])),
        max_size=20,
    ),
)
def test_both_take_the_same(family: socket.AddressFamily, sent: list[tuple[int, int]]) -> None:
    with ExitStack() as stack:
        senders = [bound(stack, family) for _ in range(3)]
        for receiver in receivers():
            server = bound(stack, family)
            for number, (sender, size) in enumerate(sent):
                senders[sender].sendto(bytes([number % 256]) * size, server.getsockname())
            taken = receiver(server, 0.0)
            assert named(receiver, taken) == [
                (bytes([number % 256]) * min(size, MAX_SIZE), senders[sender].getsockname())
                for number, (sender, size) in enumerate(sent[:MAX_DATAGRAMS])
            ]
            for (_, source), (sender, _) in zip(taken, sent, strict=False):
                assert source == receiver.source(family, senders[sender].getsockname())


@both
@families
def test_more_than_a_turns_worth_waits_for_the_next(
    stack: ExitStack, receiver: int, family: socket.AddressFamily
) -> None:
    take, server, sender = receivers()[receiver], bound(stack, family), bound(stack, family)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    sent = [number.to_bytes(2, "big") for number in range(2 * MAX_DATAGRAMS + 17)]
    for data in sent:
        sender.sendto(data, server.getsockname())
    turns = [[data for data, _ in take(server, 0.0)] for _ in range(4)]
    assert [len(turn) for turn in turns] == [MAX_DATAGRAMS, MAX_DATAGRAMS, 17, 0]
    assert [data for turn in turns for data in turn] == sent


@both
@families
def test_an_error_of_an_earlier_send_stands_in_nobodys_way(
    stack: ExitStack, receiver: int, family: socket.AddressFamily
) -> None:
    take, server, gone = receivers()[receiver], bound(stack, family), bound(stack, family)
    address = gone.getsockname()
    server.connect(address)  # only so does the kernel tell
    gone.close()
    server.send(b"to nobody")
    back = stack.enter_context(socket.socket(family, socket.SOCK_DGRAM))
    back.bind(address)
    back.sendto(b"here", server.getsockname())
    assert named(take, take(server, 0.0)) == [(b"here", address)]
    assert server.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0


@both
def test_of_a_closed_socket_nothing_is_taken(stack: ExitStack, receiver: int) -> None:
    server = bound(stack)
    server.close()
    assert list(receivers()[receiver](server, 0.0)) == []


def test_the_layout_is_the_librarys() -> None:
    assert NativeLibrary(native_library()).agrees("roda_receive_layout", LAYOUT)
    assert NativeReceiver.load(None, None, MuxCounters()) is None


@pytest.mark.skipif(SANITIZE in os.environ, reason="of the built library")
@pytest.mark.parametrize("native", [True, False])
async def test_calls_are_read_either_way(native: bool) -> None:
    settings = MediaSettings(port=0, hosts=("127.0.0.1", "::1"), native=native)
    server = await MediaServer.start(settings)
    call = Call(server, ways=(Way("udp"), Way("udp", "::1")))
    await call.connect()
    await call.goes_on()
    assert len(server._udp.paths) == 2
    await call.close()
    assert server._udp.paths == []
    await server.close()


@pytest.mark.skipif(SANITIZE in os.environ, reason="this is it")
def test_nothing_is_touched_that_is_not_its_own() -> None:
    run_sanitized(__file__)
