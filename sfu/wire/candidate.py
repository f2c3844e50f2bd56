"""ICE candidates of a peer (RFC 8839 section 5.1): text → value."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

from sfu.wire.errors import WireError

MAX_CANDIDATE_CHARS = 1000
TYPES = ("host", "srflx", "prflx", "relay")


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a check needs of one."""

    foundation: str
    component: int  # 1 for RTP
    transport: str  # lower case: "udp", "tcp"
    priority: int
    host: str  # an IP address, or a name: of mDNS, ".local"
    port: int
    type: str  # of `TYPES`

    @property
    def can_be_checked(self) -> bool:
        """Whether it is an address over UDP that a check may be sent to: none of a group, of a
        link alone or of nobody."""
        try:
            address = ip_address(self.host)
        except ValueError:
            return False
        if address.is_multicast or address.is_unspecified or address.is_link_local:
            return False
        return self.transport == "udp" and self.component == 1 and self.port > 0


def parse_candidate(text: str) -> Candidate:
    """The value of a candidate attribute, with or without ``candidate:`` before it. Raises
    `WireError`."""
    fields = text[: MAX_CANDIDATE_CHARS + 1].removeprefix("a=").removeprefix("candidate:").split()
    if len(text) > MAX_CANDIDATE_CHARS or len(fields) < 8 or fields[6] != "typ":
        raise WireError("not a candidate")
    if fields[7] not in TYPES or len(fields[0]) > 32 or len(fields[4]) > 255:
        raise WireError("a candidate with bad fields")
    numbers = (fields[1], fields[3], fields[5])
    if not all(number.isascii() and number.isdigit() and len(number) < 11 for number in numbers):
        raise WireError("a candidate with bad numbers")
    component, priority, port = map(int, numbers)
    if not 1 <= component <= 256 or not 0 <= priority < 2**32 or port > 65535:
        raise WireError("a candidate with numbers out of range")
    return Candidate(fields[0], component, fields[2].lower(), priority, fields[4], port, fields[7])
