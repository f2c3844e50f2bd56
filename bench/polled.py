"""Peers that are read by the clock.

On loopback the sender's processor wakes who waits at a socket, and pays for that; over a network
it does not, nor does the primitive that everything is compared with, whose one receiver is always
behind. So nobody waits at these peers' sockets: when a datagram came is the kernel's stamp
(``SO_TIMESTAMPNS``), not the time of reading.
"""

from __future__ import annotations

import asyncio
import socket

from bench.bare import SO_TIMESTAMPNS, receive_stamped
from tests.support.peer import Peer

INTERVAL_S = 0.004


class PolledPeer(Peer):
    """Read by a `Poller`."""

    arrived_ns = 0
    """When the newest datagram arrived, of the real-time clock."""

    def receive(self) -> bytes:
        data, self.arrived_ns = receive_stamped(self.sock)
        return data

    def _new_socket(self) -> socket.socket:
        sock = super()._new_socket()
        asyncio.get_running_loop().remove_reader(sock.fileno())
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        return sock


class Poller:
    """Reads its peers' sockets every `INTERVAL_S`."""

    def __init__(self) -> None:
        self._peers: list[PolledPeer] = []
        self._task = asyncio.create_task(self._run())

    def add(self, peer: PolledPeer) -> None:
        self._peers.append(peer)

    def close(self) -> None:
        """Before the peers are closed."""
        self._task.cancel()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL_S)
            for peer in list(self._peers):
                peer.read()
