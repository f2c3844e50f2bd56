"""Drives a server process with peers of its own, and measures what forwarding costs."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import time
from dataclasses import dataclass
from typing import Any, Self

from sfu.net.aiortc_adapter import Certificate
from tests.support.peer import Peer, vp8_packet

PACKET_SIZE = 1100  # bytes of RTP, before protection
PACKETS_PER_SECOND = 150
WARM_UP_S = 1.5


@dataclass(frozen=True, slots=True)
class Scenario:
    publishers: int
    subscribers: int  # connections that receive; with `everyone` the publishers themselves
    burst: int  # packets sent back to back
    profile: str
    everyone: bool = False  # all publish and all receive
    seconds: float = 8.0

    @property
    def label(self) -> str:
        shape = f"{self.publishers}×{self.subscribers}"
        return f"{shape}, bursts of {self.burst}" if self.burst > 1 else f"{shape}, one by one"


class ServerProcess:
    """`bench.server_process`, spoken to by one request at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._turn = asyncio.Lock()

    @classmethod
    async def start(cls) -> Self:
        return cls(
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bench.server_process",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=1 << 22,
            )
        )

    async def __call__(self, do: str, **arguments: object) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        async with self._turn:
            stdin.write(json.dumps({"do": do, **arguments}).encode() + b"\n")
            reply: dict[str, Any] = json.loads(await stdout.readline())
            return reply

    async def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()


class Publishing:
    """A peer that publishes VP8 at the rate of the scenario."""

    def __init__(self, peer: Peer, ssrc: int) -> None:
        self.peer = peer
        self.sent = 0
        self._ssrc = ssrc
        self._task: asyncio.Task[None] | None = None

    def start(self, burst: int, offset_s: float) -> None:
        self._task = asyncio.create_task(self._run(burst, offset_s))

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _run(self, burst: int, offset_s: float) -> None:
        interval = burst / PACKETS_PER_SECOND
        due = time.monotonic() + offset_s
        sequence = 0
        while True:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            due += interval
            packets = []
            for _ in range(burst):
                frame, part = divmod(sequence, 5)
                packets.append(
                    vp8_packet(
                        self._ssrc,
                        sequence,
                        frame * 3000,
                        marker=part == 4,
                        start=part == 0,
                        key=frame % 90 == 0,
                        payload_size=PACKET_SIZE - 12,
                    )
                )
                sequence += 1
            self.peer.send_rtp(packets)
            self.sent += burst


class Load:
    """A scenario's peers on one server."""

    def __init__(self, server: ServerProcess, scenario: Scenario) -> None:
        self._server = server
        self._scenario = scenario
        self._certificate = Certificate()
        self._publishing: list[Publishing] = []
        self._subscribing: list[Peer] = []
        self._names: list[str] = []

    def _peer(self) -> Peer:
        return Peer(self._certificate, self._scenario.profile.encode(), lambda data: None)

    async def connect(self) -> None:
        for index in range(self._scenario.publishers):
            await self._publish(f"publisher-{index}")
        receivers = [f"subscriber-{i}" for i in range(self._scenario.subscribers)]
        for name in self._names if self._scenario.everyone else receivers:
            await self._subscribe(name)

    async def _publish(self, name: str) -> None:
        await self._server("open", connection=name)
        self._names.append(name)
        peer, ssrc = self._peer(), secrets.randbits(31) + 1
        offer = peer.sdp("video", "sendonly", "actpass", ssrc, ["0"])
        answer = await self._server("publish", connection=name, sdp=offer, mids=["0"])
        await peer.connect(answer["sdp"])
        self._publishing.append(Publishing(peer, ssrc))

    async def _subscribe(self, name: str) -> None:
        if name not in self._names:
            await self._server("open", connection=name)
            self._names.append(name)
        peer = self._peer()
        offer = await self._server("offer", connection=name)
        mids = [str(i) for i in range(offer["sdp"].count("\nm="))]
        answer = peer.sdp("video", "recvonly", "active", 0, mids)
        await self._server("answer", connection=name, offer_id=offer["offer_id"], sdp=answer)
        await peer.connect(offer["sdp"])
        self._subscribing.append(peer)

    async def run(self) -> dict[str, float]:
        """Forward for the scenario's time; what the server spent."""
        for index, publishing in enumerate(self._publishing):
            publishing.start(self._scenario.burst, index * 0.0037)
        await asyncio.sleep(WARM_UP_S)
        before = await self._server("measure")
        received = sum(peer.received for peer in self._subscribing)
        await asyncio.sleep(self._scenario.seconds)
        after = await self._server("measure")
        received = sum(peer.received for peer in self._subscribing) - received
        for publishing in self._publishing:
            publishing.stop()
        forwarded = after["packets_forwarded_out"] - before["packets_forwarded_out"]
        cpu_s = after["cpu_s"] - before["cpu_s"]
        return {
            "forwarded": forwarded,
            "forwarded_per_s": forwarded / self._scenario.seconds,
            "received": received,
            "cpu_share": cpu_s / self._scenario.seconds,
            "us_per_packet": 1e6 * cpu_s / max(1, forwarded),
            "resident_bytes": after["resident_bytes"],
        }

    async def close(self) -> None:
        for peer in [p.peer for p in self._publishing] + self._subscribing:
            await peer.close()
        for name in self._names:
            await self._server("close", connection=name)
