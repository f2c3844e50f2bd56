"""A transport's part in ICE: ICE-lite on the media port, or full ICE on ports of its own."""

from __future__ import annotations

from collections.abc import Sequence

from sfu.ice_lite import IceLiteAgent
from sfu.net.demultiplexer import MuxPeer
from sfu.net.ice_generations import IceGenerations
from sfu.net.transport_context import TransportContext
from sfu.rtp_parameters import IceParameters


class TransportIce:
    """Our credentials and candidates, and the peer's, over all ICE restarts."""

    def __init__(self, context: TransportContext, peer: MuxPeer, *, controlling: bool) -> None:
        self.agent = IceLiteAgent(context.new_ice())
        self._context = context
        self._peer = peer
        self._restarts = 0
        self._full: IceGenerations | None = None
        if context.new_full_ice is None:
            context.demultiplexer.add(self.agent.local.ufrag, peer)
        else:
            self._full = IceGenerations(context.new_full_ice, peer, controlling=controlling)

    @property
    def full(self) -> bool:
        return self._full is not None

    def new(self) -> IceParameters:
        """Credentials for an ICE restart."""
        return self._context.new_ice()

    async def gather(self, ice: IceParameters) -> None:
        """Find our candidates for these credentials before they are told; ICE-lite has them."""
        if self._full is not None:
            await self._full.gather(ice)

    def forget(self, ice: IceParameters) -> None:
        """These credentials will not be told after all."""
        if self._full is not None and ice is not self.agent.local:
            self._full.drop(ice)

    @property
    def gathered(self) -> bool:
        return self._full is None or self._full.is_gathered(self.agent.local)

    def add_candidate(self, text: str) -> None:
        """A candidate of the peer's. An ICE-lite agent learns its addresses from its checks.
        Raises `WireError`."""
        if self._full is not None:
            self._full.add_candidate(self.agent.local, text)

    def candidates(self, ice: IceParameters) -> tuple[str, ...]:
        """Of ours, with these credentials: those in use, or the next."""
        if self._full is not None:
            return self._full.candidates(ice)
        return self._context.candidates(self._restarts + (ice is not self.agent.local))

    def set_remote(self, remote: IceParameters, candidates: Sequence[str]) -> None:
        """The peer's credentials, and the candidates that came with them."""
        self.agent.remote_ufrag = remote.ufrag
        if self._full is not None:
            self._full.start(self.agent.local, remote, candidates)

    def restart(self, local: IceParameters, *, keep_path: bool) -> None:
        """New credentials of ours (RFC 8445 section 9)."""
        self._restarts += 1
        self._context.demultiplexer.remove_ufrag(self.agent.local.ufrag)
        selected, checked = self.agent.selected, self.agent.last_check_at
        self.agent = IceLiteAgent(local)
        if self._full is None:
            self._context.demultiplexer.add(self.agent.local.ufrag, self._peer)
        if keep_path:
            self.agent.selected, self.agent.last_check_at = selected, checked

    def settled(self) -> None:
        """The newest credentials' way is found: older ones are done with."""
        if self._full is not None:
            self._full.keep(self.agent.local)

    def stop(self) -> None:
        """Send nothing more, until a restart."""
        if self._full is not None:
            self._full.keep(None)

    def unlist(self) -> None:
        """No check reaches this agent any more."""
        self._context.demultiplexer.remove_ufrag(self.agent.local.ufrag)

    async def close(self) -> None:
        if self._full is not None:
            await self._full.close()
