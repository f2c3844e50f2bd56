"""Every private name of aioice that the adapter rests on. An upgrade breaks here."""

from __future__ import annotations

import inspect
from typing import Any

import aioice
from aioice import turn
from aioice.ice import CandidatePair, StunProtocol

from sfu.ice_servers import Chosen
from sfu.net.aioice_adapter import AioiceAgent
from sfu.rtp_parameters import IceParameters


def parameters(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


async def test_an_agents_own_names() -> None:
    local = IceParameters("ab" * 6, "cd" * 18)
    agent = AioiceAgent(local, Chosen(), True, lambda data: None, lambda: None)
    assert (agent.local_username, agent.local_password) == (local.ufrag, local.password)
    assert agent._local_candidates_start is agent._local_candidates_end is False
    assert agent._local_candidates == []
    assert agent._nominated == {}
    assert agent.pair is None
    await agent.close()


def test_the_methods_that_are_overridden_or_called() -> None:
    expected = ["self", "component", "addresses", "timeout"]
    assert parameters(aioice.Connection.get_component_candidates) == expected
    assert parameters(aioice.Connection.data_received) == ["self", "data", "component"]
    assert parameters(aioice.Connection.check_incoming) == ["self", "message", "addr", "protocol"]
    source = inspect.getsource(StunProtocol.datagram_received)
    assert "self.receiver.data_received(" in source
    assert isinstance(inspect.getattr_static(CandidatePair, "remote_addr"), property)


def test_a_relays_names() -> None:
    client: Any = turn.TurnClientUdpProtocol(("192.0.2.1", 1), "u", "p", 600, 500)
    assert client.peer_to_channel == client.channel_refresh_at == {}
    assert client.channel_refresh_time == 500
    assert parameters(client.channel_bind) == ["channel_number", "addr"]
    assert parameters(client._send) == ["data"]
    transport = turn.TurnTransport(client)
    assert getattr(transport, "_TurnTransport__inner_protocol") is client  # noqa: B009
