"""The full ICE agents of one transport: one at a time, two while an ICE restart is under way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sfu.net.demultiplexer import MuxPeer
from sfu.rtp_parameters import IceParameters

if TYPE_CHECKING:
    from sfu.net.full_ice import FullIce

NewFullIce = Callable[[MuxPeer, IceParameters, bool], "FullIce"]


class IceGenerations:
    """By the credentials that the peer is told."""

    def __init__(self, new: NewFullIce, peer: MuxPeer, *, controlling: bool) -> None:
        self._new = new
        self._peer = peer
        self._controlling = controlling
        self._all: dict[str, FullIce] = {}  # by our ufrag; the last is the newest
        self._closing: set[asyncio.Task[None]] = set()

    async def gather(self, local: IceParameters) -> None:
        """Find the candidates that go with ``local``."""
        ice = self._all.get(local.ufrag)
        if ice is None:
            ice = self._all[local.ufrag] = self._new(self._peer, local, self._controlling)
        await ice.gather()

    def candidates(self, local: IceParameters) -> tuple[str, ...]:
        """Of ours; none before they are gathered."""
        ice = self._all.get(local.ufrag)
        return () if ice is None else ice.candidates

    def is_gathered(self, local: IceParameters) -> bool:
        ice = self._all.get(local.ufrag)
        return ice is not None and ice.gathered

    def start(self, local: IceParameters, remote: IceParameters, candidates: Sequence[str]) -> None:
        ice = self._all.get(local.ufrag)
        if ice is not None:
            ice.start(remote, candidates)

    def add_candidate(self, local: IceParameters, text: str) -> None:
        """Raises `WireError`."""
        ice = self._all.get(local.ufrag)
        if ice is not None:
            ice.add_candidate(text)

    def drop(self, local: IceParameters) -> None:
        """Close the one whose description was never told."""
        ice = self._all.pop(local.ufrag, None)
        if ice is not None:
            self._close(ice)

    def keep(self, local: IceParameters | None) -> None:
        """Close all others."""
        wanted = None if local is None else local.ufrag
        for ufrag in [ufrag for ufrag in self._all if ufrag != wanted]:
            self._close(self._all.pop(ufrag))

    async def close(self) -> None:
        self.keep(None)
        if self._closing:
            await asyncio.wait(self._closing)

    def _close(self, ice: FullIce) -> None:
        task = asyncio.get_running_loop().create_task(ice.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
