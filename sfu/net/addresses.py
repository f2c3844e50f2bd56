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
    restarts: int = 0,
) -> tuple[str, ...]:
    """Candidate attribute values (RFC 8839 section 5.1, RFC 6544 section 4.5) for the media port.

    :param bound: (IP address, port) of UDP
    :param listening: of TCP; may be empty
    :param announced: public addresses; where given, only these are told
    :param restarts: how often ICE was restarted before
    """
    udp = _hosts(bound, announced)
    tcp = _hosts(listening, announced) if listening else []
    port = bound[0][1]
    rank = _LOWEST_RANK + 2 * min(restarts, _RESTARTS_RANKED)
    return (
        *(
            f"{index + 1} 1 udp {_priority(rank + 1, index)} {host} {port} typ host"
            for index, host in enumerate(udp)
        ),
        *(
            f"{len(udp) + index + 1} 1 tcp {_priority(rank, index)} {host} {port}"
            " typ host tcptype passive"
            for index, host in enumerate(tcp)
        ),
    )


# The upper 16 bits of a priority: the type preference and half of the local preference. Every ICE
# restart has higher ones than the one before, TCP as well: browsers change at once to a pair of
# higher priority, but wait for seconds before they leave one that has gone silent for one of lower.
# All stay below a browser's own candidates over TCP (90), which would else bound a pair's.
_LOWEST_RANK = 64 << 8
_RESTARTS_RANKED = ((90 - 64) << 7) - 1


def _hosts(bound: Sequence[tuple[str, int]], announced: Sequence[str]) -> list[str]:
    """Loopback addresses last."""
    addresses = list(announced) or [host for host, _ in bound]
    return sorted(addresses, key=lambda host: ipaddress.ip_address(host).is_loopback)


def _priority(rank: int, index: int) -> int:
    """RFC 8445 section 5.1.2.1, component 1."""
    return (rank << 16) | (max(0, 255 - index) << 8) | 255
