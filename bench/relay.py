"""What the same forwarding costs with aiortc's MediaRelay, which decodes and encodes again."""

from __future__ import annotations

import asyncio
import fractions
import multiprocessing
import resource
import time
from multiprocessing.connection import Connection

VIEWERS = 3
SECONDS = 8.0
WARM_UP_S = 2.0
FRAME_RATE = 30


def _relay_process(pipe: Connection) -> None:
    asyncio.run(_relay(pipe))


async def _relay(pipe: Connection) -> None:
    """The server's end: one peer connection in, one out for each viewer."""
    from aiortc import RTCPeerConnection, RTCSessionDescription
    from aiortc.contrib.media import MediaRelay

    loop = asyncio.get_running_loop()
    relay = MediaRelay()
    incoming = RTCPeerConnection()
    track: asyncio.Future[object] = loop.create_future()
    incoming.on("track", track.set_result)
    await incoming.setRemoteDescription(RTCSessionDescription(pipe.recv(), "offer"))
    await incoming.setLocalDescription(await incoming.createAnswer())
    pipe.send(incoming.localDescription.sdp)
    outgoing = []
    for _ in range(VIEWERS):
        pc = RTCPeerConnection()
        pc.addTrack(relay.subscribe(await track))
        await pc.setLocalDescription(await pc.createOffer())
        pipe.send(pc.localDescription.sdp)
        answer = await loop.run_in_executor(None, pipe.recv)
        await pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        outgoing.append(pc)

    async def packets_sent() -> int:
        total = 0
        for pc in outgoing:
            for stat in (await pc.getStats()).values():
                total += stat.packetsSent if stat.type == "outbound-rtp" else 0
        return total

    await asyncio.sleep(WARM_UP_S)
    cpu, sent = _cpu_s(), await packets_sent()
    await asyncio.sleep(SECONDS)
    pipe.send(1e6 * (_cpu_s() - cpu) / max(1, await packets_sent() - sent))
    for pc in [incoming, *outgoing]:
        await pc.close()


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def measure_relay() -> float:
    """Microseconds of the relay process's CPU per packet it sends."""
    import numpy as np
    from aiortc import RTCPeerConnection, RTCSessionDescription
    from aiortc.contrib.media import MediaBlackhole
    from aiortc.mediastreams import VideoStreamTrack
    from av import VideoFrame

    class Moving(VideoStreamTrack):
        """640×480 noise that moves: it costs the encoder about 1.3 Mbit/s."""

        kind = "video"

        def __init__(self) -> None:
            super().__init__()
            self._noise = np.random.default_rng(1).integers(0, 255, (480, 1280, 3), np.uint8)
            self._count = 0
            self._started = time.monotonic()

        async def recv(self) -> VideoFrame:
            self._count += 1
            due = self._started + self._count / FRAME_RATE
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            shift = self._count * 8 % 640
            frame = VideoFrame.from_ndarray(
                np.ascontiguousarray(self._noise[:, shift : shift + 640])
            )
            frame.pts, frame.time_base = self._count * 3000, fractions.Fraction(1, 90_000)
            return frame

    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_relay_process, args=(theirs,))
    process.start()
    loop = asyncio.get_running_loop()
    publisher = RTCPeerConnection()
    publisher.addTrack(Moving())
    await publisher.setLocalDescription(await publisher.createOffer())
    ours.send(publisher.localDescription.sdp)
    answer = await loop.run_in_executor(None, ours.recv)
    await publisher.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    viewers = []
    for _ in range(VIEWERS):
        pc, sink = RTCPeerConnection(), MediaBlackhole()
        pc.on("track", sink.addTrack)
        offer = await loop.run_in_executor(None, ours.recv)
        await pc.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await pc.setLocalDescription(await pc.createAnswer())
        ours.send(pc.localDescription.sdp)
        await sink.start()
        viewers.append(pc)
    cost: float = await loop.run_in_executor(None, ours.recv)
    for pc in [publisher, *viewers]:
        await pc.close()
    process.join(10)
    return cost
