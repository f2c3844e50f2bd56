"""ICE servers, as signaling tells participants of them."""

from __future__ import annotations

from signaling.protocol import IceServer
from turn.service import IceServerService


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
