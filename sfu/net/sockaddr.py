"""``struct sockaddr_in`` and ``sockaddr_in6`` (ip(7), ipv6(7)) of Python's socket addresses."""

from __future__ import annotations

import socket
from struct import Struct
from typing import Any

IPV6_BYTES = 28
IPV4_BYTES = 16

_FAMILY = Struct("=H")
_PORT = Struct("!H")
_FLOW = Struct("!I")
_SCOPE = Struct("=I")


def to_sockaddr(family: socket.AddressFamily, address: Any) -> bytes:
    """
    :param address: as a socket of that ``family``, IPv4 or IPv6, names it
    """
    host, port = address[0].partition("%")[0], address[1]
    head = _FAMILY.pack(family) + _PORT.pack(port)
    if family == socket.AF_INET:
        return head + socket.inet_aton(host) + bytes(8)
    flow, scope = address[2:4]
    return head + _FLOW.pack(flow) + socket.inet_pton(family, host) + _SCOPE.pack(scope)


def from_sockaddr(data: bytes) -> Any:
    """The address as a socket of its family names it. What follows the structure is let be."""
    port = _PORT.unpack_from(data, 2)[0]
    if _FAMILY.unpack_from(data)[0] == socket.AF_INET:
        return socket.inet_ntoa(data[4:8]), port
    host = socket.inet_ntop(socket.AF_INET6, data[8:24])
    return host, port, _FLOW.unpack_from(data, 4)[0], _SCOPE.unpack_from(data, 24)[0]
