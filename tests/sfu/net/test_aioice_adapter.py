"""A relayed pair sends at once, renews its channel once, and drops what cannot leave."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any

from sfu.net.aioice_adapter import MAX_QUEUED, _sender

ADDRESS = ("192.0.2.9", 5000)


class Socket:
    queued = 0
    closing = False

    def get_write_buffer_size(self) -> int:
        return self.queued

    def is_closing(self) -> bool:
        return self.closing


class Client:
    """What of aioice's TURN client sending rests on; the contract test holds its names."""

    channel_refresh_time = 500

    def __init__(self) -> None:
        self.transport = Socket()
        self.peer_to_channel = {ADDRESS: 0x4001}
        self.channel_refresh_at = {0x4001: time.time() + 100}
        self.sent: list[bytes] = []
        self.bound = 0

    def _send(self, data: bytes) -> None:
        self.sent.append(data)

    async def channel_bind(self, number: int, address: tuple[str, int]) -> None:
        self.bound += 1
        raise ConnectionError("the relay is gone")


def pair_over(client: Client) -> Any:
    later: list[bytes] = []
    transport = SimpleNamespace(
        _TurnTransport__inner_protocol=client, sendto=lambda data, address: later.append(data)
    )
    protocol = SimpleNamespace(transport=transport)
    return SimpleNamespace(protocol=protocol, remote_addr=ADDRESS, later=later)


async def test_channel_data_leaves_at_once() -> None:
    client = Client()
    assert _sender(pair_over(client))(b"abc")
    assert client.sent == [b"\x40\x01\x00\x03abc"]


async def test_a_channel_is_renewed_once_and_sending_goes_on() -> None:
    client = Client()
    client.channel_refresh_at[0x4001] = 0
    send = _sender(pair_over(client))
    assert all(send(b"x") for _ in range(5))
    await asyncio.sleep(0)
    assert (client.bound, len(client.sent)) == (1, 5)


async def test_without_a_channel_aioice_binds_one() -> None:
    client = Client()
    client.peer_to_channel.clear()
    pair = pair_over(client)
    assert _sender(pair)(b"x")
    assert (pair.later, client.sent) == ([b"x"], [])


async def test_what_a_full_or_closing_socket_cannot_take_is_dropped() -> None:
    client = Client()
    send = _sender(pair_over(client))
    client.transport.queued = MAX_QUEUED + 1
    assert not send(b"x")
    client.transport.queued, client.transport.closing = 0, True
    assert not send(b"x")
    assert client.sent == []
