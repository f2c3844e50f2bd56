"""Addresses as the kernel has them."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.net.sockaddr import IPV4_BYTES, IPV6_BYTES, from_sockaddr, to_sockaddr

ports = st.integers(0, 0xFFFF)


@pytest.mark.parametrize(
    ("family", "address", "data"),
    [
        (socket.AF_INET, ("192.0.2.7", 7882), "0200 1eca c0000207 0000000000000000"),
        (
            socket.AF_INET6,
            ("2001:db8::7", 7882, 0, 0),
            "0a00 1eca 00000000 20010db8000000000000000000000007 00000000",
        ),
        (
            socket.AF_INET6,
            ("fe80::7%eth0", 7882, 1, 2),
            "0a00 1eca 00000001 fe800000000000000000000000000007 02000000",
        ),
    ],
)
def test_the_structure(family: socket.AddressFamily, address: Any, data: str) -> None:
    assert to_sockaddr(family, address) == bytes.fromhex(data)  # on a little-endian machine
    assert from_sockaddr(bytes.fromhex(data)) == (address[0].partition("%")[0], *address[1:])


@given(st.ip_addresses(v=4), ports)
def test_ipv4_there_and_back(host: object, port: int) -> None:
    data = to_sockaddr(socket.AF_INET, (str(host), port))
    assert len(data) == IPV4_BYTES
    assert from_sockaddr(data.ljust(IPV6_BYTES, b"\0")) == (str(host), port)


@given(st.binary(min_size=16, max_size=16), ports, st.integers(0, 0xFFFFF), st.integers(0, 9))
def test_ipv6_there_and_back(host: bytes, port: int, flow: int, scope: int) -> None:
    address = socket.inet_ntop(socket.AF_INET6, host), port, flow, scope
    data = to_sockaddr(socket.AF_INET6, address)
    assert len(data) == IPV6_BYTES
    assert from_sockaddr(data) == address
