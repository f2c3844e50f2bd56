"""Candidates as browsers write them, and as nobody should."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.wire.candidate import Candidate, parse_candidate
from sfu.wire.errors import WireError

CHROMIUM = (
    "candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 0.0.0.0 rport 0"
    " generation 0 ufrag EsAw network-cost 999"
)


@pytest.mark.parametrize("prefix", ["", "a="])
def test_one_of_chromium(prefix: str) -> None:
    assert parse_candidate(prefix + CHROMIUM) == Candidate(
        "842163049", 1, "udp", 1677729535, "203.0.113.7", 46154, "srflx"
    )


@pytest.mark.parametrize(
    ("line", "checked"),
    [
        ("1 1 UDP 1 192.0.2.1 5000 typ host", True),
        ("1 1 udp 1 2001:db8::1 5000 typ relay", True),
        ("1 2 udp 1 192.0.2.1 5000 typ host", False),
        ("1 1 tcp 1 192.0.2.1 9 typ host tcptype active", False),
        ("1 1 udp 1 192.0.2.1 0 typ host", False),
        ("1 1 udp 1 0c4f8d9a-0d12.local 5000 typ host", False),
        ("1 1 udp 1 host.example.org 5000 typ host", False),
        ("1 1 udp 1 224.0.0.1 5000 typ host", False),
        ("1 1 udp 1 169.254.169.254 80 typ host", False),
        ("1 1 udp 1 0.0.0.0 5000 typ host", False),
        ("1 1 udp 1 fe80::1 5000 typ host", False),
    ],
)
def test_what_a_check_may_be_sent_to(line: str, checked: bool) -> None:
    assert parse_candidate(line).can_be_checked is checked


@pytest.mark.parametrize(
    "line",
    [
        "",
        "candidate:",
        "1 1 udp 1 192.0.2.1 5000 typ",
        "1 1 udp 1 192.0.2.1 5000 type host",
        "1 1 udp 1 192.0.2.1 5000 typ strange",
        "1 x udp 1 192.0.2.1 5000 typ host",
        "1 0 udp 1 192.0.2.1 5000 typ host",
        "1 1 udp 4294967296 192.0.2.1 5000 typ host",
        "1 1 udp 1 192.0.2.1 65536 typ host",
        "1 1 udp -1 192.0.2.1 5000 typ host",
        "x" * 33 + " 1 udp 1 192.0.2.1 5000 typ host",
        CHROMIUM + " " + "x" * 1000,
    ],
)
def test_bad_ones(line: str) -> None:
    with pytest.raises(WireError):
        parse_candidate(line)


@given(st.text(max_size=80) | st.lists(st.text(max_size=9), max_size=12).map(" ".join))
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        candidate = parse_candidate(text)
    except WireError:
        return
    assert candidate.can_be_checked in (True, False)
