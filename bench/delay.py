"""How long packets stay in the server.

The publisher writes the time into each packet just before it protects and sends it. The kernel
stamps each datagram when it reaches a receiver's socket (``SO_TIMESTAMPNS``): on loopback that is
within the server's own send. So the receivers' reading does not count; the publisher's protection
does, 3 µs. Both times are of the machine's real-time clock. Server and peers have a core each, as
on machines of their own.
"""

from __future__ import annotations

import asyncio
import time
from statistics import quantiles

from bench.bare import SENT
from bench.forwarding import NAMES
from bench.load import Load, Scenario, ServerProcess
from bench.polled import PolledPeer
from bench.row import Row

SECONDS = 5.0
TARGET_P50_MS, TARGET_P99_MS = 0.5, 5.0


def stamp(packet: bytes) -> bytes:
    return packet[: -SENT.size] + SENT.pack(time.time_ns())


class Delays:
    """Of every packet that arrives while ``measuring``, in milliseconds."""

    def __init__(self) -> None:
        self.milliseconds: list[float] = []
        self.measuring = False

    def take(self, peer: PolledPeer, data: bytes) -> None:
        if not self.measuring:
            return
        assert peer.inbound is not None
        plain = peer.inbound.unprotect_rtp(data)
        if plain is not None:
            (sent_ns,) = SENT.unpack_from(plain, len(plain) - SENT.size)
            self.milliseconds.append((peer.arrived_ns - sent_ns) / 1e6)


async def measure_delay(
    server: ServerProcess, scenario: Scenario, bare: tuple[float, float]
) -> Row:
    """:param bare: what `measure_bare` has found"""
    load, delays = Load(server, scenario), Delays()
    await load.connect()
    for receiving in load.receiving:
        receiving.on_media = delays.take
    await load.begin(stamp)
    with server.apart():
        delays.measuring = True
        spent = await load.measure(SECONDS)
        delays.measuring = False
    await asyncio.sleep(0.1)
    await load.close()
    cuts = quantiles(delays.milliseconds, n=1000)
    p50, p99, p999 = cuts[499], cuts[989], cuts[998]
    return Row(
        f"delay added, {scenario.label}, {spent.forwarded_per_s:.0f}/s",
        NAMES[scenario.profile],
        f"p50 {p50:.2f} ms, p99 {p99:.2f} ms (bare {bare[0]:.2f}, {bare[1]:.2f})",
        f"≤ {TARGET_P50_MS:g} ms, {TARGET_P99_MS:g} ms",
        p50 <= TARGET_P50_MS and p99 <= TARGET_P99_MS,
        {
            "p50_ms": p50,
            "p99_ms": p99,
            "p999_ms": p999,
            "worst_ms": max(delays.milliseconds),
            "bare_p50_ms": bare[0],
            "bare_p99_ms": bare[1],
        },
    )
