"""What the machine itself adds to a delay: a process that does nothing but pass datagrams on."""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import struct
import time
from statistics import quantiles

SO_TIMESTAMPNS = 35  # asm-generic/socket.h; Python 3.11 has no name for it
SENT = struct.Struct("!Q")
SECONDS = 3.0
DATAGRAMS_PER_S = 200
_ARRIVED = struct.Struct("@ll")  # timespec


def receive_stamped(sock: socket.socket) -> tuple[bytes, int]:
    """A datagram, and when it arrived, by the kernel if `SO_TIMESTAMPNS` is set: nanoseconds of
    the real-time clock."""
    data, ancillary, _, _ = sock.recvmsg(2048, 64)
    for _, kind, value in ancillary:
        if kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = _ARRIVED.unpack_from(value)
            return data, seconds * 1_000_000_000 + nanoseconds
    return data, time.time_ns()


def _pass_on(sock: socket.socket, target: tuple[str, int]) -> None:
    while data := sock.recv(2048):
        sock.sendto(data, target)


async def measure_bare() -> tuple[float, float]:
    """(p50, p99) of its delays, in milliseconds."""
    with socket.socket(type=socket.SOCK_DGRAM) as server, _receiver() as receiver:
        server.bind(("127.0.0.1", 0))
        arguments = (server, receiver.getsockname())
        process = multiprocessing.get_context("fork").Process(target=_pass_on, args=arguments)
        process.start()
        delays = await _send_and_receive(server.getsockname(), receiver)
        receiver.sendto(b"", server.getsockname())
        await asyncio.get_running_loop().run_in_executor(None, process.join)
    cuts = quantiles(delays, n=100)
    return cuts[49], cuts[98]


def _receiver() -> socket.socket:
    sock = socket.socket(type=socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    sock.bind(("127.0.0.1", 0))
    sock.setblocking(False)
    return sock


async def _send_and_receive(address: tuple[str, int], receiver: socket.socket) -> list[float]:
    loop = asyncio.get_running_loop()
    delays: list[float] = []

    def read() -> None:
        data, arrived_ns = receive_stamped(receiver)
        delays.append((arrived_ns - SENT.unpack(data)[0]) / 1e6)

    loop.add_reader(receiver, read)
    with socket.socket(type=socket.SOCK_DGRAM) as sender:
        for _ in range(int(SECONDS * DATAGRAMS_PER_S)):
            sender.sendto(SENT.pack(time.time_ns()), address)
            await asyncio.sleep(1 / DATAGRAMS_PER_S)
    loop.remove_reader(receiver)
    return delays
