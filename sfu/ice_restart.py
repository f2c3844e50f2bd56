"""What a client is told of an ICE restart that it signals by HTTP (RFC 9725 section 4.3.3)."""

from __future__ import annotations

from sfu.negotiation_common import DISCARD_PORT, bundled_mids, transport_section
from sfu.rtp_parameters import TransportParameters
from sfu.wire.sdp import parse_sdp
from sfu.wire.sdp_fragment import build_fragment


def restart_fragment(answer_sdp: str, local: TransportParameters) -> str:
    """The server's new credentials, and its candidates, as a fragment of its earlier answer."""
    answer = parse_sdp(answer_sdp)
    accepted = [section.mid for section in answer.media if not section.rejected]
    section = transport_section(answer, accepted) or answer.media[0]
    line = f"{section.kind} {DISCARD_PORT} {section.protocol} {section.formats[0]}"
    bundle = [mid for mid in bundled_mids(answer) if mid]
    return build_fragment(
        ufrag=local.ice.ufrag,
        password=local.ice.password,
        lite=local.ice.lite,
        bundle=bundle,
        media_line=line,
        mid=section.mid,
        candidates=local.candidates,
    )
