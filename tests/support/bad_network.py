"""A real network that is as bad as wanted: server and client each in a network namespace, and
between them one line whose loss, delay, jitter and rate can be changed while a call runs.

    async with (
        bad_network() as network,
        clinic(folder, inside=network.server, **SERVER_SETTINGS) as roda,
    ):
        browser = await launch(playwright, folder, PATIENT, inside=network.client, origin=roda.url)
        await network.both(Conditions(loss=0.05, delay_s=0.05))
        await network.change_client_address()
        await network.block_udp()

Loss is made by nftables, of UDP alone, where packets arrive; rate and queue by `tc tbf`, of
everything, where they leave; delay and jitter by `tests.support.delay_line`, between the two. Needs
root. Nothing of it outlives this process.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from tests.support.namespace import Namespace, require_namespaces
from tests.support.network import Conditions

SERVER_ADDRESS = "10.78.0.1"
CLIENT_ADDRESSES = tuple(f"10.78.0.{last}" for last in range(2, 250))
SERVER_SETTINGS = {"RODA_HTTP_HOST": SERVER_ADDRESS, "RODA_ANNOUNCED_IPS": SERVER_ADDRESS}
SERVER_ADDRESS6 = "fd78::1"
TURN_ADDRESS = "10.78.0.250"  # the server's end has it too
DEVICE = "eth0"  # browsers tell a kind of network by its name
MIN_BURST_BYTES = 1600  # of `tbf`: one packet has to fit
_GOOD = Conditions()
_EMULATED = ("reordered", "burst_enter")  # by the network of virtual time alone


class _Direction:
    """The way to one of the two ends."""

    def __init__(self, sender: Namespace, receiver: Namespace, number: int) -> None:
        self.number = number
        self._sender = sender
        self._receiver = receiver
        self._conditions = _GOOD
        self._udp_blocked = False

    async def block_udp(self, blocked: bool) -> None:
        self._udp_blocked = blocked
        await self._filter()

    async def set(self, conditions: Conditions) -> None:
        assert not any(getattr(conditions, name) for name in _EMULATED), "can't be had for real"
        before, self._conditions = self._conditions, conditions
        if conditions.loss != before.loss:
            await self._filter()
        if (conditions.rate_bps, conditions.queue_bytes) != (before.rate_bps, before.queue_bytes):
            await self._shape()

    def order(self) -> bytes:
        """For the delay line."""
        wanted = {
            "to": self.number,
            "delay_s": self._conditions.delay_s,
            "jitter_s": self._conditions.jitter_s,
        }
        return json.dumps(wanted).encode() + b"\n"

    async def _filter(self) -> None:
        lost = round(self._conditions.loss * 10_000)
        chosen = "" if self._udp_blocked else f"numgen random mod 10000 < {lost}"
        rule = f"iifname {DEVICE} meta l4proto udp {chosen} counter drop"
        script = (
            "table inet line\ndelete table inet line\ntable inet line {\n"
            f"chain arriving {{ type filter hook input priority 0;\n{rule}\n}}\n}}\n"
        )
        await self._receiver.run("nft", "-f", "-", given=script)

    async def _shape(self) -> None:
        rate = self._conditions.rate_bps
        device = ("qdisc", "replace", "dev", DEVICE, "root")
        if rate is None:
            await self._sender.run("tc", *device, "pfifo", "limit", "1000")
            return
        burst = max(MIN_BURST_BYTES, round(rate / 8 / 100))
        limit = max(self._conditions.queue_bytes, MIN_BURST_BYTES)
        shape = ("rate", f"{round(rate)}bit", "burst", str(burst), "limit", str(limit))
        await self._sender.run("tc", *device, "tbf", *shape)


class BadNetwork:
    """``server`` and ``client`` are the namespaces to run programs in."""

    def __init__(
        self, relay: asyncio.subprocess.Process, ends: tuple[Namespace, Namespace]
    ) -> None:
        self.server, self.client = ends
        self.client_address = CLIENT_ADDRESSES[0]
        self._offline = False
        self._addresses6 = 0
        self._relay = relay
        self._down = _Direction(self.server, self.client, 1)
        self._up = _Direction(self.client, self.server, 0)

    async def to_client(self, conditions: Conditions) -> None:
        """From now on, for what the server sends. `Conditions` without reordering and bursts."""
        await self._set(self._down, conditions)

    async def to_server(self, conditions: Conditions) -> None:
        """From now on, for what the client sends."""
        await self._set(self._up, conditions)

    async def both(self, conditions: Conditions) -> None:
        """Each way; ``delay_s`` is half of the round trip then."""
        await self.to_client(conditions)
        await self.to_server(conditions)

    async def block_udp(self, blocked: bool = True) -> None:
        """Let no datagram through either way, or let them again; TCP goes on."""
        for direction in (self._down, self._up):
            await direction.block_udp(blocked)

    async def change_client_address(self) -> str:
        """Give the client another address in place of the one it has, and say which."""
        used = CLIENT_ADDRESSES.index(self.client_address)
        new = CLIENT_ADDRESSES[(used + 1) % len(CLIENT_ADDRESSES)]
        if not self._offline:
            await self.take_client_address()
        self._offline = False
        await _address(self.client, new)
        self.client_address = new
        return new

    async def give_ipv6(self) -> None:
        """An address of IPv6 to both, beside what they have."""
        await _address6(self.server, SERVER_ADDRESS6)
        await self.change_client_address6()

    async def change_client_address6(self) -> None:
        """Give the client another address of IPv6 in place of the one it has."""
        if self._addresses6:
            old = f"fd78::{self._addresses6 + 1:x}/64"
            await self.client.run("ip", "address", "del", old, "dev", DEVICE)
        self._addresses6 += 1
        await _address6(self.client, f"fd78::{self._addresses6 + 1:x}")

    async def pass_only(self, http_port: int, turn_port: int) -> None:
        """Let nothing from the client but its page's requests, and TCP to this port of
        `TURN_ADDRESS`."""
        await self.server.run("ip", "address", "add", f"{TURN_ADDRESS}/24", "dev", DEVICE)
        script = (
            "table inet strict {\n"
            "chain leaving { type filter hook output priority 0; policy drop;\n"
            "oifname lo accept\n"
            f"ip daddr {SERVER_ADDRESS} tcp dport {http_port} accept\n"
            f"ip daddr {TURN_ADDRESS} tcp dport {turn_port} accept\n}}\n}}\n"
        )
        await self.client.run("nft", "-f", "-", given=script)

    async def take_client_address(self) -> None:
        """Leave the client without any, until `change_client_address`."""
        self._offline = True
        await self.client.run("ip", "address", "del", f"{self.client_address}/24", "dev", DEVICE)

    async def _set(self, direction: _Direction, conditions: Conditions) -> None:
        await direction.set(replace(conditions))
        assert self._relay.stdin is not None
        self._relay.stdin.write(direction.order())
        await self._relay.stdin.drain()


async def _address(namespace: Namespace, address: str) -> None:
    """An address, and the way to everywhere: without that one a browser thinks itself offline."""
    await namespace.run("ip", "address", "add", f"{address}/24", "dev", DEVICE)
    await namespace.run("ip", "route", "replace", "default", "dev", DEVICE, "src", address)


async def _address6(namespace: Namespace, address: str) -> None:
    await namespace.run("ip", "address", "add", f"{address}/64", "dev", DEVICE, "nodad")
    route = ("ip", "-6", "route", "replace", "default", "dev", DEVICE, "src", address)
    await namespace.run(*route)


async def _bring_up(namespace: Namespace, address: str) -> int:
    tun = namespace.tun(DEVICE)
    await namespace.run("ip", "link", "set", "lo", "up")
    await namespace.run("ip", "link", "set", DEVICE, "up")
    await _address(namespace, address)
    return tun


@asynccontextmanager
async def bad_network() -> AsyncIterator[BadNetwork]:
    """A line without any fault yet."""
    require_namespaces()
    ends = (Namespace(), Namespace())
    try:
        tuns = (
            await _bring_up(ends[0], SERVER_ADDRESS),
            await _bring_up(ends[1], CLIENT_ADDRESSES[0]),
        )
        relay = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.support.delay_line", *map(str, tuns)),
            stdin=asyncio.subprocess.PIPE,
            pass_fds=tuns,
        )
        for tun in tuns:
            os.close(tun)
        try:
            yield BadNetwork(relay, ends)
        finally:
            assert relay.stdin is not None
            relay.stdin.close()
            await relay.wait()
    finally:
        for end in ends:
            end.close()
