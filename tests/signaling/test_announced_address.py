"""An announced address is one that a browser could send to, or the start stops with the reason."""

from __future__ import annotations

import pytest

from signaling.announced_address import checked_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("10.0.0.7", "10.0.0.7"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("2001:0DB8:0:0::7", "2001:db8::7"),
        ("fd00::7", "fd00::7"),
    ],
)
def test_good(text: str, address: str) -> None:
    assert checked_address(text) == address


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("video.example.org", "not an IP address"),
        ("203.0.113.7:7882", "neither names nor ports"),
        ("[2001:db8::7]:7882", "neither names nor ports"),
        ("203.0.113.0/24", "not an IP address"),
        ("203.0.113.007", "not an IP address"),
        ("[203.0.113.7", "not an IP address"),
        ("0.0.0.0", "every address"),
        ("::", "every address"),
        ("224.0.0.1", "group"),
        ("ff02::1", "group"),
        ("169.254.1.1", "own link"),
        ("fe80::1", "own link"),
        ("fe80::1%eth0", "zone"),
        ("::ffff:203.0.113.7", "write 203.0.113.7"),
        ("255.255.255.255", "future"),
        ("x" * 500, "'x{60}'"),
    ],
)
def test_bad(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        checked_address(text)
