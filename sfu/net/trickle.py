"""Trickled candidates and ICE restarts signaled as SDP fragments (RFC 8840, RFC 9725)."""

from __future__ import annotations

from sfu.ice_restart import restart_fragment
from sfu.net.transport import Transport
from sfu.rtp_parameters import IceParameters
from sfu.wire.errors import WireError
from sfu.wire.sdp_fragment import parse_fragment


async def take_fragment(transport: Transport, text: str, answer_sdp: str) -> str | None:
    """Take a client's fragment; the server's own one when it restarts ICE.

    :param answer_sdp: the transport's last answer

    Raises `WireError`; nothing has changed then."""
    fragment = parse_fragment(text)
    if fragment.ufrag is None or fragment.ufrag == transport.agent.remote_ufrag:
        for candidate in fragment.candidates:
            transport.ice.add_candidate(candidate)
        return None
    if fragment.password is None:
        raise WireError("an ICE restart without a password")
    ice = transport.ice.new()
    await transport.ice.gather(ice)
    transport.restart_ice(ice)
    transport.ice.set_remote(IceParameters(fragment.ufrag, fragment.password), fragment.candidates)
    return restart_fragment(answer_sdp, transport.local)
