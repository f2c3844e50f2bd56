"""Attribute values: parse → text → equal, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sfu.wire.errors import WireError
from sfu.wire.sdp_values import (
    ExtMap,
    Fingerprint,
    Group,
    Msid,
    Rid,
    RtcpFeedback,
    RtpMap,
    Simulcast,
    SsrcAttribute,
    SsrcGroup,
    format_parameters,
    integer,
    parse_parameters,
)

DIGEST = ":".join(["0A"] * 32)

READ = [
    (RtpMap.parse, "111 opus/48000/2", RtpMap(111, "opus", 48000, 2)),
    (RtpMap.parse, "96 VP8/90000", RtpMap(96, "VP8", 90000)),
    (RtcpFeedback.parse, "96 nack pli", RtcpFeedback(96, "nack pli")),
    (RtcpFeedback.parse, "* ccm fir", RtcpFeedback(None, "ccm fir")),
    (ExtMap.parse, "1 urn:x", ExtMap(1, "urn:x")),
    (ExtMap.parse, "255/recvonly urn:x a b", ExtMap(255, "urn:x", "recvonly", "a b")),
    (ExtMap.parse, "4096 urn:x", ExtMap(4096, "urn:x")),
    (SsrcAttribute.parse, "1 cname:a:b c", SsrcAttribute(1, "cname", "a:b c")),
    (SsrcAttribute.parse, "4294967295 flag", SsrcAttribute(0xFFFFFFFF, "flag")),
    (SsrcGroup.parse, "FID 1 2", SsrcGroup("FID", (1, 2))),
    (Group.parse, "BUNDLE", Group("BUNDLE", ())),
    (Group.parse, "BUNDLE 0 audio1", Group("BUNDLE", ("0", "audio1"))),
    (Rid.parse, "h send", Rid("h", "send")),
    (Rid.parse, "h recv pt=96;max-width=9", Rid("h", "recv", "pt=96;max-width=9")),
    (Simulcast.parse, "send q;~h;f", Simulcast(send=(("q",), ("~h",), ("f",)))),
    (
        Simulcast.parse,
        "send a,b;c recv d",
        Simulcast(send=(("a", "b"), ("c",)), recv=(("d",),)),
    ),
    (Fingerprint.parse, f"sha-256 {DIGEST}", Fingerprint("sha-256", DIGEST)),
    (Msid.parse, "- track", Msid("-", "track")),
    (Msid.parse, "{stream}", Msid("{stream}")),
]

REFUSED = [
    (RtpMap.parse, "opus/48000"),
    (RtpMap.parse, "128 opus/48000"),
    (RtpMap.parse, "-1 opus/48000"),
    (RtpMap.parse, "96 VP8"),
    (RtpMap.parse, "96 VP8/0"),
    (RtpMap.parse, "96 VP8/90000/1/1"),
    (RtpMap.parse, "96 V P8/90000"),
    (RtcpFeedback.parse, "96"),
    (RtcpFeedback.parse, "x nack"),
    (ExtMap.parse, "0 urn:x"),
    (ExtMap.parse, "256 urn:x"),
    (ExtMap.parse, "4352 urn:x"),
    (ExtMap.parse, "1/sideways urn:x"),
    (ExtMap.parse, "1"),
    (SsrcAttribute.parse, "4294967296 cname:x"),
    (SsrcAttribute.parse, "1"),
    (SsrcGroup.parse, "FID 1 x"),
    (Rid.parse, "h"),
    (Rid.parse, "h both"),
    (Rid.parse, "h/2 send"),
    (Rid.parse, f"{'h' * 33} send"),
    (Simulcast.parse, "send"),
    (Simulcast.parse, "send a send b"),
    (Simulcast.parse, "send a;;b"),
    (Simulcast.parse, "both a"),
    (Fingerprint.parse, "sha-256 0A:0B"),
    (Fingerprint.parse, DIGEST),
    (Msid.parse, "stream track extra"),
]


@pytest.mark.parametrize(("parse", "text", "value"), READ)
def test_reads_and_writes(parse: Callable[[str], object], text: str, value: object) -> None:
    assert parse(text) == value
    assert str(value) == text


@pytest.mark.parametrize(("parse", "text"), REFUSED)
def test_refuses(parse: Callable[[str], object], text: str) -> None:
    with pytest.raises(WireError):
        parse(text)


@pytest.mark.parametrize("text", ["", "+1", " 1", "1_0", "٣", "²", "0x1", "9" * 21, "11"])
def test_integer_takes_only_digits_in_range(text: str) -> None:
    with pytest.raises(WireError):
        integer(text, 0, 10)


def test_fingerprints_are_compared_in_one_case() -> None:
    assert Fingerprint.parse(f"SHA-256 {DIGEST.lower()}") == Fingerprint("sha-256", DIGEST)


@pytest.mark.parametrize(
    ("text", "parameters", "written"),
    [
        ("a=1; b=2", (("a", "1"), ("b", "2")), "a=1;b=2"),
        ("111/111", (("", "111/111"),), "111/111"),
        ("0-15", (("", "0-15"),), "0-15"),
        ("k=v=w;;", (("k", "v=w"),), "k=v=w"),
        ("=v", (("", "=v"),), "=v"),
        ("k=", (("k", ""),), "k="),
    ],
)
def test_parameters(text: str, parameters: tuple[tuple[str, str], ...], written: str) -> None:
    assert parse_parameters(text) == parameters
    assert format_parameters(parameters) == written
    assert parse_parameters(written) == parameters
