"""The only module that knows aioice's private names: full ICE on ports of its own.

aioice hands every datagram that is no STUN to a queue, and sends through coroutines. Here they come
straight in and go straight out. `tests/sfu/net/test_aioice_contract.py` asserts every name.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from struct import pack
from typing import Any

import aioice

from sfu.ice_servers import Chosen
from sfu.net.path import SendCounters, Way
from sfu.rtp_parameters import IceParameters
from sfu.wire.candidate import Candidate

GATHER_S = 2  # for STUN and TURN servers to answer
MAX_QUEUED = 128 * 1024  # bytes that wait for a full socket


class AioiceAgent(aioice.Connection):
    """One generation of a transport's ICE."""

    def __init__(
        self,
        local: IceParameters,
        servers: Chosen,
        controlling: bool,
        on_datagram: Callable[[bytes], None],
        on_check: Callable[[], None],
    ) -> None:
        """
        :param on_datagram: gets all that is no STUN
        :param on_check: called at each check of the peer that proves itself
        """
        turn = servers.turn
        super().__init__(
            ice_controlling=controlling,
            stun_server=servers.stun,
            turn_server=turn.address if turn else None,
            turn_username=turn.username if turn else None,
            turn_password=turn.credential if turn else None,
            turn_ssl=turn.tls if turn else False,
            turn_transport="tcp" if turn and turn.tcp else "udp",
            local_username=local.ufrag,
            local_password=local.password,
        )
        self._on_datagram = on_datagram
        self._on_check = on_check

    async def gather_on(self, hosts: Sequence[str]) -> tuple[str, ...]:
        """Candidate attribute values of these addresses and of what the servers make of them."""
        self._local_candidates_start = True
        self._local_candidates += await self.get_component_candidates(1, list(hosts), GATHER_S)
        self._local_candidates_end = True
        return tuple(candidate.to_sdp() for candidate in self.local_candidates)

    async def add(self, candidate: Candidate) -> None:
        """One that `can_be_checked`."""
        await self.add_remote_candidate(
            aioice.Candidate(
                foundation=candidate.foundation,
                component=1,
                transport="udp",
                priority=candidate.priority,
                host=candidate.host,
                port=candidate.port,
                type=candidate.type if candidate.type != "prflx" else "srflx",
            )
        )

    @property
    def pair(self) -> Any:
        """The nominated pair, or None."""
        return self._nominated.get(1)

    def data_received(self, data: bytes, component: int) -> None:
        self._on_datagram(data)

    def check_incoming(self, message: Any, addr: Any, protocol: Any) -> None:
        self._on_check()
        super().check_incoming(message, addr, protocol)


class AioicePath:
    """Sends over whichever pair is nominated (`sfu.net.path.Path`)."""

    __slots__ = ("_agent", "_counters", "_pair", "_send", "peer")

    def __init__(self, agent: AioiceAgent, counters: SendCounters, peer: object) -> None:
        self.peer = peer
        self._agent = agent
        self._counters = counters
        self._pair: Any = None
        self._send: Callable[[bytes], bool] = _refuse

    @property
    def address(self) -> Any:
        pair = self._agent.pair
        return pair.remote_addr if pair is not None else ("", 0)

    @property
    def host(self) -> tuple[str, int]:
        host, port = self.address
        return host, port

    @property
    def route(self) -> None:
        return None

    @property
    def way(self) -> Way:
        pair = self._agent.pair
        return "relay" if pair is not None and pair.local_candidate.type == "relay" else "udp"

    def send(self, data: bytes | memoryview) -> None:
        pair = self._agent.pair
        if pair is not self._pair:
            self._pair = pair
            self._send = _refuse if pair is None else _sender(pair)
        self._counters.calls += 1
        if pair is None:
            self._counters.failed += 1
        elif self._send(bytes(data)):
            self._counters.datagrams += 1
        else:
            self._counters.blocked += 1

    def send_run(self, datagrams: memoryview, segment: int) -> None:
        for start in range(0, len(datagrams), segment):
            self.send(datagrams[start : start + segment])


def _refuse(data: bytes) -> bool:
    return False


def _sender(pair: Any) -> Callable[[bytes], bool]:
    """Sends at once, or returns False where too much waits already."""
    transport, address = pair.protocol.transport, pair.remote_addr
    client: Any = getattr(transport, "_TurnTransport__inner_protocol", None)

    def send(data: bytes) -> bool:
        if transport.get_write_buffer_size() > MAX_QUEUED:
            return False
        transport.sendto(data, address)
        return True

    def relay(data: bytes) -> bool:
        if client.transport.is_closing():
            return False
        if client.transport.get_write_buffer_size() > MAX_QUEUED:
            return False
        channel = client.peer_to_channel.get(address)
        if channel is None or time.time() > client.channel_refresh_at[channel]:
            if channel is not None:  # one refresh, not one for each datagram until it is done
                client.channel_refresh_at[channel] = time.time() + client.channel_refresh_time
                refreshes.add(task := asyncio.ensure_future(client.channel_bind(channel, address)))
                task.add_done_callback(_ended(refreshes))
            else:
                transport.sendto(data, address)
                return True
        client._send(pack("!HH", channel, len(data)) + data)
        return True

    refreshes: set[asyncio.Future[None]] = set()
    return send if client is None else relay


def _ended(tasks: set[asyncio.Future[None]]) -> Callable[[asyncio.Future[None]], None]:
    def done(task: asyncio.Future[None]) -> None:
        tasks.discard(task)
        if not task.cancelled():
            task.exception()  # a channel that is not renewed ends; checks find out

    return done
