"""The private names that ICE restarts rest on; tests/e2e/test_resume.py has one in a call."""

from __future__ import annotations

import inspect

from aiortc import RTCConfiguration, RTCPeerConnection
from aiortc.rtcdtlstransport import RTCDtlsTransport

from bots.ice_restart import CANDIDATES_END, CONNECTION, MONITOR, STARTED, RestartableIce


async def test_aiortc_has_the_names() -> None:
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    pc.addTransceiver("audio")
    transport = pc.getTransceivers()[0].receiver.transport.transport
    for name in (CONNECTION, STARTED, MONITOR, "_recv", "_send"):
        assert hasattr(transport, name), name
    for name in (CONNECTION, CANDIDATES_END):
        assert hasattr(transport.iceGatherer, name), name
    source = inspect.getsource(RTCDtlsTransport)
    assert "self.transport._recv()" in source
    assert "self.transport._send(" in source
    await pc.close()


async def test_a_restart_brings_other_credentials_and_keeps_the_role() -> None:
    configuration = RTCConfiguration(iceServers=[])
    pc = RTCPeerConnection(configuration)
    pc.addTransceiver("audio")
    ice = RestartableIce(pc, configuration)
    transport = pc.getTransceivers()[0].receiver.transport.transport
    await pc.setLocalDescription(await pc.createOffer())
    first = transport.iceGatherer.getLocalParameters()
    for _ in range(2):  # a second one while the first has come to nothing
        await ice.restart()
        again = transport.iceGatherer.getLocalParameters()
        assert again.usernameFragment != first.usernameFragment
        assert transport.iceGatherer.getLocalCandidates()
        assert transport.role == "controlling"
    offer = await pc.createOffer()
    assert f"a=ice-ufrag:{again.usernameFragment}" in offer.sdp
    await pc.close()
    await ice.close()
