"""Carries out what producers dispatch: protect, batch, send."""

from __future__ import annotations

from collections.abc import Sequence

from sfu.fanout import Fanout
from sfu.net.aiortc_adapter import SrtpArena
from sfu.net.native_fanout import NativeFanout
from sfu.net.native_library import NativeLibrary
from sfu.net.path import SendCounters
from sfu.net.subscribe_transport import SubscribeTransport
from sfu.packet import MediaPacket
from sfu.plan import Plan
from sfu.producer import Producer
from sfu.red import dispatches

ARENA_BYTES = 512 * 1024


class ForwardCounters:
    __slots__ = ("packets_in", "packets_out")

    def __init__(self) -> None:
        self.packets_in = 0
        self.packets_out = 0


class Forwarder:
    """One for the server: its arena is used by one batch at a time."""

    def __init__(self, sent: SendCounters, library: NativeLibrary | None = None) -> None:
        """:param library: the loop in C is used where it is there"""
        self.counters = ForwardCounters()
        arena = SrtpArena(ARENA_BYTES)
        self._view = memoryview(arena.buffer)
        self._fanout = Fanout(arena)
        self._native = NativeFanout.load(sent, library)

    @property
    def is_native(self) -> bool:
        """Whether the loop in C is used."""
        return self._native is not None

    def forward(self, producer: Producer, packets: Sequence[MediaPacket], now: float) -> None:
        """Send ``packets`` of ``producer`` to whom it dispatches them."""
        counters = self.counters
        counters.packets_in += len(packets)
        for dispatch in dispatches(producer, packets):
            counters.packets_out += len(dispatch.packets) * len(dispatch.plans)
            plans = dispatch.plans
            if self._native is not None:
                plans = self._native(dispatch.packets, plans, now)
            if plans:
                self._send(dispatch.packets, plans, now)
            if dispatch.starts:
                for plan in dispatch.plans:
                    plan.destination.media_started()  # type: ignore[attr-defined]

    def _send(self, packets: Sequence[MediaPacket], plans: Sequence[Plan], now: float) -> None:
        view = self._view
        for runs in self._fanout(packets, plans, now):
            for run in runs:
                transport: SubscribeTransport = run.destination  # type: ignore[assignment]
                if transport.path is not None:
                    transport.path.send_run(view[run.start : run.end], run.segment)
