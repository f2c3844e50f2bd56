"""Drives a server process with peers of its own."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from bench.clients import FEEDBACK_INTERVAL_S, Publishing, Receiving, Stamp
from bench.polled import Poller
from sfu.net.aiortc_adapter import Certificate
from tests.support.peer import Peer

PACKETS_PER_SECOND = 150
WARM_UP_S = 2.0  # the estimator's first probes included
CLIMB_S = 6  # at most, until the estimates allow for everything

CM, GCM = "SRTP_AES128_CM_SHA1_80", "SRTP_AEAD_AES_128_GCM"


@dataclass(frozen=True, slots=True)
class Scenario:
    publishers: int
    subscribers: int  # connections that receive; with `everyone` the publishers themselves
    burst: int  # packets sent back to back
    profile: str
    everyone: bool = False  # all publish and all receive
    packets_per_s: float = PACKETS_PER_SECOND  # of each publisher
    layered: bool = False  # what is published comes in temporal layers

    @property
    def forwarded_per_s(self) -> float:
        """When everything is forwarded to everyone."""
        receivers = self.publishers - 1 if self.everyone else self.subscribers
        return self.publishers * receivers * self.packets_per_s

    @property
    def label(self) -> str:
        shape = f"{self.publishers}×{self.subscribers}"
        if self.everyone:
            shape += " (all with all)"
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

    @contextmanager
    def apart(self) -> Iterator[None]:
        """On a core of its own, and the caller on another, where there are two: on loopback the
        server's sending wakes the receivers, which then run before it on its own core."""
        own = os.sched_getaffinity(0)
        if len(own) > 1:
            first, second, *_ = sorted(own)
            os.sched_setaffinity(self._process.pid, {first})
            os.sched_setaffinity(0, {second})
        try:
            yield
        finally:
            os.sched_setaffinity(self._process.pid, own)
            os.sched_setaffinity(0, own)

    async def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()


class Load:
    """A scenario's peers on one server."""

    def __init__(self, server: ServerProcess, scenario: Scenario) -> None:
        self.publishing: list[Publishing] = []
        self.receiving: list[Receiving] = []
        self._server = server
        self._poller = Poller()
        self._scenario = scenario
        self._certificate = Certificate()
        self._names: list[str] = []

    async def connect(self) -> None:
        for index in range(self._scenario.publishers):
            await self._publish(f"publisher-{index}")
        if self._scenario.everyone:
            for name in list(self._names):
                await self.subscribe(name)
        else:
            await self.add_subscribers(self._scenario.subscribers)

    async def add_subscribers(self, count: int) -> None:
        for _ in range(count):
            await self.subscribe(f"subscriber-{len(self.receiving)}")

    async def _publish(self, name: str) -> None:
        await self._open(name)
        peer = Peer(self._certificate, self._scenario.profile.encode(), lambda data: None)
        ssrc = secrets.randbits(31) + 1
        offer = peer.sdp("video", "sendonly", "actpass", ssrc, ["0"], transport_cc=True)
        answer = await self._server("publish", connection=name, sdp=offer, mids=["0"])
        await peer.connect(answer["sdp"])
        self.publishing.append(Publishing(peer, ssrc, self._scenario.layered))

    async def subscribe(self, name: str) -> None:
        await self._open(name)
        receiving = Receiving(self._certificate, self._scenario.profile)
        self._poller.add(receiving.peer)
        sections, tracks = 0, len(self.publishing) - (1 if self._scenario.everyone else 0)
        while sections < tracks:  # who came early is offered the first track alone, at first
            offer = await self._server("offer", connection=name)
            connected, sections = sections > 0, offer["sdp"].count("\nm=")
            mids = [str(mid) for mid in range(sections)]
            answer = receiving.peer.sdp("video", "recvonly", "active", 0, mids, transport_cc=True)
            await self._server("answer", connection=name, offer_id=offer["offer_id"], sdp=answer)
            if not connected:
                await receiving.peer.connect(offer["sdp"])
        receiving.start(secrets.randbelow(1000) / 1000 * FEEDBACK_INTERVAL_S)
        self.receiving.append(receiving)

    async def _open(self, name: str) -> None:
        if name not in self._names:
            await self._server("open", connection=name)
            self._names.append(name)

    async def begin(self, stamp: Stamp | None = None) -> None:
        """Publish, and wait until all has settled."""
        scenario = self._scenario
        for index, publishing in enumerate(self.publishing):
            publishing.start(scenario.packets_per_s, scenario.burst, index * 0.0037, stamp)
        await asyncio.sleep(WARM_UP_S)
        for _ in range(CLIMB_S):
            spent = await self.measure(1.0)
            if spent.forwarded_per_s >= 0.97 * scenario.forwarded_per_s:
                return

    async def measure(self, seconds: float) -> Spent:
        """What the server spends while the load goes on."""
        before, received = await self._server("measure"), self._received
        await asyncio.sleep(seconds)
        after = await self._server("measure")
        return Spent(
            seconds=seconds,
            cpu_s=after["cpu_s"] - before["cpu_s"],
            forwarded=after["packets_forwarded_out"] - before["packets_forwarded_out"],
            received=self._received - received,
            datagrams_sent=after["datagrams_sent"] - before["datagrams_sent"],
            datagrams_received=after["datagrams_received"] - before["datagrams_received"],
        )

    @property
    def _received(self) -> int:
        return sum(receiving.packets for receiving in self.receiving)

    async def close(self) -> None:
        self._poller.close()
        for publishing in self.publishing:
            publishing.stop()
            await publishing.peer.close()
        for receiving in self.receiving:
            await receiving.close()
        for name in self._names:
            await self._server("close", connection=name)


@dataclass(frozen=True, slots=True)
class Spent:
    """Of one span of time."""

    seconds: float
    cpu_s: float
    forwarded: int
    received: int
    datagrams_sent: int
    datagrams_received: int

    @property
    def forwarded_per_s(self) -> float:
        return self.forwarded / self.seconds

    @property
    def us_per_packet(self) -> float:
        return 1e6 * self.cpu_s / max(1, self.forwarded)
