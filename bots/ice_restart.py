"""ICE restarts (RFC 8445 section 9) for aiortc, which has none.

aiortc asks an ICE transport for `_recv` and `_send` at each datagram, and describes what its
gatherer's aioice connection has gathered. So a new connection is put in the place of the old one,
and the ordinary negotiation does the rest; datagrams go by the old one until the new one is there.
``tests/bots/test_ice_restart.py`` asserts every private name used.
"""

from __future__ import annotations

import asyncio

from aiortc import RTCConfiguration, RTCIceGatherer, RTCIceTransport, RTCPeerConnection

CONNECTION = "_connection"  # of the gatherer and of the transport
CANDIDATES_END = "_remote_candidates_end"  # of the gatherer
STARTED = "_RTCIceTransport__start"
MONITOR = "_RTCIceTransport__monitor_task"


class RestartableIce:
    """The ICE of a bundled peer connection. Made before the peer connection connects, when it has
    its first transceiver: from then on its DTLS transport gets its datagrams from here."""

    def __init__(self, pc: RTCPeerConnection, configuration: RTCConfiguration) -> None:
        self._transport: RTCIceTransport = pc.getTransceivers()[0].receiver.transport.transport
        self._configuration = configuration
        self._active = self._transport._connection
        self._moved = asyncio.Event()
        self._prepared = False
        self._transport._recv = self._receive
        self._transport._send = self._send
        self._transport.on("statechange", self._state_changed)

    async def restart(self) -> None:
        """Gather anew, by other credentials: the next local description tells them."""
        transport, gatherer = self._transport, self._transport.iceGatherer
        fresh = RTCIceGatherer(self._configuration.iceServers)._connection
        fresh.ice_controlling = self._active.ice_controlling
        await fresh.gather_candidates()
        if transport._connection is not self._active:  # a restart that came to nothing
            await transport._connection.close()
        monitor: asyncio.Future[None] | None = getattr(transport, MONITOR)
        if monitor is not None:
            monitor.cancel()
        gatherer._connection = transport._connection = fresh
        gatherer._remote_candidates_end = False
        self._prepared = True

    def connect(self) -> None:
        """Before the remote description that belongs to a `restart`: let it start the checks. Not
        earlier, for a local offer would start them too, by the old remote credentials."""
        if self._prepared:
            self._prepared = False
            setattr(self._transport, STARTED, None)

    async def close(self) -> None:
        """After the peer connection, which closes the newest connection only."""
        self._moved.set()
        await self._active.close()

    def _state_changed(self) -> None:
        superseded = self._active
        if self._transport.state == "completed" and superseded is not self._transport._connection:
            self._active = self._transport._connection
            self._closing = asyncio.ensure_future(superseded.close())
        self._moved.set()

    async def _receive(self) -> bytes:
        while True:
            connection = self._active
            try:
                return await connection.recv()
            except ConnectionError:
                if self._transport.state == "closed":
                    raise
                self._moved.clear()
                if connection is self._active:
                    await self._moved.wait()

    async def _send(self, data: bytes) -> None:
        """Without a path a datagram is lost, as on the way."""
        try:
            await self._active.send(data)
        except ConnectionError:
            if self._transport.state == "closed":
                raise
