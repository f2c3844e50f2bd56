import pytest
from aiortc import rtp as other
from hypothesis import given
from hypothesis import strategies as st

from sfu.wire.errors import WireError
from sfu.wire.rtcp import (
    FullIntraRequest,
    Nack,
    PictureLossIndication,
    Remb,
    RtcpPacket,
    UnknownRtcp,
    parse_rtcp,
    serialize_rtcp,
)
from tests.support.hostile import parses_or_refuses, truncations

U32 = st.integers(0, 0xFFFFFFFF)

FIXTURES: dict[str, tuple[bytes, RtcpPacket]] = {
    "nack": (
        bytes.fromhex(
            "81 cd 0004 00000001 00000002"
            "0064 8005"  # 100, and 101, 103, 116
            "0075 0000"  # 117, one too far for the mask
        ),
        Nack(1, 2, (100, 101, 103, 116, 117)),
    ),
    "nack over the wrap": (
        bytes.fromhex("81 cd 0003 00000001 00000002 fffe 0003"),
        Nack(1, 2, (0xFFFE, 0xFFFF, 0)),
    ),
    "picture loss": (
        bytes.fromhex("81 ce 0002 00000001 00000002"),
        PictureLossIndication(1, 2),
    ),
    "full intra request": (
        bytes.fromhex("84 ce 0006 00000001 00000000 00000002 07 000000 00000003 ff 000000"),
        FullIntraRequest(1, ((2, 7), (3, 255))),
    ),
    "remb": (
        bytes.fromhex(
            "8f ce 0006 00000001 00000000"
            "52454d42 02"  # "REMB", two sources
            "12dffe"  # 4 and 188414: 188414 << 4
            "00000002 00000003"
        ),
        Remb(1, 188_414 << 4, (2, 3)),
    ),
}


@pytest.mark.parametrize(("data", "packet"), FIXTURES.values(), ids=FIXTURES.keys())
def test_fixture_both_ways(data: bytes, packet: RtcpPacket) -> None:
    assert parse_rtcp(data) == [packet]
    assert packet.serialize() == data


@pytest.mark.parametrize("data", [each for each, _ in FIXTURES.values()], ids=FIXTURES.keys())
def test_truncation_is_refused(data: bytes) -> None:
    assert not any(parses_or_refuses(parse_rtcp, prefix) for prefix in truncations(data))


def test_another_implementation_reads_the_same() -> None:
    (nack,) = other.RtcpPacket.parse(FIXTURES["nack"][0])
    assert nack.lost == [100, 101, 103, 116, 117]
    (remb,) = other.RtcpPacket.parse(FIXTURES["remb"][0])
    assert other.unpack_remb_fci(remb.fci) == (188_414 << 4, [2, 3])


@pytest.mark.parametrize(
    "data",
    [
        "81 cd 0001 00000001",  # no media source
        "81 ce 0001 00000001",
        "a1 cd 0003 00000001 00000002 0064 0002",  # half an item after padding
        "84 ce 0003 00000001 00000000 00000002",  # half an entry
        "8f ce 0004 00000001 00000000 52454d42 01000001",  # one source announced, none there
        "8f ce 0005 00000001 00000000 52454d42 00000001 00000002",  # one too many
        "8f ce 0003 00000001 00000000 52454d42",  # no bitrate
        "8f ce 0004 00000001 00000000 52454d42 00ffffff",  # 262143 << 63 bit/s
    ],
)
def test_malformed_packet_is_refused(data: str) -> None:
    with pytest.raises(WireError):
        parse_rtcp(bytes.fromhex(data))


@pytest.mark.parametrize(
    "packet",
    [
        UnknownRtcp(206, 15, bytes.fromhex("00000001 00000002 41424344 00000000")),
        UnknownRtcp(206, 15, b""),
        UnknownRtcp(206, 2, bytes(12)),  # slice loss
        UnknownRtcp(205, 3, bytes(16)),  # temporary bitrate limit
    ],
)
def test_other_feedback_is_kept_as_it_is(packet: UnknownRtcp) -> None:
    assert parse_rtcp(packet.serialize()) == [packet]


@pytest.mark.parametrize(
    "packet",
    [
        Nack(1, 2, (-1,)),
        Nack(1 << 32, 2, ()),
        FullIntraRequest(1, ((2, 256),)),
        Remb(1, 1 << 64, ()),
        Remb(1, -1, ()),
        Remb(1, 1000, (2,) * 256),
    ],
)
def test_value_that_does_not_fit_is_refused(packet: RtcpPacket) -> None:
    with pytest.raises(WireError):
        packet.serialize()


@given(st.sets(st.integers(0, 0xFFFF), max_size=300))
def test_any_losses_survive_the_wire(lost: set[int]) -> None:
    nack = Nack(1, 2, tuple(sorted(lost)))
    assert parse_rtcp(nack.serialize()) == [nack]


@given(st.lists(st.integers(0, 0xFFFF), max_size=100))
def test_losses_out_of_order_are_all_named(lost: list[int]) -> None:
    (nack,) = parse_rtcp(Nack(1, 2, tuple(lost)).serialize())
    assert isinstance(nack, Nack)
    assert set(nack.sequence_numbers) == set(lost)


@given(st.integers(0, (1 << 64) - 1), st.lists(U32, max_size=255))
def test_estimate_is_rounded_down_to_18_bits(bitrate_bps: int, ssrcs: list[int]) -> None:
    (remb,) = parse_rtcp(Remb(1, bitrate_bps, tuple(ssrcs)).serialize())
    assert isinstance(remb, Remb)
    assert remb.ssrcs == tuple(ssrcs)
    assert 0 <= bitrate_bps - remb.bitrate_bps <= bitrate_bps >> 17


@given(
    st.lists(
        st.builds(PictureLossIndication, U32, U32)
        | st.builds(
            FullIntraRequest,
            U32,
            st.lists(st.tuples(U32, st.integers(0, 255)), max_size=20).map(tuple),
            U32,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_any_keyframe_requests_survive_the_wire(packets: list[RtcpPacket]) -> None:
    assert parse_rtcp(serialize_rtcp(packets)) == packets
