"""The loop in C does what the loop in Python does, with real sockets behind it."""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfu.bandwidth.sent_packets import SentLog
from sfu.fanout import Fanout
from sfu.frame_marks import FrameMarks
from sfu.history import HISTORY, History
from sfu.net.aiortc_adapter import InboundSrtp, OutboundSrtp, srtp_address
from sfu.net.native_fanout import LAYOUT, PACKETS_AT_ONCE, NativeFanout
from sfu.net.native_library import NativeLibrary
from sfu.net.path import Route, SendCounters, UdpPath
from sfu.pacer import Pacer
from sfu.packet import MediaPacket
from sfu.plan import Plan
from sfu.plan_record import REWRITE_PICTURES, PlanRecord
from sfu.plans import Plans
from sfu.wire.rtp import parse_rtp
from tests.sfu.net.test_aiortc_contract import sessions
from tests.sfu.streams import PlainArena
from tests.support.native_library import SANITIZE, native_library, run_sanitized

PROTECT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
EXTENSION = b"\xbe\xde\x00\x01\x31\x00\x00\x00"
COMPARED = [name for name, _ in PlanRecord._fields_ if not name.endswith("_at") and name != "sent"]


@PROTECT
def _plain(srtp: object, packet: object, length: object) -> int:
    """Protects nothing; refuses packets whose sequence number ends in 7."""
    return int(ctypes.string_at(packet, 4)[3] % 10 == 7)  # type: ignore[arg-type]


PLAIN_AT = ctypes.cast(_plain, ctypes.c_void_p).value or 0


class Receiver:
    """A socket of one plan's subscriber."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.sock.bind((host, 0))
        self.sock.settimeout(2)

    def take(self, count: int) -> list[bytes]:
        """So many datagrams; no more wait behind them."""
        got = [self.sock.recv(4096) for _ in range(count)]
        self.sock.setblocking(False)
        with pytest.raises(BlockingIOError):
            self.sock.recv(1)
        self.sock.settimeout(2)
        return got


class Sender:
    """The server's socket, and the loop that sends on it."""

    def __init__(self, host: str = "127.0.0.1", protect_at: int = PLAIN_AT) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_DGRAM)
        self.sock.setblocking(False)
        self.sock.bind((host, 0))
        self.descriptor = ctypes.c_int32(self.sock.fileno())
        self.counters = SendCounters()
        self.fanout = NativeFanout(native_library(), self.counters, protect_at)

    def route(self, receiver: Receiver) -> Route:
        path = UdpPath(self.sock, receiver.sock.getsockname(), self.counters, None, self.descriptor)
        route = Route()
        route.set(path)
        return route


@pytest.fixture
def sender() -> Iterator[Sender]:
    made = Sender()
    yield made
    made.sock.close()


@pytest.fixture
def receivers() -> Iterator[Callable[..., Receiver]]:
    made: list[Receiver] = []

    def make(host: str = "127.0.0.1") -> Receiver:
        made.append(Receiver(host))
        return made[-1]

    yield make
    for receiver in made:
        receiver.sock.close()


def packet(sequence: int, size: int = 60, marker: bool = False, picture: int = -1) -> MediaPacket:
    marks = FrameMarks()
    if picture >= 0:
        marks = FrameMarks(
            picture_id=picture, picture_id_at=2, tl0_index=picture & 0xFF, tl0_index_at=4
        )
    return MediaPacket(
        encoding=0,
        sequence=sequence,
        timestamp=sequence * 3000,
        marker=marker,
        marks=marks,
        payload_at=len(EXTENSION),
        tail=EXTENSION + sequence.to_bytes(8, "little") + b"\x55" * max(0, size - 28),
    )


class Wish(NamedTuple):
    """How a plan is made."""

    first: int = 1
    start: int = 0
    picture: int = 0
    tl0: int = 0
    clock: int = 0
    numbered: bool = False
    fate: str = "sent"  # or "paced", "elsewhere", "closed"


def plan_of(wish: Wish, number: int = 0, history: History | None = None) -> Plan:
    made = Plan(ssrc=100 + number, payload_type=96, destination=number)
    made.timestamp_offset = wish.clock
    made.picture_offset, made.tl0_offset = wish.picture, wish.tl0
    made.start_at(packet(wish.start), wish.first, history or History())
    if wish.numbered:
        made.sent_log = SentLog()
        made.sent_log.next_number = 65530
    if wish.fate == "paced":
        made.pacer = Pacer()
    return made


def by_python(
    packets: Sequence[MediaPacket], plans: Sequence[Plan], now: float
) -> dict[object, list[bytes]]:
    """The datagrams of each destination."""
    arena = PlainArena(1 << 20)
    arena.protect = lambda: lambda srtp, at, n: -1 if arena.buffer[at + 3] % 10 == 7 else n  # type: ignore[method-assign]
    sent: dict[object, list[bytes]] = {plan.destination: [] for plan in plans}
    for runs in Fanout(arena)(packets, plans, now):
        for run in runs:
            for start in range(run.start, run.end, run.segment):
                data = bytes(arena.buffer[start : min(start + run.segment, run.end)])
                sent[run.destination].append(data)
    return sent


def kept(plan: Plan) -> list[tuple[bytes, bytes] | None]:
    newest = plan.last_sequence
    found = (plan.again(number & 0xFFFF) for number in range(newest - HISTORY, newest + 2))
    return [None if each is None else each[1:] for each in found]


packets_ = st.lists(
    st.builds(
        packet,
        st.integers(0, 60) | st.integers(500, 1300),
        st.sampled_from([28, 60, 60, 60, 61, 1100, 1500]),
        st.booleans(),
        st.integers(-1, 0x7FFF),
    ),
    min_size=1,
    max_size=90,
)
wishes = st.lists(
    st.builds(
        Wish,
        st.sampled_from([1, 300, 65530]),
        st.integers(0, 30),
        st.sampled_from([0, 5, 0x7FFF, REWRITE_PICTURES]),
        st.sampled_from([0, 200]),
        st.sampled_from([0, 0xFFFFFFF0]),
        st.booleans(),
        st.sampled_from(["sent", "sent", "sent", "paced", "elsewhere", "closed"]),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=60, deadline=None)
@given(packets_, wishes, st.booleans())
def test_both_loops_send_the_same_and_remember_the_same(
    packets: list[MediaPacket], wanted: list[Wish], offload: bool
) -> None:
    sender = Sender()
    sender.counters.offload = offload
    receiving = [Receiver() for _ in wanted]
    history = History()
    history.note(packets)
    ours = [plan_of(wish, number, history) for number, wish in enumerate(wanted)]
    theirs = [plan_of(wish, number, history) for number, wish in enumerate(wanted)]
    closed = ctypes.c_int32(-1)
    routes = [sender.route(receiver) for receiver in receiving]
    for plan, route, wish in zip(ours, routes, wanted, strict=True):
        if wish.fate == "closed":
            route.descriptor_at = ctypes.addressof(closed)
        plan.route_at = 0 if wish.fate == "elsewhere" else ctypes.addressof(route)
    direct = [n for n, wish in enumerate(wanted) if wish.fate == "sent"]
    left = sender.fanout(packets, ours, 5.0)
    assert [plan.destination for plan in left] == [n for n in range(len(ours)) if n not in direct]
    by_python(packets, left, 5.0)
    expected = by_python(packets, theirs, 5.0)
    for number in direct:
        assert receiving[number].take(len(expected[number])) == expected[number]
    for mine, other in zip(ours, theirs, strict=True):
        assert [getattr(mine, f) for f in COMPARED] == [getattr(other, f) for f in COMPARED]
        assert bytes(mine.sent) == bytes(other.sent)
        assert kept(mine) == kept(other)
        if mine.sent_log is not None and other.sent_log is not None:
            assert mine.sent_log.next_number == other.sent_log.next_number
            assert mine.sent_log.bytes_sent == other.sent_log.bytes_sent
            assert mine.sent_log.runs == other.sent_log.runs
    assert sender.counters.datagrams == sum(len(expected[number]) for number in direct)
    assert (sender.counters.failed, sender.counters.blocked) == (0, 0)
    sender.sock.close()
    for receiver in receiving:
        receiver.sock.close()


def test_what_it_protects_is_srtp(sender: Sender, receivers: Callable[..., Receiver]) -> None:
    session, other = sessions()
    outbound, inbound = OutboundSrtp(session), InboundSrtp(other)
    fanout = NativeFanout(native_library(), sender.counters, srtp_address("srtp_protect"))
    receiver, plan = receivers(), plan_of(Wish())
    route = sender.route(receiver)
    plan.route_at, plan.srtp_at = ctypes.addressof(route), outbound.address
    sent = [packet(number) for number in range(3)]
    assert fanout(sent, [plan], 0.0) == ()
    plain = [inbound.unprotect_rtp(data) for data in receiver.take(3)]
    assert [parse_rtp(data).sequence_number for data in plain if data is not None] == [1, 2, 3]
    assert [data[12:] for data in plain if data is not None] == [each.tail for each in sent]


def test_over_ipv6(receivers: Callable[..., Receiver]) -> None:
    sender, receiver, plan = Sender("::1"), receivers("::1"), plan_of(Wish())
    route = sender.route(receiver)
    plan.route_at = ctypes.addressof(route)
    sender.fanout([packet(0), packet(1)], [plan], 0.0)
    assert [data[12:] for data in receiver.take(2)] == [packet(0).tail, packet(1).tail]
    sender.sock.close()


def test_what_the_kernel_cuts_are_runs_it_takes(
    sender: Sender, receivers: Callable[..., Receiver]
) -> None:
    """It refuses more than 64 datagrams in one."""
    receiver, plan = receivers(), plan_of(Wish(first=300, start=300))
    route = sender.route(receiver)
    plan.route_at = ctypes.addressof(route)
    sender.fanout([packet(number) for number in range(300, 420)], [plan], 0.0)
    assert len(receiver.take(108)) == plan.packets_sent
    assert sender.counters.calls == 1


def test_a_large_batch_to_many_is_dropped_nowhere(
    sender: Sender, receivers: Callable[..., Receiver]
) -> None:
    receiving = [receivers() for _ in range(3)]
    plans = [plan_of(Wish(), number) for number in range(3)]
    routes = [sender.route(receiver) for receiver in receiving]
    for plan, route in zip(plans, routes, strict=True):
        plan.route_at = ctypes.addressof(route)
    packets = [packet(number, 900) for number in range(PACKETS_AT_ONCE)]
    refused = len([p for p in packets if (p.sequence + 1) % 10 == 7])
    for size, dropped in ((40, 4), (PACKETS_AT_ONCE, 4 + refused)):
        before = plans[0].packets_sent
        sender.fanout(packets[:size], plans, 0.0)
        assert [plan.dropped for plan in plans] == [dropped] * 3
        for receiver in receiving:
            receiver.take(plans[0].packets_sent - before)


def test_a_batch_of_any_length(sender: Sender, receivers: Callable[..., Receiver]) -> None:
    receiver, plan = receivers(), plan_of(Wish(numbered=True))
    route = sender.route(receiver)
    plan.route_at = ctypes.addressof(route)
    packets = [packet(number) for number in range(2 * PACKETS_AT_ONCE + 3)]
    sender.fanout(packets, [plan], 0.0)
    got = receiver.take(plan.packets_sent)
    assert len(got) == len([p for p in packets if (p.sequence + 1) % 256 % 10 != 7])


def test_many_plans_share_system_calls(sender: Sender, receivers: Callable[..., Receiver]) -> None:
    receiving = [receivers() for _ in range(50)]
    plans = Plans(plan_of(Wish(), number) for number in range(50))
    routes = [sender.route(receiver) for receiver in receiving]
    for plan, route in zip(plans, routes, strict=True):
        plan.route_at = ctypes.addressof(route)
    sender.fanout([packet(0)], plans, 0.0)
    assert all(len(receiver.take(1)) == 1 for receiver in receiving)
    assert sender.counters.calls == 1


def test_a_full_socket_drops_and_counts() -> None:
    sender = Sender()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    descriptor = ctypes.c_int32(ours.fileno())
    connected = Route(descriptor_at=ctypes.addressof(descriptor), length=0)
    plan = plan_of(Wish())
    plan.route_at = ctypes.addressof(connected)
    count = 4096
    for number in range(count):
        sender.fanout([packet(number)], [plan], 0.0)
    assert sender.counters.blocked > 0
    assert sender.counters.datagrams + sender.counters.blocked == plan.packets_sent
    for each in (ours, theirs, sender.sock):
        each.close()


def test_an_address_that_cannot_be_reached_is_counted_and_the_next_gets_its_own(
    sender: Sender, receivers: Callable[..., Receiver]
) -> None:
    lost, receiver = Route(), receivers()
    lost.set(UdpPath(sender.sock, ("127.0.0.1", 0), sender.counters, None, sender.descriptor))
    route = sender.route(receiver)
    plans = [plan_of(Wish(), 0), plan_of(Wish(), 1)]
    for plan, to in zip(plans, (lost, route), strict=True):
        plan.route_at = ctypes.addressof(to)
    packets = [packet(number) for number in range(3)]
    sender.fanout(packets, plans, 0.0)
    assert len(receiver.take(3)) == 3
    assert (sender.counters.failed, sender.counters.datagrams) == (3, 3)


def test_a_path_without_a_socket_of_ours_has_no_route() -> None:
    route = Route(descriptor_at=1, length=16)
    route.set(None)
    assert (route.descriptor_at, route.length) == (0, 0)


def test_the_layout_is_the_librarys() -> None:
    assert NativeLibrary(native_library()).agrees("roda_fanout_layout", LAYOUT)


@pytest.mark.skipif(SANITIZE in os.environ, reason="this is it")
def test_nothing_is_touched_that_is_not_its_own() -> None:
    run_sanitized(__file__)
