"""A path over a TCP connection that the peer has opened (RFC 6544), framed as RFC 4571 says."""

from __future__ import annotations

import asyncio
import socket
from typing import Any, ClassVar

from sfu.net.path import SendCounters, Way
from sfu.wire.framing import LENGTH_SIZE, frame_prefix

MAX_BUFFERED = 128 * 1024  # bytes that wait for the peer: half a second of a large picture
UNSENT_BYTES = 64 * 1024  # that the kernel takes beyond what is on its way


class TcpPath:
    """Sends on one connection. While that is full a bounded buffer fills, then datagrams are
    dropped as a UDP network would drop them: small ones, such as answers to checks, last."""

    __slots__ = ("_buffer", "_counters", "_loop", "address", "broken", "peer", "sock")
    way: ClassVar[Way] = "tcp"

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        sock: socket.socket,
        address: Any,
        counters: SendCounters,
    ) -> None:
        self.sock = sock
        self.address = address
        self.peer: object = None
        self.broken = False
        self._loop = loop
        self._counters = counters
        self._buffer = bytearray()

    @property
    def host(self) -> tuple[str, int]:
        return self.address[0], self.address[1]

    @property
    def route(self) -> None:
        return None

    @property
    def buffered(self) -> int:
        """Bytes that wait, at most `MAX_BUFFERED`."""
        return len(self._buffer)

    def send(self, data: bytes | memoryview) -> None:
        self.send_run(memoryview(data), len(data))

    def send_run(self, datagrams: memoryview, segment: int) -> None:
        counters = self._counters
        size = len(datagrams)
        if self.broken:
            counters.failed += -(-size // segment)
            return
        room = MAX_BUFFERED - len(self._buffer)
        framed: list[bytes | memoryview] = []
        for start in range(0, size, segment):
            datagram = datagrams[start : start + segment]
            room -= LENGTH_SIZE + len(datagram)
            if room < 0:
                room += LENGTH_SIZE + len(datagram)
                counters.tcp_blocked += 1
                continue
            counters.datagrams += 1
            framed.append(frame_prefix(len(datagram)))
            framed.append(datagram)
        self._write(b"".join(framed))

    def close(self) -> None:
        """Nothing more is sent, and what waits is dropped. The socket is closed by its owner."""
        self.broken = True
        if self._buffer:
            self._loop.remove_writer(self.sock.fileno())
            self._buffer.clear()

    def _write(self, data: bytes) -> None:
        if self._buffer:
            self._buffer += data
            return
        sent = self._send(data)
        if sent < len(data) and not self.broken:
            self._buffer += data[sent:]
            self._loop.add_writer(self.sock.fileno(), self._drain)

    def _drain(self) -> None:
        sent = self._send(self._buffer)
        del self._buffer[:sent]
        if not self._buffer:
            self._loop.remove_writer(self.sock.fileno())

    def _send(self, data: bytes | bytearray) -> int:
        self._counters.calls += 1
        try:
            return self.sock.send(data)
        except BlockingIOError:
            return 0
        except OSError:  # reading will find out too, and end the connection
            self.close()
            return 0
