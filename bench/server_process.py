"""The media server in a process of its own, so that its CPU time is only its own.

Speaks JSON lines on standard input and output: ``{"do": …}`` → ``{…}``.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import socket
import sys
import time
from collections.abc import Collection, Sequence
from typing import Any

import pylibsrtp
import uvloop

from sfu.layer_control import LayerControl
from sfu.net.connection import Connection
from sfu.net.media_api import PublishedSection, TrackInfo
from sfu.net.media_server import MediaServer, MediaSettings
from sfu.subscriber import Section

PROFILES = {
    b"SRTP_AES128_CM_SHA1_80": (pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 30),
    b"SRTP_AEAD_AES_128_GCM": (pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 28),
}


class _Listener:
    """Keeps a connection's newest offer for the load process to fetch."""

    def __init__(self) -> None:
        self.offer: tuple[int, str] | None = None
        self.offered = asyncio.Event()

    def on_subscribe_offer(self, offer_id: int, sdp: str, tracks: Sequence[TrackInfo]) -> None:
        self.offer = (offer_id, sdp)
        self.offered.set()

    def on_transport_state(self, transport: str, state: str) -> None: ...

    def on_tracks(self, tracks: Sequence[TrackInfo]) -> None: ...

    def on_step(self, step: str, outcome: str, detail: str) -> None: ...

    def on_layers_wanted(
        self, track_id: str, rids: Sequence[str], spatial_layers: int | None
    ) -> None: ...

    def on_codec_wanted(self, track_id: str, codec: str) -> None: ...

    def on_undecodable(self, track: TrackInfo, codec: str, asked: bool) -> None: ...

    def on_speakers(self, speaker: str | None, speaking: Collection[str]) -> None: ...

    def on_lost(self, reason: str) -> None: ...


class _Selected(LayerControl):
    """The same layer for all, whatever their lines carry."""

    def __init__(self, layer: tuple[int, int] | None) -> None:
        super().__init__()
        self._layer = layer

    def update(
        self,
        sections: Sequence[Section],
        budget_bps: float | None,
        now: float,
        *,
        probe_succeeded: bool = False,
    ) -> None:
        for section in sections:
            producer = section.producer
            producer.select(section.consumer, producer.encodings[0], self._layer)
            producer.resume(section.consumer)


class Control:
    def __init__(self, server: MediaServer) -> None:
        self._server = server
        self._connections: dict[str, tuple[Connection, _Listener]] = {}

    async def open(self, connection: str) -> dict[str, Any]:
        listener = _Listener()
        opened = self._server.open_connection("bench", connection, listener)
        self._connections[connection] = (opened, listener)
        return {}

    async def publish(self, connection: str, sdp: str, mids: list[str]) -> dict[str, Any]:
        sections = [PublishedSection(mid, "camera") for mid in mids]
        answer, _ = await self._connections[connection][0].publish(sdp, sections)
        return {"sdp": answer}

    async def offer(self, connection: str) -> dict[str, Any]:
        listener = self._connections[connection][1]
        await asyncio.wait_for(listener.offered.wait(), 10)
        listener.offered.clear()
        assert listener.offer is not None
        return {"offer_id": listener.offer[0], "sdp": listener.offer[1]}

    async def answer(self, connection: str, offer_id: int, sdp: str) -> dict[str, Any]:
        await self._connections[connection][0].accept_answer(offer_id, sdp)
        return {}

    async def select(self, layer: tuple[int, int] | None) -> dict[str, Any]:
        """From now on let everyone have this layer of the only stream at most, null: everything."""
        for connection, _ in self._connections.values():
            connection.subscribe.layers = _Selected(layer)
        return {}

    async def close(self, connection: str) -> dict[str, Any]:
        await self._connections.pop(connection)[0].close()
        return {}

    async def measure(self) -> dict[str, Any]:
        """CPU seconds, resident bytes and counters until now."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        with open("/proc/self/statm") as file:  # noqa: ASYNC230
            resident = int(file.read().split()[1]) * resource.getpagesize()
        return {
            "cpu_s": usage.ru_utime + usage.ru_stime,
            "resident_bytes": resident,
            "descriptors": len(os.listdir("/proc/self/fd")),
            "tasks": len(asyncio.all_tasks()),
            "threads": len(os.listdir("/proc/self/task")),
            **self._server.stats(),
        }

    async def collect(self) -> dict[str, Any]:
        """Free what only the collector frees."""
        return {"unreachable": gc.collect()}

    async def estimates(self) -> dict[str, Any]:
        """Of every connection: the estimate's source, bits per second, and whether it probes."""
        return {
            name: [e.source, e.estimate_bps, e.wanted_bps, e.probing]
            for name, (connection, _) in self._connections.items()
            for e in (connection.subscribe.estimator,)
        }

    async def primitive(self, profile: str, size: int, port: int, count: int) -> dict[str, Any]:
        """Seconds of CPU for one ``pylibsrtp.protect`` and one ``socket.sendto`` of ``size``."""
        kind, key_size = PROFILES[profile.encode()]
        policy = pylibsrtp.Policy(
            key=os.urandom(key_size),
            ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND,
            srtp_profile=kind,
        )
        session = pylibsrtp.Session(policy)
        packets = [
            bytes((0x80, 96)) + (i & 0xFFFF).to_bytes(2, "big") + bytes(8) + os.urandom(size - 12)
            for i in range(500)
        ]
        target = ("127.0.0.1", port)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            started = time.process_time()
            for i in range(count):
                packet = packets[i % 500]
                numbered = packet[:2] + (i & 0xFFFF).to_bytes(2, "big") + packet[4:]
                sock.sendto(session.protect(numbered), target)
            both = time.process_time() - started
            started = time.process_time()
            for i in range(count):
                packet = packets[i % 500]
                numbered = packet[:2] + (i & 0xFFFF).to_bytes(2, "big") + packet[4:]
            numbering = time.process_time() - started
        return {"seconds": (both - numbering) / count}


async def _serve() -> None:
    server = await MediaServer.start(MediaSettings(port=0, hosts=("127.0.0.1",)))
    control = Control(server)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 22)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        request = json.loads(line)
        reply = await getattr(control, request.pop("do"))(**request)
        print(json.dumps(reply), flush=True)
    await server.close()


if __name__ == "__main__":
    uvloop.run(_serve())
