"""What everything is compared with: one ``pylibsrtp.protect`` and one ``socket.sendto``."""

from __future__ import annotations

import socket
import threading

from bench.clients import PACKET_SIZE
from bench.load import ServerProcess

ROUNDS = 3
COUNT = 8_000


class Drain:
    """A socket that is read by a thread, as a receiver for the primitive."""

    def __init__(self) -> None:
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.bind(("127.0.0.1", 0))
        self._sock.settimeout(0.2)
        self._running = True
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        port: int = self._sock.getsockname()[1]
        return port

    def close(self) -> None:
        self._running = False
        self._thread.join()
        self._sock.close()

    def _read(self) -> None:
        while self._running:
            try:
                self._sock.recv(2048)
            except TimeoutError:
                continue


async def measure_primitive(server: ServerProcess, profile: str) -> float:
    """Microseconds in the server's process: the least of `ROUNDS`."""
    drain = Drain()
    rounds = [
        await server("primitive", profile=profile, size=PACKET_SIZE, port=drain.port, count=COUNT)
        for _ in range(ROUNDS)
    ]
    drain.close()
    least: float = min(r["seconds"] for r in rounds)
    return 1e6 * least
