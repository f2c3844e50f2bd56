import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.wire.errors import WireError
from sfu.wire.rtcp import TransportFeedback, UnknownRtcp, parse_rtcp
from tests.support.hostile import parses_or_refuses, truncations

FIXTURE = bytes.fromhex(
    "af cd 0008"  # padded; transport-wide feedback
    "00000001 00000002"  # sender, media source
    "fffe 0014"  # base 65534, twenty packets
    "000005 07"  # reference 5 * 64 ms, seventh feedback
    "2003"  # run of 3 small deltas: 65534, 65535, 0
    "d600"  # two-bit vector: small, small, large, lost * 4: 1, 2, 3; 4..7 lost
    "a800"  # one-bit vector: small at 8 and 10; its last four beyond the end
    "04 00 08"  # +1 ms, +0, +2 ms
    "0c 10 fffc"  # +3 ms, +4 ms, -1 ms
    "14 18"  # +5 ms, +6 ms
    "01"  # one byte of padding
)
VALUE = TransportFeedback(
    sender_ssrc=1,
    media_ssrc=2,
    base_sequence=0xFFFE,
    status_count=20,
    reference_time=5,
    feedback_count=7,
    received=(
        (0xFFFE, 4),
        (0xFFFF, 0),
        (0, 8),
        (1, 12),
        (2, 16),
        (3, -4),
        (8, 20),
        (10, 24),
    ),
)


def parse(data: bytes) -> TransportFeedback:
    (packet,) = parse_rtcp(data)
    assert isinstance(packet, TransportFeedback)
    return packet


def with_chunks(status_count: int, chunks_and_deltas: str) -> bytes:
    head = bytes.fromhex("00000001 00000002 0000") + status_count.to_bytes(2, "big") + bytes(4)
    return UnknownRtcp(205, 15, head + bytes.fromhex(chunks_and_deltas)).serialize()


def test_fixture_is_read() -> None:
    assert parse(FIXTURE) == VALUE


def test_value_survives_the_wire() -> None:
    assert parse(VALUE.serialize()) == VALUE


def test_arrival_times() -> None:
    assert parse(FIXTURE).arrivals_us() == [
        (0xFFFE, 321_000),
        (0xFFFF, 321_000),
        (0, 323_000),
        (1, 326_000),
        (2, 330_000),
        (3, 329_000),
        (8, 334_000),
        (10, 340_000),
    ]


def test_truncation_is_refused() -> None:
    assert not any(parses_or_refuses(parse_rtcp, prefix) for prefix in truncations(FIXTURE))


@pytest.mark.parametrize("size", range(len(FIXTURE) - 5))
def test_body_cut_short_is_refused(size: int) -> None:
    with pytest.raises(WireError):
        parse_rtcp(UnknownRtcp(205, 15, FIXTURE[4 : 4 + size]).serialize())


def test_zeros_may_pad_instead_of_padding() -> None:
    assert parse(with_chunks(1, "2001 04 00")).received == ((0, 4),)


def test_run_past_the_end_is_cut() -> None:
    assert parse(with_chunks(2, "3fff 04 08")).received == ((0, 4), (1, 8))


def test_losses_alone_take_no_room() -> None:
    feedback = parse(with_chunks(0xFFFF, "1fff" * 9))
    assert feedback.status_count == 0xFFFF
    assert feedback.received == ()


@pytest.mark.parametrize(
    ("status_count", "chunks"),
    [
        (1, ""),  # no status
        (8000, "3f40"),  # eight thousand arrivals without a delta
        (0xFFFF, "3fff" * 9),
        (20, "bfff"),  # more statuses announced than there
        (1, "6001 0000 00"),  # reserved status, in a run
        (1, "f000 0000 00"),  # and in a vector
        (0xFFFF, "ffff" * 40),
    ],
)
def test_malformed_feedback_is_refused(status_count: int, chunks: str) -> None:
    with pytest.raises(WireError):
        parse_rtcp(with_chunks(status_count, chunks))


@pytest.mark.parametrize(
    ("symbols", "chunks"),
    [
        ([1] * 3, "2003"),
        ([0] * 2 + [1], "8800"),
        ([1] + [0] * 20 + [1], "a000 8040"),
        ([1] * 8 + [2] * 2, "2008 4002"),
        ([1, 2, 0, 0, 0, 0, 1, 1], "d801 2001"),
    ],
)
def test_statuses_are_packed_tightly(symbols: list[int], chunks: str) -> None:
    deltas = {0: None, 1: 4, 2: -4}
    received = tuple(
        (number, delta)
        for number, symbol in enumerate(symbols)
        if (delta := deltas[symbol]) is not None
    )
    data = TransportFeedback(1, 2, 0, len(symbols), 0, 0, received).serialize()
    wanted = bytes.fromhex(chunks)
    assert data[20 : 20 + len(wanted)] == wanted
    assert parse(data).received == received


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("received", ((0, 0x8000),)),
        ("received", ((0, -0x8001),)),
        ("received", ((5, 0),)),  # beyond status_count
        ("received", ((1, 0), (0, 0))),
        ("received", ((0, 0), (0, 0))),
        ("reference_time", 1 << 23),
        ("feedback_count", 256),
        ("base_sequence", 1 << 16),
        ("media_ssrc", -1),
    ],
)
def test_value_that_does_not_fit_is_refused(field: str, value: object) -> None:
    fields = {
        "sender_ssrc": 1,
        "media_ssrc": 2,
        "base_sequence": 0,
        "status_count": 5,
        "reference_time": 0,
        "feedback_count": 0,
        "received": (),
    }
    with pytest.raises(WireError):
        TransportFeedback(**{**fields, field: value}).serialize()  # type: ignore[arg-type]


def test_feedback_from_arrivals() -> None:
    feedback = TransportFeedback.from_arrivals(
        1, 2, 256, [(0x1FFFF, 1_000_000), (0x20000, 1_000_400), (0x20003, 999_000)]
    )
    assert (feedback.base_sequence, feedback.status_count) == (0xFFFF, 5)
    assert feedback.feedback_count == 0
    assert feedback.arrivals_us() == [(0xFFFF, 1_000_000), (0, 1_000_250), (3, 999_000)]


@pytest.mark.parametrize(
    "arrivals",
    [[], [(0, 0), (0x10000, 1)], [(0, 0), (1, 10_000_000)], [(0, 10_000_000), (1, 0)]],
)
def test_arrivals_too_far_apart_are_refused(arrivals: list[tuple[int, int]]) -> None:
    with pytest.raises(WireError):
        TransportFeedback.from_arrivals(1, 2, 0, arrivals)


@given(
    st.integers(0, 1 << 20),
    st.integers(0, 1 << 38),
    st.lists(
        st.tuples(st.integers(1, 30) | st.integers(1, 3000), st.integers(-2000, 100_000)),
        max_size=60,
    ).filter(lambda steps: sum(gap for gap, _ in steps) < 0xFFFF),
)
def test_any_arrivals_survive_the_wire(
    first: int, first_us: int, steps: list[tuple[int, int]]
) -> None:
    """To 250 µs, and to the wrap of the 24 bits that count 64 ms."""
    arrivals = [(first, first_us + 1_000_000)]
    for gap, passed_us in steps:
        arrivals.append((arrivals[-1][0] + gap, arrivals[-1][1] + passed_us))
    feedback = TransportFeedback.from_arrivals(1, 2, 3, arrivals)
    read = parse(feedback.serialize())
    assert read == feedback
    wrap = (1 << 24) * 64_000
    assert read.arrivals_us()[0][1] % wrap == (arrivals[0][1] // 250 * 250) % wrap
    for (number, arrival_us), (read_number, read_us) in zip(
        arrivals, read.arrivals_us(), strict=True
    ):
        assert read_number == number & 0xFFFF
        assert (arrival_us - read_us) % wrap < 250


@given(st.integers(0, 0xFFFF), st.binary(max_size=60))
def test_any_chunks_parse_or_are_refused(status_count: int, rest: bytes) -> None:
    data = with_chunks(status_count, rest.hex())
    try:
        feedback = parse(data)
    except WireError:
        return
    assert len(feedback.received) <= len(rest)
    assert parse(feedback.serialize()) == feedback
