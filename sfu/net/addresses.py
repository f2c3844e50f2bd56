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


def gathering_addresses() -> tuple[str, ...]:
    """Those of this machine that others can reach, or loopback where there is nothing else."""
    found = local_addresses()
    return tuple(text for text in found if text not in _LOOPBACK) or tuple(found)


def is_behind_nat(addresses: Sequence[str]) -> bool:
    """Whether the machine has private addresses and no public one."""
    known = [ipaddress.ip_address(text) for text in addresses]
    outside = [address for address in known if not address.is_loopback]
    return bool(outside) and not any(address.is_global for address in outside)


def host_candidates(
    bound: Sequence[tuple[str, int]],
    listening: Sequence[tuple[str, int]],
    announced: Sequence[str],
) -> tuple[str, ...]:
    """Candidate attribute values (RFC 8839 section 5.1, RFC 6544 section 4.5) for the media port.

    :param bound: (IP address, port) of UDP
    :param listening: of TCP; may be empty
    :param announced: public addresses; where given, only these are told
    """
    udp = _hosts(bound, announced)
    tcp = _hosts(listening, announced) if listening else []
    port = bound[0][1]
    return (
        *(
            f"{index + 1} 1 udp {_priority(126, 65535 - index)} {host} {port} typ host"
            for index, host in enumerate(udp)
        ),
        *(
            f"{len(udp) + index + 1} 1 tcp {_priority(90, _PASSIVE + 8191 - index)} {host} {port}"
            " typ host tcptype passive"
            for index, host in enumerate(tcp)
        ),
    )


_PASSIVE = 4 << 13  # direction preference (RFC 6544 section 4.2)


def _hosts(bound: Sequence[tuple[str, int]], announced: Sequence[str]) -> list[str]:
    """Loopback addresses last."""
    addresses = list(announced) or [host for host, _ in bound]
    return sorted(addresses, key=lambda host: ipaddress.ip_address(host).is_loopback)


def _priority(type_preference: int, local_preference: int) -> int:
    """RFC 8445 section 5.1.2.1, component 1. Hosts have type preference 126; over TCP less, so
    that it comes after every way by UDP (RFC 6544 section 4.2)."""
    return (type_preference << 24) | (local_preference << 8) | 255
