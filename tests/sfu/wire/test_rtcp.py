"""Compound datagrams: many packets in one, padding, what is unknown, what is malformed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.wire.errors import WireError
from sfu.wire.rtcp import (
    Bye,
    Nack,
    PictureLossIndication,
    ReceiverReport,
    SourceDescription,
    UnknownRtcp,
    parse_rtcp,
    serialize_rtcp,
)
from tests.support.hostile import parses_or_refuses, truncations

COMPOUND = bytes.fromhex(
    "80 c9 0001 00000001"  # receiver report of SSRC 1 without blocks
    "81 ca 0004 00000001 01 07 726f64612f3132 00 0000"  # CNAME "roda/12"
    "81 ce 0002 00000001 00000002"  # picture loss
    "80 cf 0002 00000001 04010000"  # extended report
    "81 cb 0001 00000001"  # goodbye
)
PACKETS = [
    ReceiverReport(1),
    SourceDescription.of_cname(1, "roda/12"),
    PictureLossIndication(1, 2),
    UnknownRtcp(207, 0, bytes.fromhex("0000000104010000")),
    Bye((1,)),
]


def test_compound_both_ways() -> None:
    assert parse_rtcp(COMPOUND) == PACKETS
    assert serialize_rtcp(PACKETS) == COMPOUND


def test_reduced_size_datagram_needs_no_report() -> None:
    assert parse_rtcp(COMPOUND[28:40]) == [PictureLossIndication(1, 2)]


@pytest.mark.parametrize(
    ("data", "body"),
    [
        ("a0 cf 0002 aabbccdd 00000004", "aabbccdd"),
        ("a0 cf 0002 aabbccdd ee 000003", "aabbccddee"),  # as browsers align feedback
        ("a0 cf 0001 00000004", ""),
    ],
)
def test_padding_is_taken_off_and_put_back(data: str, body: str) -> None:
    packets = parse_rtcp(bytes.fromhex(data))
    assert packets == [UnknownRtcp(207, 0, bytes.fromhex(body))]
    assert parse_rtcp(serialize_rtcp(packets)) == packets


def test_padding_is_allowed_before_the_last_packet() -> None:
    data = bytes.fromhex("a0 cf 0002 aabbccdd ee 000003") + COMPOUND[:8]
    assert parse_rtcp(data)[1:] == [ReceiverReport(1)]


@pytest.mark.parametrize(
    "data",
    [
        "",
        "80 c9 00",
        "80 c9 0002 00000001",  # longer than the datagram
        "40 c9 0001 00000001",  # version 1
        "a0 c9 0001 00000000",  # padding of no byte
        "a0 c9 0001 00000005",  # padding longer than the packet
        "a0 c9 0000",  # padding without room for its length
        "80 c9 0001 00000001 80",  # a rest that is no header
    ],
)
def test_malformed_datagram_is_refused(data: str) -> None:
    with pytest.raises(WireError):
        parse_rtcp(bytes.fromhex(data))


def test_truncated_datagram_parses_only_between_packets() -> None:
    whole = [n for n, cut in enumerate(truncations(COMPOUND)) if parses_or_refuses(parse_rtcp, cut)]
    assert whole == [8, 28, 40, 52]


@pytest.mark.parametrize(
    "packet",
    [
        UnknownRtcp(256, 0, b""),
        UnknownRtcp(207, 32, b""),
        UnknownRtcp(207, 0, bytes(4 * 0x10000)),
        Nack(1, 2, (0x10000,)),
    ],
)
def test_packet_that_does_not_fit_is_refused(packet: UnknownRtcp | Nack) -> None:
    with pytest.raises(WireError):
        serialize_rtcp([packet])


@given(
    st.lists(
        st.builds(UnknownRtcp, st.integers(207, 223), st.integers(0, 31), st.binary(max_size=50)),
        min_size=1,
        max_size=10,
    )
)
def test_unknown_packets_survive_the_wire(packets: list[UnknownRtcp]) -> None:
    assert parse_rtcp(serialize_rtcp(packets)) == packets


@given(st.binary(max_size=200))
def test_any_bytes_parse_or_are_refused(data: bytes) -> None:
    parses_or_refuses(parse_rtcp, data)


@given(st.integers(0, 31), st.sampled_from([200, 201, 202, 203, 205, 206]), st.binary(max_size=120))
def test_any_body_of_a_known_packet_parses_or_is_refused(
    count: int, packet_type: int, body: bytes
) -> None:
    data = serialize_rtcp([UnknownRtcp(packet_type, count, body)])
    try:
        packets = parse_rtcp(data)
    except WireError:
        return
    settled = parse_rtcp(serialize_rtcp(packets))  # a NACK's numbers may be put in order
    assert [type(packet) for packet in settled] == [type(packet) for packet in packets]
    assert parse_rtcp(serialize_rtcp(settled)) == settled
