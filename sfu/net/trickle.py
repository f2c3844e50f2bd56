"""Trickled candidates and ICE restarts signaled as SDP fragments (RFC 8840, RFC 9725)."""

from __future__ import annotations

from sfu.ice_restart import restart_fragment
from sfu.net.transport import Transport
from sfu.wire.errors import WireError
from sfu.wire.sdp_fragment import parse_fragment


def take_fragment(transport: Transport, text: str, answer_sdp: str) -> str | None:
    """Take a client's fragment; the server's own one when it restarts ICE.

    Where the server has to gather candidates of its own a restart is refused.

    :param answer_sdp: the transport's last answer

    Raises `WireError`; nothing has changed then."""
    fragment = parse_fragment(text)
    if fragment.ufrag is None or fragment.ufrag == transport.agent.remote_ufrag:
        for candidate in fragment.candidates:
            transport.add_candidate(candidate)
        return None
    if not transport.agent.local.lite:
        raise WireError("this server does not restart ICE by fragments")
    if fragment.password is None:
        raise WireError("an ICE restart without a password")
    transport.restart_ice(transport.new_ice())
    transport.agent.remote_ufrag = fragment.ufrag
    return restart_fragment(answer_sdp, transport.local)
