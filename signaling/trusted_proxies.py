"""Who a request comes from when reverse proxies stand before the server.

A proxy appends the address it was asked from to ``X-Forwarded-For``; whatever a client wrote there
itself stands to the left of it. So the list is read from the right, and only as far as the proxies
are trusted: the first address that is none of theirs is the client's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
MAX_HOPS = 16  # more proxies than anyone has before one server
MAX_ADDRESS_CHARS = 64
IPV6_SUBSCRIBER_BITS = 64  # what one subscriber is given at least (RFC 6177 section 2)


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """``networks``: addresses and networks of the proxies, such as ``127.0.0.1`` or
    ``10.0.0.0/8``, as `checked_network` returns them. None are trusted by default."""

    networks: tuple[str, ...] = ()

    def trusts(self, peer: str | None) -> bool:
        """Whether what this peer says about its client is believed."""
        address = parse_address(peer or "")
        return address is not None and self._holds(address)

    def client(self, peer: str | None, forwarded_for: Iterable[str]) -> str:
        """The client's address; "" where the peer has none.

        :param peer: the address of the connection's other end
        :param forwarded_for: the values of the ``X-Forwarded-For`` headers, in their order

        Something other than an address in the list ends the way back: the last proxy known is
        the client then."""
        found = parse_address(peer or "")
        if found is None:
            return ""
        for value in _from_the_right(forwarded_for):
            if not self._holds(found):
                break
            before = parse_address(value)
            if before is None:
                break
            found = before
        return str(found)

    def scheme(self, peer: str | None, own: str, forwarded_proto: str | None) -> str:
        """``http`` or ``https``, as the client asked: a trusted proxy may have ended TLS."""
        said = (forwarded_proto or "").rpartition(",")[2].strip().lower()
        return said if said in ("http", "https") and self.trusts(peer) else own

    def _holds(self, address: Address) -> bool:
        return any(address in ip_network(network) for network in self.networks)


def checked_network(value: str) -> str:
    """The network in its usual form. Raises ValueError for what is none, and for one that holds
    every address: then anybody could claim to be anybody."""
    network = ip_network(value)
    if network.prefixlen == 0:
        raise ValueError(f"{value} would trust everybody")
    return str(network)


def parse_address(value: str) -> Address | None:
    """An address, perhaps with a port (``192.0.2.1:80``, ``[2001:db8::1]:80``). IPv4 within IPv6
    (RFC 4291 section 2.5.5.2) is IPv4, and a zone is left out."""
    text = value.strip()[:MAX_ADDRESS_CHARS]
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def subscriber(address: str) -> str:
    """What to count attempts by: an IPv4 address, or the network of an IPv6 one, in which a single
    person has more addresses than could be counted."""
    parsed = parse_address(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((int(parsed), IPV6_SUBSCRIBER_BITS), strict=False))
    return address if parsed is None else str(parsed)


def _from_the_right(values: Iterable[str]) -> list[str]:
    """The last `MAX_HOPS` entries, the last first."""
    return ",".join(values).rsplit(",", MAX_HOPS)[: -MAX_HOPS - 1 : -1]
