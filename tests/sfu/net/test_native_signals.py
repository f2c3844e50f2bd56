"""Feedback taken in C tells what feedback taken in Python tells, to the bit."""

from __future__ import annotations

import os
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pylibsrtp import Policy

from sfu.bandwidth.acknowledgements import MAX_MISSING, ArrivedRun
from sfu.bandwidth.estimator import BandwidthEstimator
from sfu.bandwidth.overuse import UsageState
from sfu.bandwidth.path_signals import Gathered, PathSignals
from sfu.bandwidth.sent_packets import CAPACITY, SentLog
from sfu.net.aiortc_adapter import InboundSrtp, OutboundSrtp, srtp_address
from sfu.net.native_library import NativeLibrary
from sfu.net.native_signals import (
    HEARD,
    LAYOUT,
    OTHER,
    UNAUTHENTIC,
    URGENT,
    NativeFeedback,
    NativeSignals,
)
from sfu.wire.errors import WireError
from sfu.wire.rtcp import RtcpPacket, serialize_rtcp
from sfu.wire.rtcp_feedback import PictureLossIndication
from sfu.wire.rtcp_reports import ReceiverReport
from sfu.wire.transport_feedback import TransportFeedback, parse_transport_feedback
from tests.sfu.bandwidth.line import Call
from tests.sfu.net.test_aiortc_contract import sessions
from tests.support.native_library import SANITIZE, native_library, run_sanitized
from tests.support.network import Conditions

RTCP_HEADER_SIZE = 4


@pytest.fixture(scope="module")
def native() -> NativeFeedback:
    return NativeFeedback(native_library(), srtp_address("srtp_unprotect_rtcp"))


def copy_into(log: SentLog, other: SentLog) -> None:
    """All that ``log`` holds."""
    for name in ("next_number", "bytes_sent", "join_until", "runs", "joins"):
        setattr(other, name, getattr(log, name))
    for mine, its in ((log._firsts, other._firsts), (log._totals, other._totals)):
        its[:] = mine
    other._times[:] = log._times


class Both:
    """Takes what it is given both ways, and answers only what both say (`Signals`)."""

    def __init__(self, native: NativeFeedback, log: SentLog) -> None:
        self.log = log
        self.copy = SentLog()  # of what was sent, so that neither sees the other's
        self.python = PathSignals(log)
        self.c = native.signals(self.copy)
        self.taken = 0
        self.attentive = True

    @property
    def heard_at(self) -> float:
        assert self.c.heard_at == self.python.heard_at
        return self.c.heard_at

    @property
    def pending(self) -> bool:
        assert self.c.pending == self.python.pending
        return self.c.pending

    def take(self, feedback: TransportFeedback, now: float) -> bool:
        copy_into(self.log, self.copy)
        taken = self.python.take(feedback, now)
        assert self.c.take(feedback, now) == taken
        assert list(self.c.newest) == list(self.python.newest)
        if taken:
            assert self.c.threshold_ms == self.python._delay._overuse.threshold_ms
        self.taken += taken
        return taken

    @property
    def newest(self) -> Sequence[ArrivedRun]:
        return self.python.newest

    @property
    def state(self) -> UsageState:
        assert self.c.state == self.python.state
        return self.c.state

    @property
    def queue_s(self) -> float:
        assert self.c.queue_s == self.python.queue_s
        return self.c.queue_s

    @property
    def acknowledged_bps(self) -> float | None:
        assert self.c.acknowledged_bps == self.python.acknowledged_bps
        return self.c.acknowledged_bps

    @property
    def round_trip_s(self) -> float:
        assert self.c.round_trip_s == self.python.round_trip_s
        return self.c.round_trip_s

    @property
    def unknown(self) -> int:
        assert self.c.unknown == self.python.unknown
        return self.c.unknown

    @property
    def urgent(self) -> bool:
        assert self.c.urgent == self.python.urgent
        return self.c.urgent

    def gather(self) -> Gathered:
        gathered = self.python.gather()
        assert self.c.gather() == gathered
        return gathered

    def forget_rate(self) -> None:
        self.python.forget_rate()
        self.c.forget_rate()

    def check(self) -> None:
        assert self.state in ("normal", "overuse", "underuse")
        assert self.queue_s >= 0
        assert self.round_trip_s >= 0
        assert self.unknown >= 0
        assert self.pending in (False, True)
        assert self.heard_at >= 0
        assert self.acknowledged_bps is None or self.acknowledged_bps >= 0
        assert isinstance(self.urgent, bool)


def test_the_layout_is_the_librarys() -> None:
    assert NativeLibrary(native_library()).agrees("roda_feedback_layout", LAYOUT)


LINES = {
    "wide": Conditions(delay_s=0.03),
    "thin": Conditions(delay_s=0.03, rate_bps=800e3, queue_bytes=30_000),
    "lossy": Conditions(delay_s=0.05, loss=0.05, jitter_s=0.02),
    "reordered": Conditions(delay_s=0.02, jitter_s=0.05, reordered=0.1),
}


@pytest.mark.parametrize("name", LINES)
def test_on_a_line(native: NativeFeedback, name: str) -> None:
    """Long enough that the trend's sums begin anew, and the log forgets."""
    made: list[Both] = []

    def make(log: SentLog) -> Both:
        made.append(Both(native, log))
        return made[0]

    call = Call(LINES[name], estimator=BandwidthEstimator(make_signals=make))
    for _ in range(35):
        call.run(1)
        made[0].check()
        made[0].log.joins = True
    call.change(rate_bps=300e3)
    call.run(5)
    assert made[0].taken > 300
    assert call.estimator.sent.next_number > CAPACITY


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 1 << 32))
def test_whatever_is_reported(native: NativeFeedback, seed: int) -> None:
    """Batches of any size leave; feedback on them is lost, repeated, late, mixed up, or lies."""
    random, log = Random(seed), SentLog()
    log.next_number = random.choice([0, 0xFFF0, 123_456])
    both = Both(native, log)
    now, clock = 100.0, random.choice([0.0, 4000.0, 2.0**23 * 0.064 - 1])
    arrivals: list[tuple[int, int]] = []
    kept: list[TransportFeedback] = []
    for _ in range(random.randrange(5, 120)):
        now += random.choice([0.0, 0.002, 0.02, 0.1, 3.5])
        log.joins = random.random() < 0.8
        first = log.next_number
        log.note_run(random.choice([0, 1, 1, 5, 40]), random.randrange(40, 9000), now)
        for number in range(first, log.next_number):
            if random.random() < 0.9:
                delay = random.choice([0.01, 0.02, 0.05, 0.4])
                arrivals.append((number, int((clock + now + delay) * 1e6)))
        if random.random() < 0.6 and arrivals:
            later = [each for each in arrivals if random.random() < 0.1]
            given = sorted(each for each in arrivals if each not in later)
            arrivals = later
            try:
                kept.append(TransportFeedback.from_arrivals(1, 2, 0, given))
            except WireError:
                continue
            if random.random() < 0.9:
                both.take(kept[-1], now + 0.05)
        if random.random() < 0.1 and kept:
            both.take(random.choice(kept), now + 0.05)
        if random.random() < 0.1:
            base = random.randrange(0x10000)
            numbers = sorted({random.randrange(300) for _ in range(5)})
            received = tuple(((base + n) & 0xFFFF, random.randrange(-999, 999)) for n in numbers)
            reference = random.randrange(-(1 << 23), 1 << 23)
            count = random.choice([300, 5000, 0xFFFF])
            both.take(TransportFeedback(1, 2, base, count, reference, 0, received), now)
        both.check()
        if random.random() < 0.3:
            both.gather()
        if random.random() < 0.02:
            both.forget_rate()


@pytest.mark.parametrize("newest", [2047, 2048, 2049, 2060, 5000])
def test_what_turns_up_late_is_known_for_so_long(native: NativeFeedback, newest: int) -> None:
    log = SentLog()
    log.note_run(6000, 6000, 1.0)
    both = Both(native, log)
    for arrivals in ([(0, 1000), (2, 1000)], [(4, 2000), (newest, 2000)]):
        both.take(TransportFeedback.from_arrivals(1, 2, 0, arrivals), 1.1)
    both.gather()
    both.take(TransportFeedback.from_arrivals(1, 2, 0, [(1, 3000)]), 1.1)
    both.check()
    assert both.gather().lost == (-1 if newest <= MAX_MISSING else 0)


HEAD = bytes(8)


@settings(max_examples=400)
@given(
    st.binary(max_size=60)
    | st.builds(
        lambda base, count, chunks, deltas: HEAD + base + count + bytes(4) + chunks + deltas,
        st.binary(min_size=2, max_size=2),
        st.integers(0, 90).map(lambda n: n.to_bytes(2, "big")),
        st.binary(max_size=8),
        st.binary(max_size=60),
    )
)
@example(HEAD + b"\x00\x00\xff\xff" + bytes(4) + b"\x3f\xff" * 3)
def test_what_is_malformed_is_so_for_both(native: NativeFeedback, body: bytes) -> None:
    log = SentLog()
    log.note_run(100, 1000, 1.0)
    signals = native.signals(log)
    taken = native.take(signals.address, body, len(body), 1.0, native.runs_at)
    try:
        feedback = parse_transport_feedback(body)
    except WireError:
        assert taken == -1
    else:
        both = PathSignals(log)
        assert (taken > 0) == both.take(feedback, 1.0)
        assert list(signals.newest) == list(both.newest)


# --- datagrams ----------------------------------------------------------------------------------


class Line:
    """A client that protects RTCP, and the server's end that takes it."""

    def __init__(self, native: NativeFeedback, profile: int) -> None:
        sending, receiving = sessions(profile)
        self.outbound, self.inbound = OutboundSrtp(sending), InboundSrtp(receiving)
        self.log = SentLog()
        for index in range(20):
            self.log.note_run(5, 5000, 1.0 + index / 30)
        self.signals: NativeSignals = native.signals(self.log)

    def protected(self, *packets: RtcpPacket) -> bytes:
        return self.protect(serialize_rtcp(packets))

    def protect(self, plain: bytes) -> bytes:
        protected = self.outbound.protect_rtcp(plain)
        assert protected is not None
        return protected

    def receive(self, data: bytes) -> int:
        return self.signals.receive(self.inbound.address, data, 1.2)


@pytest.fixture(
    params=[Policy.SRTP_PROFILE_AES128_CM_SHA1_80, Policy.SRTP_PROFILE_AEAD_AES_128_GCM],
    ids=["CM", "GCM"],
)
def line(request: pytest.FixtureRequest, native: NativeFeedback) -> Line:
    return Line(native, request.param)


def feedback(first: int = 0, count: int = 7) -> TransportFeedback:
    arrivals = [(n, 500_000 + 1000 * n) for n in range(first, first + count)]
    return TransportFeedback.from_arrivals(1, 2, 0, arrivals)


def test_a_datagram_of_feedback_is_taken(line: Line) -> None:
    assert line.receive(line.protected(feedback())) == HEARD
    assert line.signals.gather() == Gathered(7, 0, 7000.0, 1.0 + 1 / 30, False)
    assert line.receive(line.protected(feedback())) == 0  # nothing new
    assert line.receive(line.protected(feedback(first=10))) == HEARD


def test_what_is_missing_is_urgent(line: Line) -> None:
    lossy = feedback(count=9)
    lossy = lossy._replace(received=tuple(each for each in lossy.received if each[0] != 4))
    assert line.receive(line.protected(lossy)) == HEARD | URGENT


def test_forged_and_replayed_ones_are_not_taken(line: Line) -> None:
    data = line.protected(feedback())
    forged = data[:20] + bytes((data[20] ^ 1,)) + data[21:]
    assert line.receive(forged) == UNAUTHENTIC
    assert line.receive(data) == HEARD
    assert line.receive(data) == UNAUTHENTIC
    assert line.receive(data[:11]) == UNAUTHENTIC
    assert line.receive(bytes(3000)) == UNAUTHENTIC


@pytest.mark.parametrize(
    "packets",
    [
        (ReceiverReport(1, ()),),
        (feedback(), feedback(7)),
        (feedback(), ReceiverReport(1, ())),
    ],
    ids=["report", "two", "not the last"],
)
def test_anything_else_is_left_to_python(line: Line, packets: tuple[RtcpPacket, ...]) -> None:
    assert line.receive(line.protected(*packets)) == OTHER
    assert line.signals.plain == serialize_rtcp(packets)
    assert line.signals.gather().packets == 0


def test_beside_feedback_only_the_rest_is_left(line: Line) -> None:
    rest = ReceiverReport(1, ()), PictureLossIndication(1, 2)
    assert line.receive(line.protected(*rest, feedback())) == HEARD | OTHER
    assert line.signals.plain == serialize_rtcp(rest)
    assert line.signals.gather().packets == 7
    assert line.receive(line.protected(*rest, feedback())) == OTHER  # nothing new in it
    assert line.signals.plain == serialize_rtcp(rest)


@pytest.mark.parametrize("cut", [1, 2, 3, 5])
def test_a_compound_that_does_not_add_up_is_left_to_python(line: Line, cut: int) -> None:
    broken = serialize_rtcp([ReceiverReport(1, ()), feedback()])
    broken = broken[:-cut] if cut < 5 else broken[:8] + b"\x40" + broken[9:]
    assert line.receive(line.protect(broken)) == OTHER
    assert line.signals.plain == broken
    assert line.signals.gather().packets == 0


def test_padding_is_left_out(line: Line) -> None:
    plain = serialize_rtcp([feedback()])
    padded = bytearray(plain + bytes(7) + b"\x08")
    padded[0] |= 0x20
    padded[3] += 2
    assert line.receive(line.protect(bytes(padded))) == HEARD
    for wrong in (0, len(plain), 255):
        padded[-1] = wrong
        assert line.receive(line.protect(bytes(padded))) == OTHER
        assert line.signals.plain == bytes(padded)


def test_malformed_ones_are_left_to_python_to_refuse(line: Line) -> None:
    broken = bytearray(serialize_rtcp([feedback()]))
    broken[RTCP_HEADER_SIZE + 10] = 0xFF  # many more packets than statuses
    assert line.receive(line.protect(bytes(broken))) == OTHER
    assert line.signals.gather().packets == 0


@pytest.mark.skipif(SANITIZE in os.environ, reason="this is it")
def test_nothing_is_touched_that_is_not_its_own() -> None:
    run_sanitized(__file__)
