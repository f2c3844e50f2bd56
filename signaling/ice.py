"""ICE servers, as signaling tells participants of them."""

from __future__ import annotations

from collections.abc import Sequence

from sfu.net import media_api
from signaling.protocol import IceServer
from turn.service import IceServerService

NAME = "server"  # in the place of a participant's id


class IceServers:
    """Implements `signaling.live_ports.IceSource`."""

    def __init__(self, service: IceServerService) -> None:
        self._service = service

    async def ice_servers(self, participant_id: str) -> list[IceServer]:
        """What the participant's peer connections are given; perhaps nothing."""
        return (await self.with_ttl(participant_id))[0]

    async def with_ttl(self, participant_id: str) -> tuple[list[IceServer], int]:
        """The same, and for how many seconds it is good."""
        found = await self._service.ice_servers(participant_id)
        servers = [
            IceServer(urls=list(one.urls), username=one.username, credential=one.credential)
            for one in found.servers
        ]
        return servers, found.ttl_s

    def close(self) -> None:
        self._service.close()


class ServerIce:
    """The same for this server's own agents, which gather candidates as a participant does."""

    def __init__(self, source: IceServers, stun_urls: Sequence[str]) -> None:
        self._source = source
        self._stun_urls = tuple(stun_urls)

    async def __call__(self) -> list[media_api.IceServer]:
        """The STUN servers of the settings come first: a provider may name none."""
        found = await self._source.ice_servers(NAME)
        servers = [
            media_api.IceServer(tuple(one.urls), one.username, one.credential) for one in found
        ]
        return [media_api.IceServer(self._stun_urls), *servers]
