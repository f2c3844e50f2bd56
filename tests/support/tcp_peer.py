"""The same minimal peer over ICE-TCP, as its active side (RFC 6544)."""

from __future__ import annotations

import asyncio
import socket
from collections import deque

from sfu.wire.framing import FrameReader, frame_prefix
from tests.support.peer import Peer


class TcpPeer(Peer):
    """Connects at its first check; writes block, so what is sent should be little."""

    protocol = "tcp"

    def read_again(self) -> None:
        """After `read_no_more`."""
        asyncio.get_running_loop().add_reader(self.sock.fileno(), self.read)

    def read_no_more(self) -> None:
        asyncio.get_running_loop().remove_reader(self.sock.fileno())

    def receive(self) -> bytes:
        while not self._datagrams:
            data = self.sock.recv(65536, socket.MSG_DONTWAIT)
            if not data:
                self.read_no_more()
                raise BlockingIOError
            self._datagrams.extend(self._frames.feed(data))
        return self._datagrams.popleft()

    def _new_socket(self) -> socket.socket:
        self._frames = FrameReader()
        self._datagrams: deque[bytes] = deque()
        self._connected = False
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        return socket.socket(family, socket.SOCK_STREAM)

    def _send(self, data: bytes) -> None:
        if not self._connected:
            self.sock.connect(self._address)
            self._connected = True
            self.read_again()
        self.sock.sendall(frame_prefix(len(data)) + data)
