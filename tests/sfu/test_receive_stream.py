"""An incoming stream's numbering and statistics, against RFC 3550's own algorithms."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.receive_stream import MAX_JUMP, MAX_LATE, ReceiveStream
from sfu.wire.ntp import ntp_from_unix
from tests.support.network import Conditions, Link

CLOCK = 90000


class Reference:
    """RFC 3550 appendix A.1 (without probation), A.3 and A.8, as written there."""

    def __init__(self) -> None:
        self.base_seq = self.max_seq = self.cycles = self.received = 0
        self.expected_prior = self.received_prior = 0
        self.transit: int | None = None
        self.jitter = 0.0

    def update(self, seq: int, timestamp: int, arrival: int) -> None:
        if not self.received:
            self.base_seq = self.max_seq = seq
        elif (delta := (seq - self.max_seq) & 0xFFFF) < MAX_JUMP:
            if seq < self.max_seq:
                self.cycles += 0x10000
            self.max_seq = seq
            assert delta >= 0
        self.received += 1
        transit = arrival - timestamp
        if self.transit is not None:
            self.jitter += (1 / 16) * (abs(transit - self.transit) - self.jitter)
        self.transit = transit

    def report(self) -> tuple[int, int, int, int]:
        """Fraction lost, cumulative loss, highest sequence, jitter."""
        extended_max = self.cycles + self.max_seq
        expected = extended_max - self.base_seq + 1
        expected_interval = expected - self.expected_prior
        self.expected_prior = expected
        received_interval = self.received - self.received_prior
        self.received_prior = self.received
        lost_interval = expected_interval - received_interval
        fraction = 0
        if expected_interval and lost_interval > 0:
            fraction = min(255, (lost_interval << 8) // expected_interval)
        return fraction, expected - self.received, extended_max, int(self.jitter)


@pytest.mark.parametrize(
    "conditions",
    [
        Conditions(),
        Conditions(loss=0.05),
        Conditions(loss=0.1, jitter_s=0.03),
        Conditions(reordered=0.1),
        Conditions(burst_enter=0.01, burst_leave=0.1, jitter_s=0.01, reordered=0.02),
        Conditions(loss=1.0),
    ],
)
@pytest.mark.parametrize("first", [0, 65000])
def test_reports_are_those_of_the_rfc(conditions: Conditions, first: int) -> None:
    stream, reference = ReceiveStream(1, CLOCK), Reference()
    link, random = Link(conditions, 7), Random(7)
    heard = False
    for index in range(4000):
        now = index * 0.005
        number = (first + index) & 0xFFFF
        link.send(number.to_bytes(2, "big") + (index * 450).to_bytes(4, "big"), now)
        for data in link.receive(now):
            heard = True
            seq, timestamp = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:], "big")
            for _ in range(2 if random.random() < 0.01 else 1):  # some arrive twice
                stream.accept(seq, timestamp, 100, now)
                reference.update(seq, timestamp, int(now * CLOCK))
        if index % 200 == 199 and heard:
            block = stream.report(now)
            found = (
                block.fraction_lost,
                block.packets_lost,
                block.highest_sequence,
                block.jitter,
            )
            assert found == reference.report()


def test_a_stream_that_has_not_begun_has_lost_nothing() -> None:
    block = ReceiveStream(5, CLOCK).report(1.0)
    assert (block.ssrc, block.fraction_lost, block.packets_lost, block.jitter) == (5, 0, 0, 0)


@pytest.mark.parametrize(
    ("arriving", "accepted"),
    [
        ([10, 11, 12], [10, 11, 12]),
        ([10, 12, 11], [10, 12, 11]),
        ([10, 10, 11, 10], [10, None, 11, None]),
        ([65535, 0, 1], [65535, 65536, 65537]),
        ([0, 65535], [0, -1]),
        ([10, 10 + MAX_JUMP - 1], [10, 10 + MAX_JUMP - 1]),
        ([10, 10 + MAX_JUMP], [10, None]),
        ([10, 10 + MAX_JUMP, 11], [10, None, 11]),  # a stray changes nothing
        ([10, 5000, 5001, 5002], [10, None, 5001, 5002]),  # two in a row: a restart
        ([10, 5000, 6000, 7000], [10, None, None, None]),
        ([5000, 20, 21, 22], [5000, None, 65536 + 21, 65536 + 22]),  # never back
        ([MAX_LATE + 10, 11, 10], [MAX_LATE + 10, 11, None]),
    ],
)
def test_numbers_are_extended_duplicates_and_strays_left_out(
    arriving: list[int], accepted: list[int | None]
) -> None:
    stream = ReceiveStream(1, CLOCK)
    assert [stream.accept(number, 0, 1, 0.0) for number in arriving] == accepted


def test_a_duplicate_is_known_however_the_window_was_filled() -> None:
    """Two thousand packets between a packet and its copy, all late."""
    stream = ReceiveStream(1, CLOCK)
    stream.accept(5000, 0, 1, 0.0)
    stream.accept(6999, 0, 1, 0.0)
    for number in range(5001, 6999):
        stream.accept(number, 0, 1, 0.0)
    assert stream.accept(5000, 0, 1, 0.0) is None
    assert stream.duplicates == 1


def test_a_restart_begins_the_statistics_anew_and_asks_for_a_keyframe() -> None:
    stream = ReceiveStream(1, CLOCK)
    stream.note_sender_report(ntp_from_unix(1e9), 1, 0.0)
    for number in (10, 20, 30000, 30001):
        stream.accept(number, 0, 1, 0.0)
    assert (stream.restarted, stream.gave_up) == (True, True)
    assert stream.packets_lost == 0
    assert stream.sender_report is None
    assert stream.nack.due(0.0) == []


def test_retransmissions_repair_without_unsaying_the_loss() -> None:
    stream = ReceiveStream(1, CLOCK)
    for number, now in ((10, 0.0), (12, 0.02)):
        stream.accept(number, round(now * CLOCK), 1, now)
    assert stream.accept(11, 900, 1, 0.5, retransmitted=True) == 11
    stream.accept(13, round(0.03 * CLOCK), 1, 0.03)
    block = stream.report(1.0)
    assert (block.packets_lost, block.fraction_lost, block.jitter) == (1, 64, 0)
    assert (stream.packets, stream.retransmitted) == (4, 1)
    assert stream.accept(11, 900, 1, 0.6, retransmitted=True) is None


def test_old_retransmissions_do_not_make_a_restart() -> None:
    stream = ReceiveStream(1, CLOCK)
    stream.accept(10000, 0, 1, 0.0)
    numbers = (1, 2, 3, 4)
    assert [stream.accept(n, 0, 1, 0.0, retransmitted=True) for n in numbers] == [None] * 4
    assert not stream.restarted


def test_the_last_sender_report_and_the_time_since_are_told() -> None:
    stream = ReceiveStream(1, CLOCK)
    stream.accept(10, 0, 1, 0.0)
    stream.note_sender_report(0x0001_2345_6789_0000, 0, 10.0)
    block = stream.report(10.5)
    assert (block.lsr, block.dlsr) == (0x2345_6789, 0x8000)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF), st.booleans(), st.floats(0, 1e6)
        ),
        max_size=60,
    )
)
def test_any_arrivals_give_numbers_once_and_reports_that_serialize(
    arrivals: list[tuple[int, int, bool, float]],
) -> None:
    stream = ReceiveStream(1, CLOCK)
    given_out: set[int] = set()
    for number, timestamp, retransmitted, now in arrivals:
        sequence = stream.accept(number, timestamp, 1, now, retransmitted=retransmitted)
        if sequence is not None:
            assert sequence not in given_out
            given_out.add(sequence)
        block = stream.report(now)
        assert 0 <= block.fraction_lost <= 255
        assert -(1 << 23) <= block.packets_lost < 1 << 23
        assert 0 <= block.jitter <= 0xFFFFFFFF
