"""Addresses that browsers are told to send media to."""

from __future__ import annotations

import ipaddress


def checked_address(text: str) -> str:
    """An IPv4 or IPv6 address in its usual spelling; brackets are taken off.

    Raises `ValueError`, with the reason, for what no browser could send to."""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        raise ValueError(
            f"{text[:60]!r} is not an IP address; neither names nor ports are allowed"
        ) from None
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            raise ValueError(f"{text!r} has a zone, which means nothing to others")
        if address.ipv4_mapped is not None:
            raise ValueError(f"{text!r} is an IPv4 address: write {address.ipv4_mapped}")
    kinds = {
        "stands for every address": address.is_unspecified,
        "is a group's": address.is_multicast,
        "is good on its own link only": address.is_link_local,
        "is kept for the future": address.is_reserved and address.version == 4,
    }
    for reason, holds in kinds.items():
        if holds:
            raise ValueError(f"{text!r} {reason}, not an address to send to")
    return str(address)
