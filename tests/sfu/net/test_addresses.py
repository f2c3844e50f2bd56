"""Which addresses clients are told, in which order of preference (RFC 8445 section 5.1.2)."""

from __future__ import annotations

import ipaddress

import pytest

from sfu.net.addresses import (
    gathering_addresses,
    host_candidates,
    is_behind_nat,
    local_addresses,
)

BOUND = [("127.0.0.1", 7882), ("::1", 7882), ("192.0.2.1", 7882), ("2001:db8::1", 7882)]
IPV4 = [address for address in BOUND if ":" not in address[0]]


def told(*settings: object) -> list[list[str]]:
    return [line.split() for line in host_candidates(*settings)]  # type: ignore[arg-type]


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
    candidates = told(BOUND, BOUND, announced)
    assert [fields[4] for fields in candidates] == hosts * 2
    assert [(fields[1], fields[2], *fields[5:]) for fields in candidates] == [
        *[("1", "udp", "7882", "typ", "host")] * len(hosts),
        *[("1", "tcp", "7882", "typ", "host", "tcptype", "passive")] * len(hosts),
    ]


@pytest.mark.parametrize(("listening", "hosts"), [([], []), (IPV4, ["192.0.2.1", "127.0.0.1"])])
def test_only_what_is_listened_on_is_told(
    listening: list[tuple[str, int]], hosts: list[str]
) -> None:
    candidates = told(BOUND, listening, ())
    assert [fields[4] for fields in candidates if fields[2] == "tcp"] == hosts
    announced = told(BOUND, listening, ("198.51.100.7",))
    assert ("tcp" in {fields[2] for fields in announced}) == bool(listening)


def test_priorities_fall() -> None:
    candidates = told(BOUND, BOUND, ())
    priorities = [int(fields[3]) for fields in candidates]
    assert priorities == sorted(priorities, reverse=True)
    assert len(set(priorities)) == len({fields[0] for fields in candidates}) == 2 * len(BOUND)
    assert {priority & 0xFF for priority in priorities} == {255}  # component 1


@pytest.mark.parametrize("restarts", [0, 1, 2, 3326])
def test_after_a_restart_every_candidate_goes_before_all_earlier_ones(restarts: int) -> None:
    before, after = (
        [int(fields[3]) for fields in told(BOUND, BOUND, (), number)]
        for number in (restarts, restarts + 1)
    )
    assert max(before) < min(after)


@pytest.mark.parametrize("restarts", [0, 3327, 10_000])
def test_priorities_stay_below_a_browsers_own_over_tcp(restarts: int) -> None:
    priorities = [int(fields[3]) for fields in told(BOUND, BOUND, (), restarts)]
    assert {64 <= priority >> 24 < 90 for priority in priorities} == {True}


def test_this_machines_addresses_are_usable_and_not_link_local() -> None:
    found = local_addresses()
    assert found[:2] == ["127.0.0.1", "::1"]
    assert len(found) == len(set(found))
    assert not any(ipaddress.ip_address(text).is_link_local for text in found)


@pytest.mark.parametrize(
    ("addresses", "behind"),
    [
        (["127.0.0.1", "::1"], False),
        (["127.0.0.1", "10.0.0.7"], True),
        (["127.0.0.1", "100.64.0.7", "fd00::7"], True),
        (["127.0.0.1", "10.0.0.7", "8.8.8.8"], False),
        (["10.0.0.7", "2a01:4f8::7"], False),
    ],
)
def test_behind_nat_is_who_has_only_private_addresses(addresses: list[str], behind: bool) -> None:
    assert is_behind_nat(addresses) is behind


def test_loopback_is_gathered_only_where_there_is_nothing_else() -> None:
    outside = set(local_addresses()) - {"127.0.0.1", "::1"}
    assert set(gathering_addresses()) == (outside or {"127.0.0.1", "::1"})
