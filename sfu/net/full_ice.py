"""Full ICE for a server behind NAT: candidates of its own STUN and TURN servers, by aioice."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from sfu.ice_servers import AskServers, choose
from sfu.net.aioice_adapter import AioiceAgent, AioicePath
from sfu.net.demultiplexer import Demultiplexer, MuxPeer
from sfu.net.path import Path
from sfu.rtp_parameters import IceParameters
from sfu.wire.candidate import Candidate, parse_candidate
from sfu.wire.errors import WireError

MAX_HOSTS = 8  # each takes a socket of every transport
MAX_REMOTE_CANDIDATES = 32

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FullIceSettings:
    """``hosts`` are this machine's addresses; ``servers`` is asked for each transport, so that
    credentials are fresh."""

    hosts: tuple[str, ...]
    servers: AskServers


class FullIce:
    """One generation of a transport's ICE: `gather`, tell the peer, `start`. An
    `sfu.net.demultiplexer.Endpoint` whose one path is whatever pair is nominated."""

    def __init__(
        self,
        settings: FullIceSettings,
        demultiplexer: Demultiplexer,
        peer: MuxPeer,
        local: IceParameters,
        *,
        controlling: bool,
    ) -> None:
        self.candidates: tuple[str, ...] = ()  # of ours, once gathered
        self._settings = settings
        self._demultiplexer = demultiplexer
        self._peer = peer
        self._local = local
        self._controlling = controlling
        self._loop = asyncio.get_running_loop()
        self._agent: AioiceAgent | None = None
        self._path: AioicePath | None = None
        self._gathering: asyncio.Task[None] | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._adding: set[asyncio.Task[None]] = set()
        self._waiting: list[Candidate] = []
        self._remote_candidates = 0
        self._on_loopback = any(ip_address(host).is_loopback for host in settings.hosts)
        self._flushing = False
        self._closed = False

    @property
    def gathered(self) -> bool:
        return self._gathering is not None and self._gathering.done()

    async def gather(self) -> None:
        """Find our candidates; at most about `sfu.net.aioice_adapter.GATHER_S`."""
        if self._gathering is None:
            self._gathering = self._loop.create_task(self._gather())
        await asyncio.shield(self._gathering)

    def start(self, remote: IceParameters, candidates: Sequence[str]) -> None:
        """The peer's description is known: check, until a pair is nominated."""
        if self._connecting is None and not self._closed:
            self._connecting = self._loop.create_task(self._connect(remote))
        for candidate in candidates:
            try:
                self.add_candidate(candidate)
            except WireError:
                continue

    def add_candidate(self, text: str) -> None:
        """Take a candidate of the peer's. Those that cannot be checked (TCP, mDNS names) and those
        beyond a bound are let be. Raises `WireError` on what is none."""
        candidate = parse_candidate(text)
        if not candidate.can_be_checked or self._remote_candidates >= MAX_REMOTE_CANDIDATES:
            return
        if ip_address(candidate.host).is_loopback and not self._on_loopback:
            return  # what listens there is this machine's own business
        self._remote_candidates += 1
        if self._agent is None:
            self._waiting.append(candidate)
        elif not self._closed:
            self._run(self._agent.add(candidate))

    async def close(self) -> None:
        """Idempotent; gives the relay's allocation back."""
        self._closed = True
        for task in (self._connecting, *self._adding):
            if task is not None:
                task.cancel()
        if self._gathering is not None:
            await asyncio.wait([self._gathering])
        if self._agent is not None:
            await self._agent.close()

    # --- Endpoint -------------------------------------------------------------------------------

    def new_path(self, address: Any, peer: MuxPeer) -> Path:
        """Raises `WireError`: checks are aioice's, and what it left over is none."""
        raise WireError("a check on another peer's port")

    def admit(self, path: Path) -> None:
        """There is but one."""

    def forget(self, path: Path) -> None:
        """It goes with the agent."""

    # --- inside ---------------------------------------------------------------------------------

    async def _gather(self) -> None:
        servers = choose(await self._settings.servers())
        if self._closed:
            return
        agent = AioiceAgent(self._local, servers, self._controlling, self._take, self._checked)
        self._path = AioicePath(agent, self._demultiplexer.sent, self._peer)
        self._agent = agent
        self.candidates = await agent.gather_on(self._settings.hosts[:MAX_HOSTS])
        waiting, self._waiting = self._waiting, []
        for candidate in waiting:
            await agent.add(candidate)

    async def _connect(self, remote: IceParameters) -> None:
        await self.gather()
        if self._agent is None or self._path is None:
            return
        self._agent.remote_username = remote.ufrag
        self._agent.remote_password = remote.password
        self._agent.remote_is_lite = remote.lite
        try:
            await self._agent.connect()
        except ConnectionError:  # the transport's time limit tells
            return
        self._peer.path_selected(self._path, self._loop.time())

    def _checked(self) -> None:
        self._peer.agent.last_check_at = self._loop.time()

    def _take(self, data: bytes) -> None:
        """Media is handed on at the end of this turn of the loop, with all that came in it."""
        now = self._loop.time()
        peer = self._demultiplexer.take(self, data, None, self._path, now)
        if peer is not None and not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        self._demultiplexer.flush((self._peer,), self._loop.time())

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._adding.add(task)
        task.add_done_callback(self._adding.discard)
