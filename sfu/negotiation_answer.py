"""What every answer of the server has in common, whichever way the media goes."""

from __future__ import annotations

from collections.abc import Sequence

from sfu.negotiation_common import ANY_ADDRESS, NegotiationError, Role, remote_transport
from sfu.rtp_parameters import TransportParameters
from sfu.wire.sdp import MediaDescription, SessionDescription
from sfu.wire.sdp_values import Group


def answered_groups(offer: SessionDescription, accepted: Sequence[str]) -> list[Group]:
    """RFC 9143 section 7.3: the offered group without what is refused; none that is empty."""
    offered = next((group.mids for group in offer.groups if group.semantics == "BUNDLE"), ())
    mids = tuple(mid for mid in dict.fromkeys(offered) if mid in accepted)
    return [Group("BUNDLE", mids)] if mids else []


def remote_of(
    offer: SessionDescription, tagged: MediaDescription, setup: Role
) -> TransportParameters:
    """The peer's parameters; of the two DTLS roles it has the one that is not ours."""
    return remote_transport(offer, tagged, "active" if setup == "passive" else "passive")


def answered_setup(
    tagged: MediaDescription | SessionDescription,
    offer: SessionDescription,
    local: TransportParameters,
) -> Role:
    """RFC 8842 section 5.3: the client may have fixed its role; only actpass leaves a choice."""
    offered = tagged.setup or offer.setup or "active"  # the default of RFC 4145 section 4
    if offered == "holdconn":
        raise NegotiationError("sdp_unsupported", "a=setup:holdconn")
    if offered == "passive" or (offered == "actpass" and local.setup == "active"):
        return "active"
    return "passive"


def refuse_section(section: MediaDescription) -> MediaDescription:
    """RFC 3264 section 6: port 0, the formats repeated."""
    refused = MediaDescription(
        kind=section.kind,
        port=0,
        protocol=section.protocol,
        formats=section.formats,
        mid=section.mid,
        direction="inactive",
        connection=ANY_ADDRESS,
    )
    if section.is_rtp:
        refused.rtpmaps = dict(section.rtpmaps)
    return refused
