from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.wire.errors import WireError
from sfu.wire.sdp_fragment import SdpFragment, build_fragment, parse_fragment

RFC_8840 = (  # section 9.3, shortened
    "a=group:BUNDLE 0 1\r\na=ice-ufrag:9uB6\r\na=ice-pwd:YH75Fviy6338Vbrhrlp8Yh\r\n"
    "m=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
    "a=candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host\r\n"
    "m=audio 9 RTP/AVP 0\r\na=mid:1\r\n"
    "a=candidate:2 1 udp 2130706431 192.0.2.2 5000 typ host\r\na=end-of-candidates\r\n"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            RFC_8840,
            SdpFragment(
                "9uB6",
                "YH75Fviy6338Vbrhrlp8Yh",
                (
                    "1 1 udp 2130706431 192.0.2.1 5000 typ host",
                    "2 1 udp 2130706431 192.0.2.2 5000 typ host",
                ),
                True,
            ),
        ),
        (
            "m=audio 9 RTP/AVP 0\na=mid:0\na=ice-ufrag:abcd\na=ice-pwd:" + "p" * 22,
            SdpFragment("abcd", "p" * 22),
        ),
        (
            "a=candidate:1 1 udp 1 192.0.2.1 9 typ host",
            SdpFragment(None, None, ("1 1 udp 1 192.0.2.1 9 typ host",)),
        ),
        ("a=end-of-candidates\r\n", SdpFragment(None, None, (), True)),
    ],
)
def test_reads(text: str, expected: SdpFragment) -> None:
    assert parse_fragment(text) == expected


@pytest.mark.parametrize("text", ["", " \r\n", "rubbish", "m=audio", "a=x\x00", "a=" + "x" * 17000])
def test_refuses(text: str) -> None:
    with pytest.raises(WireError):
        parse_fragment(text)


@given(st.text(max_size=300))
def test_any_text_is_a_fragment_or_an_error(text: str) -> None:
    try:
        parse_fragment(text)
    except WireError:
        return


def test_what_is_built_can_be_read() -> None:
    text = build_fragment(
        ufrag="abcd",
        password="p" * 24,
        lite=True,
        bundle=["0", "1"],
        media_line="audio 9 UDP/TLS/RTP/SAVPF 111",
        mid="0",
        candidates=["1 1 udp 1 192.0.2.1 9 typ host"],
    )
    assert text.splitlines() == [
        "a=ice-lite",
        "a=group:BUNDLE 0 1",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "a=mid:0",
        "a=ice-ufrag:abcd",
        f"a=ice-pwd:{'p' * 24}",
        "a=candidate:1 1 udp 1 192.0.2.1 9 typ host",
        "a=end-of-candidates",
    ]
    read = parse_fragment(text)
    assert (read.ufrag, read.password, read.ended) == ("abcd", "p" * 24, True)
