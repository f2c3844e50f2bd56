"""RTP packets. The cost of parsing is measured by ``bench/wire.py``."""

from dataclasses import dataclass

import pytest
from aiortc.rtp import RtpPacket as OtherRtpPacket
from hypothesis import given
from hypothesis import strategies as st

from sfu.wire.errors import WireError
from sfu.wire.rtp import (
    RtpPacket,
    build_extensions,
    is_dtls,
    is_rtcp,
    is_rtp,
    is_stun,
    parse_extensions,
    parse_rtp,
    unwrap_rtx,
    wrap_rtx,
)
from tests.support.hostile import parses_or_refuses, truncations

U16 = st.integers(0, 0xFFFF)
U32 = st.integers(0, 0xFFFFFFFF)

PLAIN = bytes.fromhex(
    "80 6f"  # version 2; payload type 111
    "16 2e"  # sequence number 5678
    "00 0b c0 1c"  # timestamp
    "de ad be ef"  # SSRC
    "fc ff fe"  # payload
)
FULL = bytes.fromhex(
    "b2 e0"  # version 2, padding, extension, two CSRCs; marker, payload type 96
    "ff ff"
    "ff ff ff fe"
    "00 00 00 01"
    "00 00 00 02 80 00 00 03"  # CSRCs
    "be de 00 02"  # one-byte extensions, two words
    "10 30"  # id 1: MID "0"
    "51 12 34"  # id 5: transport-wide sequence number
    "00 00 00"  # padding of the extension
    "90 80 01"  # payload
    "00 00 00 00 05"  # five bytes of padding
)
EXTENDED = bytes.fromhex("90 60 00 01 00 00 00 02 00 00 00 03 be de 00 01 10 30 00 00 aa bb")


@dataclass(frozen=True)
class Case:
    data: bytes
    packet: RtpPacket


CASES = {
    "plain": Case(
        PLAIN,
        RtpPacket(
            payload_type=111,
            sequence_number=5678,
            timestamp=770_076,
            ssrc=0xDEADBEEF,
            payload=b"\xfc\xff\xfe",
        ),
    ),
    "everything": Case(
        FULL,
        RtpPacket(
            payload_type=96,
            sequence_number=0xFFFF,
            timestamp=0xFFFFFFFE,
            ssrc=1,
            payload=b"\x90\x80\x01",
            marker=True,
            csrcs=(2, 0x80000003),
            extension_profile=0xBEDE,
            extension_data=bytes.fromhex("1030511234000000"),
            padding_size=5,
        ),
    ),
    "extension alone": Case(
        EXTENDED,
        RtpPacket(
            payload_type=96,
            sequence_number=1,
            timestamp=2,
            ssrc=3,
            payload=b"\xaa\xbb",
            extension_profile=0xBEDE,
            extension_data=bytes.fromhex("10300000"),
        ),
    ),
    "highest payload type, no marker": Case(
        bytes.fromhex("80 7f 0001 00000002 00000003"),
        RtpPacket(payload_type=127, sequence_number=1, timestamp=2, ssrc=3),
    ),
    "bare padding": Case(
        bytes.fromhex("a0 60 0001 00000002 00000003 0000 0003"),
        RtpPacket(
            payload_type=96, sequence_number=1, timestamp=2, ssrc=3, payload=b"\0", padding_size=3
        ),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_fixture_both_ways(case: Case) -> None:
    assert parse_rtp(case.data) == case.packet
    assert case.packet.serialize() == case.data


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_another_implementation_agrees(case: Case) -> None:
    other = OtherRtpPacket.parse(case.data)
    assert (other.payload, other.csrc) == (case.packet.payload, list(case.packet.csrcs))
    assert (other.sequence_number, other.marker) == (
        case.packet.sequence_number,
        int(case.packet.marker),
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        PLAIN[:11],
        b"\x40" + PLAIN[1:],  # version 1
        b"\xc0" + PLAIN[1:],  # version 3
        b"\xd0" + EXTENDED[1:],  # version 3 with an extension
        b"\x8f" + PLAIN[1:],  # 15 CSRCs that are not there
        b"\x90" + PLAIN[1:],  # an extension header that is not whole
        EXTENDED[:15] + b"\x03" + EXTENDED[16:],  # an extension longer than the packet
        FULL[:-1] + b"\x00",  # padding of no byte
        FULL[:-1] + b"\x09",  # padding that reaches into the extension
    ],
)
def test_malformed_packet_is_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        parse_rtp(data)


@pytest.mark.parametrize("data", [case.data for case in CASES.values()], ids=CASES.keys())
def test_truncated_packet_parses_or_is_refused(data: bytes) -> None:
    results = [parses_or_refuses(parse_rtp, prefix) for prefix in truncations(data)]
    assert not any(results[:12])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("payload_type", 128),
        ("payload_type", -1),
        ("sequence_number", 0x10000),
        ("timestamp", -1),
        ("ssrc", 1 << 32),
        ("csrcs", tuple(range(16))),
        ("csrcs", (-1,)),
        ("padding_size", 256),
        ("extension_data", b"abc"),
        ("extension_profile", 0x10000),
    ],
)
def test_value_that_does_not_fit_is_refused(field: str, value: object) -> None:
    packet = parse_rtp(PLAIN)
    setattr(packet, field, value)
    with pytest.raises(WireError):
        packet.serialize()


def packets() -> st.SearchStrategy[RtpPacket]:
    extension = st.integers(0, 40).flatmap(lambda n: st.binary(min_size=4 * n, max_size=4 * n))
    return st.builds(
        RtpPacket,
        payload_type=st.integers(0, 127),
        sequence_number=U16,
        timestamp=U32,
        ssrc=U32,
        payload=st.binary(max_size=100),
        marker=st.booleans(),
        csrcs=st.lists(U32, max_size=15).map(tuple),
        extension_profile=st.integers(1, 0xFFFF),
        extension_data=extension,
        padding_size=st.integers(0, 255),
    )


@given(packets())
def test_any_packet_survives_the_wire(packet: RtpPacket) -> None:
    assert parse_rtp(packet.serialize()) == packet


@given(st.binary(max_size=80))
def test_any_bytes_parse_or_are_refused(data: bytes) -> None:
    parses_or_refuses(parse_rtp, data)


@given(st.sampled_from([0x80, 0x90, 0xA0, 0xB1, 0x9F]), st.binary(min_size=11, max_size=80))
def test_what_parses_serializes_to_the_same_packet(first: int, rest: bytes) -> None:
    data = bytes((first,)) + rest
    try:
        packet = parse_rtp(data)
    except WireError:
        return
    assert parse_rtp(packet.serialize()) == packet


# --- telling datagrams apart ---


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x00\x01" + bytes(18), "stun"),
        (b"\x03" + bytes(19), "stun"),
        (b"\x04" + bytes(19), None),
        (b"\x00\x01" + bytes(17), None),  # shorter than any STUN message
        (b"\x13" + bytes(20), None),
        (b"\x14" + bytes(12), "dtls"),
        (b"\x3f" + bytes(12), "dtls"),
        (b"\x40" + bytes(20), None),  # TURN channel data
        (b"\x7f" + bytes(20), None),
        (b"\x80\x60" + bytes(10), "rtp"),
        (b"\x80\xbf" + bytes(10), "rtp"),
        (b"\xbf\xe0" + bytes(10), "rtp"),
        (b"\x80\x60" + bytes(9), None),
        (b"\x80\xc0" + bytes(6), "rtcp"),
        (b"\x81\xc8" + bytes(26), "rtcp"),
        (b"\xbf\xdf" + bytes(2), "rtcp"),
        (b"\xc0\xc8" + bytes(26), None),
        (b"", None),
        (b"\x80", None),
    ],
)
def test_first_bytes_tell_protocols_apart(data: bytes, kind: str | None) -> None:
    tests = {"stun": is_stun, "dtls": is_dtls, "rtp": is_rtp, "rtcp": is_rtcp}
    assert [name for name, test in tests.items() if test(data)] == ([kind] if kind else [])


@given(st.binary(max_size=30))
def test_a_datagram_is_at_most_one_protocol(data: bytes) -> None:
    assert sum(test(data) for test in (is_stun, is_dtls, is_rtp, is_rtcp)) <= 1


# --- header extensions ---


@pytest.mark.parametrize(
    ("profile", "data", "elements"),
    [
        (0xBEDE, "", {}),
        (0xBEDE, "10 30 51 12 34 00 00 00", {1: b"0", 5: b"\x12\x34"}),
        (0xBEDE, "00 00 10 aa", {1: b"\xaa"}),  # padding before an element
        (0xBEDE, "10 aa f0 bb 20 cc 00 00", {1: b"\xaa"}),  # id 15 ends the extension
        (0xBEDE, "10 aa 01 bb 20 cc 00 00", {1: b"\xaa"}),  # so does id 0 with a length
        (0xBEDE, "10 aa 10 bb", {1: b"\xbb"}),
        (0x1000, "01 01 aa 00 10 00 00 00", {1: b"\xaa", 16: b""}),
        (0x100F, "ff 02 aa bb", {255: b"\xaa\xbb"}),
        (0x1010, "01 01 aa 00", {}),
        (0x9999, "01 01 aa 00", {}),
    ],
)
def test_extension_elements(profile: int, data: str, elements: dict[int, bytes]) -> None:
    assert parse_extensions(profile, bytes.fromhex(data)) == elements


@pytest.mark.parametrize(
    ("profile", "data"),
    [(0xBEDE, "1f"), (0xBEDE, "00 00 00 13"), (0x1000, "01"), (0x1000, "01 03 aa bb")],
)
def test_extension_element_past_the_end_is_refused(profile: int, data: str) -> None:
    with pytest.raises(WireError):
        parse_extensions(profile, bytes.fromhex(data))


@pytest.mark.parametrize(
    ("elements", "profile", "data"),
    [
        ([], 0, ""),
        ([(1, b"0")], 0xBEDE, "10 30 00 00"),
        ([(1, b"0"), (5, b"\x12\x34")], 0xBEDE, "10 30 51 12 34 00 00 00"),
        ([(14, bytes(16))], 0xBEDE, "ef" + "00" * 19),
        ([(15, b"a")], 0x1000, "0f 01 61 00"),
        ([(1, b"")], 0x1000, "01 00 00 00"),
        ([(1, bytes(17))], 0x1000, "01 11" + "00" * 18),
    ],
)
def test_extension_form_is_the_smallest_that_fits(
    elements: list[tuple[int, bytes]], profile: int, data: str
) -> None:
    assert build_extensions(elements) == (profile, bytes.fromhex(data))


@pytest.mark.parametrize("size", [1, 16, 17, 200])
def test_the_first_value_stands_at_the_same_place_in_either_form(size: int) -> None:
    elements = [(3, b"\xab\xcd"), (2, bytes(size))]
    profile, body = build_extensions(elements, first_at_two=True)
    assert body[2:4] == b"\xab\xcd"
    assert parse_extensions(profile, body) == dict(elements)


@pytest.mark.parametrize("element", [(0, b"a"), (256, b"a"), (1, bytes(256))])
def test_element_that_no_form_carries_is_refused(element: tuple[int, bytes]) -> None:
    with pytest.raises(WireError):
        build_extensions([element])


@given(
    st.dictionaries(st.integers(1, 14), st.binary(min_size=1, max_size=16), max_size=14)
    | st.dictionaries(st.integers(1, 255), st.binary(max_size=255), max_size=20)
)
def test_any_elements_survive_the_wire(elements: dict[int, bytes]) -> None:
    assert parse_extensions(*build_extensions(list(elements.items()))) == elements


@given(st.sampled_from([0xBEDE, 0x1000, 0x100F, 0]), st.binary(max_size=40))
def test_any_extension_parses_or_is_refused(profile: int, data: bytes) -> None:
    parses_or_refuses(lambda value: parse_extensions(profile, value), data)


# --- retransmission ---


def test_retransmission_carries_the_original_number_before_the_payload() -> None:
    wrapped = wrap_rtx(parse_rtp(FULL), payload_type=97, ssrc=77, sequence_number=5)
    assert wrapped.payload == b"\xff\xff\x90\x80\x01"
    assert (wrapped.payload_type, wrapped.ssrc, wrapped.sequence_number) == (97, 77, 5)
    assert (wrapped.timestamp, wrapped.marker) == (0xFFFFFFFE, True)
    assert wrapped.extension_data == bytes.fromhex("1030511234000000")
    assert wrapped.padding_size == 0


@given(packets(), st.integers(0, 127), U32, U16)
def test_retransmission_is_undone(
    packet: RtpPacket, rtx_type: int, rtx_ssrc: int, seq: int
) -> None:
    wrapped = parse_rtp(wrap_rtx(packet, rtx_type, rtx_ssrc, seq).serialize())
    packet.padding_size = 0
    assert unwrap_rtx(wrapped, packet.payload_type, packet.ssrc) == packet


@pytest.mark.parametrize("payload", [b"", b"\x01"])
def test_retransmission_without_an_original_is_refused(payload: bytes) -> None:
    probe = RtpPacket(payload_type=97, sequence_number=1, timestamp=2, ssrc=3, payload=payload)
    with pytest.raises(WireError):
        unwrap_rtx(probe, 96, 1)


def test_description_of_a_packet_does_not_spill_its_payload() -> None:
    assert "payload=3 bytes" in repr(parse_rtp(PLAIN))
