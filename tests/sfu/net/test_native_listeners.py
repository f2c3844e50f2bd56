"""Feedback that is taken where it is read, and everything else that is not."""

from __future__ import annotations

import asyncio
import ctypes
import os
import socket
from collections.abc import Callable, Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pylibsrtp import Policy

from sfu.net.aiortc_adapter import srtp_address
from sfu.net.demultiplexer import MuxCounters
from sfu.net.media_server import MediaServer, MediaSettings
from sfu.net.native_library import NativeLibrary
from sfu.net.native_listeners import LAYOUT, SOURCE_BYTES, Listener, NativeListeners
from sfu.net.native_receiver import NativeReceiver
from sfu.net.native_signals import NativeFeedback
from sfu.net.path import SendCounters, UdpPath
from sfu.wire.rtcp import RtcpPacket, serialize_rtcp
from sfu.wire.rtcp_reports import ReceiverReport
from sfu.wire.transport_feedback import TransportFeedback
from tests.sfu.net.call import Call, until
from tests.sfu.net.test_native_signals import Line, feedback
from tests.support.native_library import SANITIZE, native_library, run_sanitized

NOW = 12.5
SENDER = (1).to_bytes(4, "big")  # the SSRC of `feedback`


class Told:
    """A transport that keeps what it is told."""

    def __init__(self) -> None:
        self.decisions: list[float] = []
        self.plain: list[bytes] = []
        self.fails = False

    def feedback_taken(self, now: float) -> None:
        self.decisions.append(now)
        if self.fails:
            raise RuntimeError("a fault")

    def rtcp_unprotected(self, plain: bytes, now: float) -> None:
        self.plain.append(plain)


class Scene:
    """A client's socket and a server's, whose reader knows the client's feedback."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.client = socket.socket(family, socket.SOCK_DGRAM)
        self.server = socket.socket(family, socket.SOCK_DGRAM)
        for sock in (self.client, self.server):
            sock.bind((host, 0))
            sock.setblocking(False)
        native = NativeFeedback(native_library(), srtp_address("srtp_unprotect_rtcp"))
        self.listeners = NativeListeners(native_library(), native)
        self.counters = MuxCounters()
        self.receiver = NativeReceiver(native_library(), self.listeners, self.counters)
        self.line = Line(native, Policy.SRTP_PROFILE_AES128_CM_SHA1_80)
        self.told = Told()
        self.descriptor = ctypes.c_int32(self.server.fileno())
        self.listener = self.listen()
        self.line.signals.attentive = False

    def listen(self, ssrc: bytes = SENDER) -> Listener:
        address = self.client.getsockname()
        path = UdpPath(self.server, address, SendCounters(), None, self.descriptor)
        assert path.route is not None
        inbound, signals = self.line.inbound, self.line.signals
        listener = Listener.on(path.route, ssrc, inbound.address, signals)
        self.listeners.add(self.told, listener, (inbound, signals))
        return listener

    def send(self, *datagrams: bytes) -> list[bytes]:
        """What is left of these for Python."""
        for data in datagrams:
            self.client.sendto(data, self.server.getsockname())
        return [data for data, _ in self.receiver(self.server, NOW)]

    def close(self) -> None:
        self.listeners.close()
        self.client.close()
        self.server.close()


@pytest.fixture(params=["127.0.0.1", "::1"])
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    scene = Scene(request.param)
    yield scene
    scene.close()


def test_the_layout_is_the_librarys() -> None:
    assert NativeLibrary(native_library()).agrees("roda_listeners_layout", LAYOUT)
    assert NativeListeners.load(None) is None


def test_feedback_is_seen_by_nobody_else(scene: Scene) -> None:
    line = scene.line
    assert scene.send(line.protected(feedback()), line.protected(feedback(7))) == []
    assert line.signals.gather().packets == 14
    assert (scene.listeners.taken, scene.counters.received) == (2, 0)
    assert scene.listener.heard_at == line.signals.heard_at == NOW
    assert not scene.told.decisions


def test_what_stands_between_comes_in_its_order(scene: Scene) -> None:
    media = [bytes((0x80, 96)) + bytes([index]) * 40 for index in range(40)]
    mixed = []
    for index, packet in enumerate(media):
        mixed += [packet, scene.line.protected(feedback(2 * index, 2))]
    assert scene.send(*mixed) == media
    assert scene.listeners.taken == 40
    assert scene.line.signals.gather().packets == 80


def test_what_asks_for_a_decision_is_told(scene: Scene) -> None:
    lossy = feedback(count=9)
    lossy = lossy._replace(received=tuple(each for each in lossy.received if each[0] != 4))
    assert scene.send(scene.line.protected(lossy)) == []
    assert (scene.told.decisions, scene.counters.received) == ([NOW], 1)


def test_while_every_feedback_is_awaited_none_is_taken(scene: Scene) -> None:
    scene.line.signals.attentive = True
    data = scene.line.protected(feedback())
    assert scene.send(data) == [data]
    assert scene.line.signals.gather().packets == 0


@pytest.mark.parametrize("others", [0, 1], ids=["report", "report and feedback"])
def test_other_rtcp_is_handed_over_unprotected(scene: Scene, others: int) -> None:
    packets: list[RtcpPacket] = [ReceiverReport(1, ()), *[feedback()] * others]
    assert scene.send(scene.line.protected(*packets)) == []
    assert scene.told.plain == [serialize_rtcp(packets[:1])]
    assert scene.line.signals.gather().packets == 7 * others
    assert (scene.listener.heard_at, scene.told.decisions) == (NOW, [])


def test_a_report_beside_what_asks_for_a_decision(scene: Scene) -> None:
    lossy = feedback(count=9)
    lossy = lossy._replace(received=lossy.received[:3])
    scene.send(scene.line.protected(ReceiverReport(1, ()), lossy))
    assert scene.told.plain == [serialize_rtcp([ReceiverReport(1, ())])]
    assert scene.told.decisions == [NOW]


def test_forged_replayed_and_strange_ones_are_left_as_they_came(scene: Scene) -> None:
    good = scene.line.protected(feedback())
    forged = good[:20] + bytes((good[20] ^ 1,)) + good[21:]
    another_ssrc = good[:4] + bytes(4) + good[8:]
    strange = [forged, another_ssrc, good[:11], b"\x80\xcd", b"\x80", b"", bytes(2000)]
    assert scene.send(*strange) == strange
    assert scene.listener.heard_at == 0
    assert scene.send(good, good) == [good]
    assert scene.listeners.taken == 1


def test_a_transport_that_fails_is_counted_and_stops_no_other(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.told.fails = True
    lossy = feedback(count=9)
    lossy = lossy._replace(received=lossy.received[1:])
    assert scene.send(scene.line.protected(lossy), b"\x80\x60media") == [b"\x80\x60media"]
    assert scene.counters.failed == 1
    assert "handler failed" in caplog.text


def test_who_comes_to_the_same_address_takes_its_place(scene: Scene) -> None:
    first, scene.told = scene.told, Told()
    second = scene.listen()
    assert len(scene.listeners) == 2
    scene.send(scene.line.protected(ReceiverReport(1, ())))
    assert (len(first.plain), len(scene.told.plain)) == (0, 1)
    scene.listeners.remove(scene.listener)  # who is there no more
    scene.send(scene.line.protected(ReceiverReport(1, ())))
    assert len(scene.told.plain) == 2
    scene.listeners.remove(second)
    data = scene.line.protected(ReceiverReport(1, ()))
    assert scene.send(data) == [data]
    assert len(scene.listeners) == 0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1 << 32))
def test_whoever_comes_and_goes_is_found(seed: int) -> None:
    random, library = Random(seed), native_library()
    listeners = NativeListeners(library, NativeFeedback(library, 0))
    find = library.find_listener
    find.argtypes, find.restype = [ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p], ctypes.c_void_p
    known: dict[tuple[int, bytes], Listener] = {}
    keys = [
        (random.randrange(3), bytes([2, 0, *random.randbytes(6)]).ljust(SOURCE_BYTES, b"\0"))
        for _ in range(random.choice([3, 40, 300]))
    ]
    for _ in range(600):
        descriptor, source = key = random.choice(keys)
        if key in known and random.random() < 0.5:
            listeners.remove(known.pop(key))
        elif key not in known:
            known[key] = listener = Listener(descriptor=descriptor)
            listener.source[:] = source
            listeners.add(Told(), listener, None)
    for key in keys:
        at = find(listeners.address, *key)
        assert at == (ctypes.addressof(known[key]) if key in known else None)
    assert len(listeners) == known.__len__()
    listeners.close()


@pytest.mark.skipif(SANITIZE in os.environ, reason="of the built library")
async def test_a_subscribers_feedback_reaches_its_estimate_unseen() -> None:
    server = await MediaServer.start(MediaSettings(port=0, hosts=("127.0.0.1",)))
    listeners = server._listeners
    if listeners is None:
        pytest.skip("not built here: pip install -e .")
    call = Call(server)
    await call.connect()
    transport = call.subscriber.connection.subscribe
    estimator, peer = transport.estimator, call.subscriber.peer

    def reports(count: int) -> bool:
        """So many packets leave, and it is reported that they arrived; whether this was unseen."""
        first, now = estimator.sent.next_number, asyncio.get_running_loop().time()
        estimator.sent.note_run(count, 1000 * count, now)
        arrivals = [(number, int(now * 1e6)) for number in range(first, first + count)]
        peer.send_rtcp([TransportFeedback.from_arrivals(1, 2, 0, arrivals)])
        return listeners.taken > 2

    await until(lambda: reports(5), 10)
    assert estimator.source == "feedback"
    assert len(listeners) == 1
    ((_, listener, _),) = listeners._held.values()
    assert transport._last_heard() >= listener.heard_at > 0
    await _close_while_heard(call, lambda: reports(5), server)
    assert len(listeners) == 0
    await call.close()
    await server.close()


async def _close_while_heard(call: Call, report: Callable[[], bool], server: MediaServer) -> None:
    """Feedback comes while the server tells the client that DTLS ends."""
    transport = call.subscriber.connection.subscribe
    dtls = transport._dtls
    assert dtls is not None
    end = dtls.close

    async def close() -> None:
        before = server.stats()["datagrams_received"]
        report()
        await until(lambda: server.stats()["datagrams_received"] != before)
        await end()

    dtls.close = close  # type: ignore[method-assign]
    await transport.close()


@pytest.mark.skipif(SANITIZE in os.environ, reason="this is it")
def test_nothing_is_touched_that_is_not_its_own() -> None:
    run_sanitized(__file__)
