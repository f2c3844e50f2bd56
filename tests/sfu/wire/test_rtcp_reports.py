from dataclasses import replace

import pytest
from aiortc import rtp as other
from hypothesis import given
from hypothesis import strategies as st

from sfu.wire.errors import WireError
from sfu.wire.rtcp import (
    Bye,
    ReceiverReport,
    ReportBlock,
    RtcpPacket,
    SdesChunk,
    SenderReport,
    SourceDescription,
    parse_rtcp,
    serialize_rtcp,
)
from tests.support.hostile import parses_or_refuses, truncations

U32 = st.integers(0, 0xFFFFFFFF)

BLOCK = ReportBlock(
    ssrc=0xAABBCCDD,
    fraction_lost=64,
    packets_lost=-2,
    highest_sequence=0x0001_FFFE,
    jitter=90,
    lsr=0x4567_89AB,
    dlsr=0x0001_8000,
)
SENDER_REPORT = bytes.fromhex(
    "81 c8 000c"  # one report block
    "00000001"
    "e9917bc0 80000000"  # NTP time
    "00015f90"  # RTP timestamp 90000
    "00000064 0001adb0"  # 100 packets, 110000 octets
    "aabbccdd 40 fffffe 0001fffe 0000005a 456789ab 00018000"
)
RECEIVER_REPORT = bytes.fromhex(
    "81 c9 0007 00000002 aabbccdd 40 fffffe 0001fffe 0000005a 456789ab 00018000"
)
DESCRIPTION = bytes.fromhex(
    "82 ca 0006"
    "00000001 01 03 612f62 02 00 00"  # CNAME "a/b", empty NAME, end
    "00000002 01 05 632f642f65 00"  # CNAME "c/d/e", end: nothing left to pad
)
FIXTURES: dict[str, tuple[bytes, RtcpPacket]] = {
    "sender report": (
        SENDER_REPORT,
        SenderReport(1, 0xE9917BC0_80000000, 90_000, 100, 110_000, (BLOCK,)),
    ),
    "receiver report": (RECEIVER_REPORT, ReceiverReport(2, (BLOCK,))),
    "source description": (
        DESCRIPTION,
        SourceDescription((SdesChunk(1, ((1, b"a/b"), (2, b""))), SdesChunk(2, ((1, b"c/d/e"),)))),
    ),
    "goodbye": (bytes.fromhex("82 cb 0002 00000001 00000002"), Bye((1, 2))),
    "goodbye with a reason": (
        bytes.fromhex("81 cb 0003 00000001 04 6c656674 000000"),
        Bye((1,), b"left"),
    ),
    "goodbye of nobody": (bytes.fromhex("80 cb 0000"), Bye(())),
}


@pytest.mark.parametrize(("data", "packet"), FIXTURES.values(), ids=FIXTURES.keys())
def test_fixture_both_ways(data: bytes, packet: RtcpPacket) -> None:
    assert parse_rtcp(data) == [packet]
    assert packet.serialize() == data


@pytest.mark.parametrize("data", [each for each, _ in FIXTURES.values()], ids=FIXTURES.keys())
def test_truncation_is_refused(data: bytes) -> None:
    assert not any(parses_or_refuses(parse_rtcp, prefix) for prefix in truncations(data))


@pytest.mark.parametrize("data", [each for each, _ in FIXTURES.values()], ids=FIXTURES.keys())
def test_body_cut_short_parses_or_is_refused(data: bytes) -> None:
    for size in range(0, len(data) - 4, 4):
        parses_or_refuses(
            parse_rtcp, data[:2] + (size // 4).to_bytes(2, "big") + data[4 : 4 + size]
        )


def test_another_implementation_reads_the_same() -> None:
    (report,) = other.RtcpPacket.parse(SENDER_REPORT)
    assert report.sender_info.ntp_timestamp == 0xE9917BC0_80000000
    assert report.reports[0].packets_lost == -2


@pytest.mark.parametrize("cname", ["abcdefgh"[:size] for size in range(9)])
def test_another_implementation_exchanges_names(cname: str) -> None:
    """It ends items with two zeros and pads the packet, not the chunk."""
    (description,) = other.RtcpPacket.parse(SourceDescription.of_cname(7, cname).serialize())
    assert description.chunks == [other.RtcpSourceInfo(7, [(1, cname.encode())])]
    assert parse_rtcp(bytes(description)) == [SourceDescription.of_cname(7, cname)]


def test_canonical_name() -> None:
    (packet,) = parse_rtcp(SourceDescription.of_cname(5, "rodã").serialize())
    assert isinstance(packet, SourceDescription)
    assert packet.chunks[0].cname == "rodã"
    assert SdesChunk(1, ((2, b"name"),)).cname is None
    assert SdesChunk(1, ((1, b"\xff"),)).cname == "\N{REPLACEMENT CHARACTER}"


def test_profile_extension_of_a_report_is_ignored() -> None:
    data = b"\x81\xc9\x00\x08" + RECEIVER_REPORT[4:] + b"\x01\x02\x03\x04"
    assert parse_rtcp(data) == [ReceiverReport(2, (BLOCK,))]


@pytest.mark.parametrize(
    "data",
    [
        "80 c8 0004 00000001 00000000 00000000 00000000",  # sender information cut short
        "80 c9 0000",  # no reporter
        "82" + RECEIVER_REPORT.hex()[2:],  # two blocks announced, one there
        "81 ca 0000",  # one chunk announced, none there
        "81 ca 0002 00000001 01 04 6162",  # an item past the end
        "81 ca 0002 00000001 01 02 6162",  # no end of the items
        "81 ca 0002 00000001 01 01 61 01",  # an item without a length
        "82 cb 0001 00000001",  # two sources announced, one there
        "81 cb 0002 00000001 04 6c6566",  # a reason past the end
    ],
)
def test_malformed_packet_is_refused(data: str) -> None:
    with pytest.raises(WireError):
        parse_rtcp(bytes.fromhex(data))


@pytest.mark.parametrize(
    "packet",
    [
        SenderReport(1, 1 << 64, 0, 0, 0),
        ReceiverReport(-1),
        ReceiverReport(1, (BLOCK,) * 32),
        ReceiverReport(1, (replace(BLOCK, packets_lost=1 << 23),)),
        ReceiverReport(1, (replace(BLOCK, fraction_lost=256),)),
        SourceDescription((SdesChunk(1, ((0, b"x"),)),)),
        SourceDescription.of_cname(1, "x" * 256),
        Bye((1,), b"x" * 256),
        Bye((1,) * 32),
        Bye((1 << 32,)),
    ],
)
def test_value_that_does_not_fit_is_refused(packet: RtcpPacket) -> None:
    with pytest.raises(WireError):
        packet.serialize()


def blocks() -> st.SearchStrategy[tuple[ReportBlock, ...]]:
    block = st.builds(
        ReportBlock,
        U32,
        st.integers(0, 255),
        st.integers(-(1 << 23), (1 << 23) - 1),
        U32,
        U32,
        U32,
        U32,
    )
    return st.lists(block, max_size=31).map(tuple)


def descriptions() -> st.SearchStrategy[SourceDescription]:
    items = st.lists(st.tuples(st.integers(1, 255), st.binary(max_size=255)), max_size=5)
    chunk = st.builds(SdesChunk, U32, items.map(tuple))
    return st.builds(SourceDescription, st.lists(chunk, max_size=31).map(tuple))


@given(
    st.lists(
        st.builds(SenderReport, U32, st.integers(0, (1 << 64) - 1), U32, U32, U32, blocks())
        | st.builds(ReceiverReport, U32, blocks())
        | descriptions()
        | st.builds(Bye, st.lists(U32, max_size=31).map(tuple), st.binary(max_size=255)),
        min_size=1,
        max_size=4,
    )
)
def test_any_packets_survive_the_wire(packets: list[RtcpPacket]) -> None:
    assert parse_rtcp(serialize_rtcp(packets)) == packets
