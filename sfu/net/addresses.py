"""Which addresses the media port listens on, and which it tells clients."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

import ifaddr

_LOOPBACK = ("127.0.0.1", "::1")


def local_addresses() -> list[str]:
    """IPv4 and IPv6 addresses of this machine, loopback first, link-local ones left out."""
    found = list(_LOOPBACK)
    for adapter in ifaddr.get_adapters():
        for entry in adapter.ips:
            text = entry.ip if isinstance(entry.ip, str) else entry.ip[0]
            address = ipaddress.ip_address(text)
            if not address.is_link_local and not address.is_loopback and text not in found:
                found.append(text)
    return found


def host_candidates(
    bound: Sequence[tuple[str, int]], announced: Sequence[str], port: int
) -> tuple[str, ...]:
    """Candidate attribute values (RFC 8839 section 5.1) for the media port.

    :param bound: (IP address, port) that are listened on
    :param announced: public addresses; where given, only these are told
    """
    addresses = list(announced) or [host for host, _ in bound]
    ordered = sorted(addresses, key=lambda host: ipaddress.ip_address(host).is_loopback)
    return tuple(
        f"{index + 1} 1 udp {_priority(index)} {host} {port} typ host"
        for index, host in enumerate(ordered)
    )


def _priority(index: int) -> int:
    """RFC 8445 section 5.1.2.1, type preference 126 (host)."""
    return (126 << 24) | ((65535 - index) << 8) | 255
