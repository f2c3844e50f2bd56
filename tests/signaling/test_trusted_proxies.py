from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.trusted_proxies import MAX_HOPS, TrustedProxies, checked_network, subscriber

LOCAL = TrustedProxies(("127.0.0.1/32", "10.0.0.0/8", "2001:db8:ffff::/48"))


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("127.0.0.1", ["192.0.2.1"], "192.0.2.1"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        # What the client wrote itself stands left of what the proxy saw.
        ("127.0.0.1", ["198.51.100.7, 192.0.2.1"], "192.0.2.1"),
        ("127.0.0.1", ["198.51.100.7", "192.0.2.1"], "192.0.2.1"),
        # A chain of proxies, all trusted.
        ("127.0.0.1", ["198.51.100.7, 192.0.2.1, 10.1.2.3"], "192.0.2.1"),
        ("127.0.0.1", ["10.9.9.9, 10.1.2.3"], "10.9.9.9"),
        # From anyone else the header means nothing.
        ("192.0.2.9", ["192.0.2.1"], "192.0.2.9"),
        ("192.0.2.9", ["127.0.0.1, 10.0.0.1"], "192.0.2.9"),
        # Rubbish ends the way back at the proxy.
        ("127.0.0.1", ["192.0.2.1, unknown"], "127.0.0.1"),
        ("127.0.0.1", ["192.0.2.1, _hidden, 10.1.2.3"], "10.1.2.3"),
        ("127.0.0.1", ["192.0.2.1,"], "127.0.0.1"),
        # Ports, IPv6, IPv4 within IPv6, zones.
        ("127.0.0.1", ["192.0.2.1:54321"], "192.0.2.1"),
        ("127.0.0.1", ["[2001:db8::1]:54321"], "2001:db8::1"),
        ("127.0.0.1", ["2001:db8::1"], "2001:db8::1"),
        ("::ffff:127.0.0.1", ["::ffff:192.0.2.1"], "192.0.2.1"),
        ("2001:db8:ffff::5", ["192.0.2.1"], "192.0.2.1"),
        ("fe80::1%eth0", ["192.0.2.1"], "fe80::1"),
        # No address at all: a Unix socket.
        ("", ["192.0.2.1"], ""),
        (None, ["192.0.2.1"], ""),
    ],
)
def test_the_client_of_a_request(peer: str | None, forwarded_for: list[str], client: str) -> None:
    assert LOCAL.client(peer, forwarded_for) == client


def test_nobody_is_trusted_by_default() -> None:
    assert TrustedProxies().client("127.0.0.1", ["192.0.2.1"]) == "127.0.0.1"


def test_the_way_back_is_bounded() -> None:
    hops = [f"10.0.{n // 256}.{n % 256}" for n in range(1000)]
    assert LOCAL.client("127.0.0.1", [", ".join(hops)]) == hops[-MAX_HOPS]


@given(st.lists(st.text(max_size=80), max_size=5), st.sampled_from(["192.0.2.9", "127.0.0.1"]))
def test_any_header_gives_an_address(values: list[str], peer: str) -> None:
    client = LOCAL.client(peer, values)
    assert str(ip_address(client)) == client
    assert peer == "127.0.0.1" or client == peer


@given(st.text(max_size=200))
def test_a_client_cannot_choose_its_address(forged: str) -> None:
    """Whatever it sends, the proxy appends where the request really came from."""
    assert LOCAL.client("127.0.0.1", [f"{forged}, 192.0.2.1"]) == "192.0.2.1"


@pytest.mark.parametrize(
    ("peer", "said", "scheme"),
    [
        ("127.0.0.1", "https", "https"),
        ("127.0.0.1", "HTTPS ", "https"),
        ("127.0.0.1", "http, https", "https"),
        ("127.0.0.1", "https, http", "http"),
        ("127.0.0.1", None, "http"),
        ("127.0.0.1", "javascript", "http"),
        ("192.0.2.9", "https", "http"),
    ],
)
def test_the_scheme_that_the_client_asked_by(peer: str, said: str | None, scheme: str) -> None:
    assert LOCAL.scheme(peer, "http", said) == scheme


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
    ],
)
def test_what_attempts_are_counted_by(address: str, counted: str) -> None:
    assert subscriber(address) == counted


@pytest.mark.parametrize("value", ["", "proxy", "10.0.0.1/8", "0.0.0.0/0", "::/0", "10.0.0.0/33"])
def test_what_is_no_network_of_proxies(value: str) -> None:
    with pytest.raises(ValueError):
        checked_network(value)
