"""Which addresses clients are told, in which order of preference (RFC 8445 section 5.1.2)."""

from __future__ import annotations

import ipaddress

import pytest

from sfu.net.addresses import host_candidates, local_addresses

BOUND = [("127.0.0.1", 7882), ("::1", 7882), ("192.0.2.1", 7882), ("2001:db8::1", 7882)]


@pytest.mark.parametrize(
    ("announced", "hosts"),
    [
        ((), ["192.0.2.1", "2001:db8::1", "127.0.0.1", "::1"]),
        (("198.51.100.7",), ["198.51.100.7"]),
        (("127.0.0.1", "198.51.100.7"), ["198.51.100.7", "127.0.0.1"]),
    ],
)
def test_loopback_comes_last_and_announced_addresses_alone(
    announced: tuple[str, ...], hosts: list[str]
) -> None:
    candidates = [line.split() for line in host_candidates(BOUND, announced, 7882)]
    assert [fields[4] for fields in candidates] == hosts
    assert {tuple(fields[i] for i in (1, 2, 5, 6, 7)) for fields in candidates} == {
        ("1", "udp", "7882", "typ", "host")
    }


def test_priorities_fall_and_are_a_hosts() -> None:
    candidates = [line.split() for line in host_candidates(BOUND, (), 7882)]
    priorities = [int(fields[3]) for fields in candidates]
    assert priorities == sorted(priorities, reverse=True)
    assert len(set(priorities)) == len({fields[0] for fields in candidates}) == len(BOUND)
    assert {priority >> 24 for priority in priorities} == {126}
    assert {priority & 0xFF for priority in priorities} == {255}  # component 1


def test_this_machines_addresses_are_usable_and_not_link_local() -> None:
    found = local_addresses()
    assert found[:2] == ["127.0.0.1", "::1"]
    assert len(found) == len(set(found))
    assert not any(ipaddress.ip_address(text).is_link_local for text in found)
