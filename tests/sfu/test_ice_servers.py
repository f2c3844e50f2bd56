"""Which of the configured servers an agent uses."""

from __future__ import annotations

import pytest

from sfu.ice_servers import Chosen, IceServer, TurnServer, choose, parse_url
from sfu.wire.errors import WireError


@pytest.mark.parametrize(
    ("url", "parsed"),
    [
        ("stun:stun.example.org", ("stun", ("stun.example.org", 3478), False)),
        ("turn:192.0.2.1:80?transport=udp", ("turn", ("192.0.2.1", 80), False)),
        ("turn:192.0.2.1?transport=tcp", ("turn", ("192.0.2.1", 3478), True)),
        ("turns:turn.example.org:443?transport=tcp", ("turns", ("turn.example.org", 443), True)),
        ("stun:[2001:db8::1]:3479", ("stun", ("2001:db8::1", 3479), False)),
        ("turns:[2001:db8::1]", ("turns", ("2001:db8::1", 5349), False)),
    ],
)
def test_good_urls(url: str, parsed: object) -> None:
    assert parse_url(url) == parsed


@pytest.mark.parametrize(
    "url", ["", "http://x", "stun:", "stun::1", "turn:x:port", "turn:x:99999", "turn:[::1]x"]
)
def test_bad_urls(url: str) -> None:
    with pytest.raises(WireError):
        parse_url(url)


def test_udp_is_taken_before_tcp_and_tls() -> None:
    urls = ("turns:a", "turn:b?transport=tcp", "turn:c")
    chosen = choose([IceServer(urls, "user", "secret")])
    assert chosen.turn == TurnServer(("c", 3478), "user", "secret")
    assert chosen.stun == ("c", 3478)
    assert "secret" not in repr(chosen)


@pytest.mark.parametrize(
    ("servers", "chosen"),
    [
        ([], Chosen()),
        ([IceServer(("stun:a", "stun:b"))], Chosen(stun=("a", 3478))),
        ([IceServer(("turn:a",))], Chosen()),  # nothing to log in with
        (
            [IceServer(("nonsense", "turns:a"), "u", "p")],
            Chosen(turn=TurnServer(("a", 5349), "u", "p", tcp=True, tls=True)),
        ),
    ],
)
def test_what_is_missing_stays_out(servers: list[IceServer], chosen: Chosen) -> None:
    assert choose(servers) == chosen
