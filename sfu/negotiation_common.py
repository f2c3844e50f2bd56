"""What both directions of negotiation share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from sfu.rtp_parameters import IceParameters, Kind, TransportParameters
from sfu.wire.sdp import MediaDescription, SessionDescription
from sfu.wire.sdp_values import Fingerprint

Role = Literal["active", "passive"]

# RFC 8829 section 5.1.2: any of these means RTP over DTLS-SRTP.
RTP_PROTOCOLS = frozenset(
    {
        "UDP/TLS/RTP/SAVPF",
        "UDP/TLS/RTP/SAVP",
        "TCP/DTLS/RTP/SAVPF",
        "TCP/DTLS/RTP/SAVP",
        "RTP/SAVPF",
        "RTP/SAVP",
    }
)
ANY_ADDRESS = "IN IP4 0.0.0.0"
DISCARD_PORT = 9  # "address follows as candidates" (RFC 8840 section 4.1.1)

FEEDBACK: dict[Kind, tuple[str, ...]] = {
    "audio": ("transport-cc",),
    "video": ("nack", "nack pli", "ccm fir", "goog-remb", "transport-cc"),
}


class NegotiationError(Exception):
    """A description that cannot be negotiated. ``code`` is ``sdp_invalid`` (it breaks the rules)
    or ``sdp_unsupported`` (valid, but nothing in it can be used); ``detail`` is for logs."""

    def __init__(self, code: Literal["sdp_invalid", "sdp_unsupported"], detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


def section_kind(section: MediaDescription) -> Kind | None:
    """audio or video over RTP; None for every other section."""
    if not section.is_rtp:
        return None
    return "audio" if section.kind == "audio" else "video"


def bundled_mids(description: SessionDescription) -> tuple[str, ...]:
    """The mids of the first BUNDLE group, whose first section carries the transport (RFC 9143
    section 7). A lone section needs no group."""
    for group in description.groups:
        if group.semantics == "BUNDLE":
            return group.mids
    return (description.media[0].mid,) if len(description.media) == 1 else ()


def transport_section(
    description: SessionDescription, accepted: Iterable[str]
) -> MediaDescription | None:
    """The section that speaks for the bundled transport: the first accepted of the group."""
    wanted = set(accepted)
    sections = {section.mid: section for section in description.media}
    return next((sections[mid] for mid in bundled_mids(description) if mid in wanted), None)


def remote_transport(
    description: SessionDescription, section: MediaDescription, setup: Role
) -> TransportParameters:
    """The peer's ICE and DTLS parameters, of ``section`` or else of the whole description."""
    ufrag = section.ice_ufrag or description.ice_ufrag
    password = section.ice_pwd or description.ice_pwd
    fingerprints = section.fingerprints or description.fingerprints
    if ufrag is None or password is None:
        raise NegotiationError("sdp_invalid", "no ICE ufrag and password")
    if not fingerprints:
        raise NegotiationError("sdp_invalid", "no DTLS fingerprint")
    return TransportParameters(
        ice=IceParameters(ufrag, password, lite=description.ice_lite),
        fingerprints=tuple((item.algorithm, item.value) for item in fingerprints),
        setup=setup,
        candidates=tuple(section.candidates),
    )


def put_transport(
    section: MediaDescription,
    local: TransportParameters,
    setup: Literal["actpass", "active", "passive"],
) -> None:
    """Write the server's ICE and DTLS parameters into ``section``. Every section repeats them,
    candidates too: some clients read none at session level, aiortc refuses a section without ufrag
    even when it is rejected, and keeps only the candidates of the last section it reads."""
    section.connection = ANY_ADDRESS
    section.ice_ufrag = local.ice.ufrag
    section.ice_pwd = local.ice.password
    section.ice_options = None if local.ice.lite else "trickle"
    section.fingerprints = [Fingerprint(*fingerprint) for fingerprint in local.fingerprints]
    section.setup = setup
    if not section.rejected:
        section.candidates = list(local.candidates)
        section.end_of_candidates = local.ice.lite


def feedback_known(kind: Kind, transport_cc: bool) -> tuple[str, ...]:
    return tuple(item for item in FEEDBACK[kind] if transport_cc or item != "transport-cc")
