"""A server behind a real NAT: a network namespace for it, one for the router, one for everybody
outside.

    async with nat() as network, clinic(folder, inside=network.server, **SERVER_SETTINGS) as roda:
        await network.let_in_answers_alone(turn_port)
        await network.be_symmetric()
        link = network.link(session)

The router masquerades what the server sends and forwards nothing to it but its HTTP port. Those
outside can have a firewall that lets in answers alone. Needs root. Nothing of it outlives this
process.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.coturn import RELAY_PORTS
from tests.support.namespace import Namespace, require_namespaces

HTTP_PORT = 8080
PRIVATE, INSIDE = "192.168.50.2", "192.168.50.1"
PUBLIC = "10.78.0.1"  # the router's
OUTSIDE, STUN_ADDRESS = "10.78.0.2", "10.78.0.9"
SERVER_SETTINGS = {
    "RODA_HTTP_HOST": PRIVATE,
    "RODA_HTTP_PORT": str(HTTP_PORT),
    "RODA_ANNOUNCED_IPS": "",
}


class Nat:
    """``server`` and ``outside`` are the namespaces to run programs in."""

    def __init__(self, server: Namespace, router: Namespace, outside: Namespace) -> None:
        self.server = server
        self.outside = outside
        self._router = router

    def link(self, link: str) -> str:
        """A share link as those outside have to open it."""
        return link.replace(PRIVATE, PUBLIC)

    async def be_port_restricted(self) -> None:
        """One port outside for one inside; open to those addresses and ports alone that something
        was sent to (RFC 4787: endpoint-independent mapping, address- and port-dependent filter)."""
        await self._route("masquerade")

    async def be_symmetric(self) -> None:
        """Another port outside for each address that something is sent to."""
        await self._route("masquerade fully-random")

    async def let_in_answers_alone(self, turn_port: int) -> None:
        """Outside, but for what is for the TURN server at `STUN_ADDRESS` and its relays."""
        first, last = RELAY_PORTS
        script = (
            "table inet fw {\nchain arriving { type filter hook input priority 0;\n"
            f"iifname eth0 udp dport {{ {turn_port}, {first}-{last} }} accept\n"
            "iifname eth0 ct state established,related accept\n"
            "iifname eth0 meta l4proto udp drop\n}\n}\n"
        )
        await self.outside.run("nft", "-f", "-", given=script)

    async def _route(self, masquerade: str) -> None:
        forwarded = f"dnat ip to {PRIVATE}:{HTTP_PORT}"
        await self._router.run(
            *("nft", "-f", "-"),
            given=(
                "table inet nat\ndelete table inet nat\ntable inet nat {\n"
                "chain from { type nat hook postrouting priority 100;\n"
                f"oifname wan meta l4proto udp {masquerade}\n}}\n"
                "chain to { type nat hook prerouting priority -100;\n"
                f"iifname wan tcp dport {HTTP_PORT} {forwarded}\n}}\n"
                # What nobody asked for may leave no trace: it would take its port from an answer.
                "chain arriving { type filter hook input priority 0;\n"
                "iifname wan meta l4proto udp drop\n}\n}\n"
            ),
        )


async def _join(router: Namespace, here: str, there: Namespace, *addresses: str) -> None:
    """A cable between the router and another, whose end is called eth0."""
    await router.run(
        *("ip", "link", "add", here, "type", "veth", "peer", "name", "eth0", "netns", there.path)
    )
    for namespace, device, given in ((router, here, addresses[:1]), (there, "eth0", addresses[1:])):
        await namespace.run("ip", "link", "set", "lo", "up")
        for address in given:
            await namespace.run("ip", "address", "add", f"{address}/24", "dev", device)
        await namespace.run("ip", "link", "set", device, "up")


@asynccontextmanager
async def nat() -> AsyncIterator[Nat]:
    """Port-restricted at first."""
    require_namespaces()
    spaces = (Namespace(), Namespace(), Namespace())
    server, router, outside = spaces
    try:
        await _join(router, "lan", server, INSIDE, PRIVATE)
        await server.run("ip", "route", "add", "default", "via", INSIDE)
        await _join(router, "wan", outside, PUBLIC, OUTSIDE, STUN_ADDRESS)
        await router.run("sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
        network = Nat(server, router, outside)
        await network.be_port_restricted()
        yield network
    finally:
        for space in spaces:
            space.close()
