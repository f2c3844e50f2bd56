"""Peers that hold their keys and mean ill: what they cost is bounded and counted, and the others in
their room and elsewhere get every packet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from random import Random
from struct import pack
from typing import Any

import pytest

from sfu.encoding import MAX_LEFT_SSRCS
from sfu.nack import MAX_MISSING as MAX_GAPS
from sfu.net.aiortc_adapter import MAX_STREAMS
from sfu.net.media_server import MediaServer, MediaSettings
from sfu.net.transport_context import TimeLimits
from sfu.resending import RESEND_BURST, RESEND_SHARE
from sfu.ssrc_table import MAX_LEARNED
from sfu.wire.rtcp import RtcpPacket, serialize_rtcp
from sfu.wire.rtcp_feedback import FullIntraRequest, Nack, PictureLossIndication, Remb
from sfu.wire.rtcp_reports import Bye, ReceiverReport, ReportBlock
from sfu.wire.rtp import RtpPacket
from sfu.wire.transport_feedback import TransportFeedback
from tests.sfu.net.call import BY_UDP, Call, Publisher, Subscriber, until
from tests.support.peer import vp8_packet

ROUNDS = 300
EVERY = 20  # datagrams of the attacker to one packet of the others


def media(subscriber: Subscriber) -> list[RtpPacket]:
    """What it got but for padding, which is sent as retransmissions."""
    return [packet for packet in subscriber.packets if packet.payload_type == 96]


class Room:
    """A publisher, an attacker among its subscribers, and a bystander who counts."""

    def __init__(self, server: MediaServer) -> None:
        self.publisher = Publisher(server, "room", "publisher", 4711, BY_UDP)
        self.attacker = Subscriber(server, "room", "attacker", BY_UDP)
        self.bystander = Subscriber(server, "room", "bystander", BY_UDP)
        self.server = server

    async def connect(self) -> None:
        await self.publisher.connect()
        for subscriber in (self.attacker, self.bystander):
            await subscriber.connect(transport_cc=True)
            steps = subscriber.listener.steps
            await until(lambda steps=steps: ("subscribe_dtls", "ok") in steps)  # type: ignore[misc]
        self.publisher.send(1)
        await until(lambda: bool(self.attacker.packets and self.bystander.packets))

    @property
    def ssrc(self) -> int:
        """The one the attacker gets."""
        return self.attacker.packets[0].ssrc

    async def suffer(self, storm: Iterable[list[RtcpPacket]]) -> None:
        """Let the attacker send, and the publisher meanwhile."""
        for index, packets in enumerate(storm):
            self.attacker.peer.send_rtcp(packets)
            if index % EVERY == 0:
                self.publisher.send(1)
                await asyncio.sleep(0)
        await self.goes_on()

    async def goes_on(self) -> None:
        """The bystander gets every packet, once and in order, the next ones too."""
        self.publisher.send(5)
        await until(lambda: len(media(self.bystander)) >= self.publisher.sent)
        packets = media(self.bystander)
        numbers = [packet.sequence_number for packet in packets]
        expected = [(numbers[0] + i) & 0xFFFF for i in range(self.publisher.sent)]
        assert numbers == expected
        assert {packet.ssrc for packet in packets} == {packets[0].ssrc}
        assert self.server.stats()["handler_failures"] == 0

    def track(self, subscriber: Subscriber) -> dict[str, Any]:
        stats: Any = subscriber.connection.stats()["subscribe"]
        track: dict[str, Any] = stats["tracks"][0]
        return track

    async def close(self) -> None:
        for one in (self.attacker, self.bystander, self.publisher):
            await one.close()


@pytest.fixture
async def server(request: pytest.FixtureRequest) -> AsyncIterator[MediaServer]:
    limits = getattr(request, "param", TimeLimits())
    server = await MediaServer.start(MediaSettings(port=0, hosts=("127.0.0.1",), limits=limits))
    yield server
    await server.close()


@pytest.fixture
async def room(server: MediaServer) -> AsyncIterator[Room]:
    room = Room(server)
    for peer in (room.publisher.peer, room.attacker.peer, room.bystander.peer):
        peer.check_interval_s = 0.1
    await room.connect()
    yield room
    await room.close()


# --- a subscriber's feedback --------------------------------------------------------------------


async def test_a_storm_of_nacks_is_answered_within_its_budget(
    server: MediaServer, room: Room
) -> None:
    room.publisher.send(200)
    await until(lambda: len(media(room.attacker)) == 201)
    first = room.attacker.packets[0].sequence_number
    every = tuple((first + n) & 0xFFFF for n in range(200))
    await room.suffer([Nack(1, room.ssrc, every)] * 2 for _ in range(ROUNDS))
    stats = server.stats()
    assert stats["nacked_by_subscribers"] == 2 * ROUNDS * 200
    assert 0 < room.track(room.attacker)["resent"] <= RESEND_BURST + RESEND_SHARE * 220
    assert stats["packets_resent"] == room.track(room.attacker)["resent"]
    assert room.track(room.bystander)["resent"] == 0


@pytest.mark.parametrize(
    "storm",
    [
        lambda ssrc: [PictureLossIndication(1, ssrc)] * 90,
        lambda ssrc: [FullIntraRequest(1, tuple((ssrc, n) for n in range(100)))],
    ],
)
async def test_a_flood_of_keyframe_requests_reaches_the_publisher_as_a_few(
    server: MediaServer, room: Room, storm: Callable[[int], list[RtcpPacket]]
) -> None:
    asked = server.stats()["keyframe_requests_sent"]
    await room.suffer(storm(room.ssrc) for _ in range(ROUNDS))
    stats: Any = server.stats()
    assert stats["keyframe_requests_received"] >= ROUNDS
    assert stats["keyframe_requests_sent"] - int(str(asked)) <= 4


@pytest.mark.parametrize("bitrate", [0, 1, (1 << 64) - 1])
async def test_a_false_remb_moves_the_liars_line_alone(
    server: MediaServer, room: Room, bitrate: int
) -> None:
    bystander = room.bystander.connection.subscribe.estimator
    before = bystander.estimate_bps
    victim = room.bystander.packets[0].ssrc
    await room.suffer([Remb(1, bitrate, (room.ssrc, victim))] for _ in range(ROUNDS))
    liar = room.attacker.connection.subscribe.estimator
    assert liar.estimate_bps in (liar.settings.min_bps, liar.settings.max_bps)
    assert (bystander.estimate_bps, bystander.source) == (before, "none")


async def test_feedback_on_packets_that_were_never_sent_is_counted(
    server: MediaServer, room: Room
) -> None:
    estimator = room.attacker.connection.subscribe.estimator
    await room.suffer(
        [TransportFeedback.from_arrivals(1, 2, n, [(n * 601 + i, 1000 * i) for i in range(400)])]
        for n in range(ROUNDS)
    )
    await room.suffer(
        [
            TransportFeedback(
                1, 2, base, 0xFFFF, base, 0, ((base, 1), ((base + 40_000) & 0xFFFF, -9))
            )
        ]
        for base in range(0, 0x10000, 211)
    )
    await until(lambda: estimator.unknown_packets > 100 * ROUNDS)
    await until(lambda: server.stats()["unknown_feedback"] == estimator.unknown_packets)
    assert estimator.settings.min_bps <= estimator.estimate_bps <= estimator.settings.max_bps


async def test_feedback_on_somebody_elses_stream_is_ignored(
    server: MediaServer, room: Room
) -> None:
    room.publisher.send(50)
    await until(lambda: len(media(room.bystander)) == 51)
    victim = room.bystander.packets[0].ssrc
    numbers = tuple(packet.sequence_number for packet in media(room.bystander))
    block = ReportBlock(victim, 255, -5, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
    storm: list[RtcpPacket] = [
        Nack(1, victim, numbers),
        PictureLossIndication(1, victim),
        ReceiverReport(victim, (block,) * 31),
        Bye((victim, 4711)),
    ]
    asked = server.stats()["keyframe_requests_sent"]
    await room.suffer(storm for _ in range(ROUNDS))
    track = room.track(room.bystander)
    assert (track["resent"], track["fraction_lost"], track["packets_lost"]) == (0, 0, 0)
    assert server.stats()["keyframe_requests_sent"] == asked


async def test_replayed_and_forged_feedback_is_rejected(server: MediaServer, room: Room) -> None:
    peer = room.attacker.peer
    assert peer.outbound is not None
    good = peer.outbound.protect_rtcp(serialize_rtcp([PictureLossIndication(1, room.ssrc)]))
    assert good is not None
    received = server.stats()["keyframe_requests_received"]
    for index in range(ROUNDS):
        peer._send(good)
        peer._send(good[:-1] + bytes([good[-1] ^ 1]))
        if index % EVERY == 0:
            room.publisher.send(1)
            await asyncio.sleep(0)
    await room.goes_on()
    assert server.stats()["packets_rejected"] == 2 * ROUNDS - 1
    assert server.stats()["keyframe_requests_received"] == int(str(received)) + 1


@pytest.mark.parametrize("server", [TimeLimits(disconnected_s=0.5, failed_s=1.0)], indirect=True)
async def test_who_stops_consenting_is_sent_nothing_more_and_the_others_everything(
    server: MediaServer, room: Room
) -> None:
    room.attacker.peer.fall_silent()
    async with asyncio.timeout(5):
        while room.attacker.listener.states["subscribe"] != "failed":
            room.publisher.send(1)
            await asyncio.sleep(0.02)
    await room.goes_on()
    got, sent = len(media(room.attacker)), room.publisher.sent
    forwarded = server.stats()["packets_forwarded_out"]
    room.publisher.send(50)
    await room.goes_on()
    assert len(media(room.attacker)) == got < sent
    assert server.stats()["packets_forwarded_out"] == int(str(forwarded)) + 55


# --- a publisher's media ------------------------------------------------------------------------


@pytest.fixture
async def hostile(server: MediaServer) -> AsyncIterator[Call]:
    call = Call(server, "bad", 99)
    await call.connect(transport_cc=True)
    yield call
    await call.close()


async def publish(room: Room, hostile: Call, packets: Iterable[bytes]) -> None:
    """Let a publisher of another room send what it likes."""
    for index, packet in enumerate(packets):
        hostile.publisher.peer.send_rtp([packet])
        if index % EVERY == 0:
            room.publisher.send(1)
            await asyncio.sleep(0)
    await room.goes_on()


def published(hostile: Call) -> dict[str, Any]:
    stats: Any = hostile.publisher.connection.stats()["publish"]
    result: dict[str, Any] = stats
    return result


async def test_ten_thousand_ssrcs_from_one_peer(
    server: MediaServer, room: Room, hostile: Call
) -> None:
    await publish(
        room,
        hostile,
        (vp8_packet(10**6 + n, 1, 0, True, True, True, 60) for n in range(10_000)),
    )
    transport = next(t for t in hostile.publisher.connection.transports if t.name == "publish")
    assert transport.inbound is not None
    assert transport.inbound.streams == MAX_STREAMS
    assert published(hostile)["rejected_packets"] == 10_000 + 1 - MAX_STREAMS
    assert server.stats()["packets_rejected"] == published(hostile)["rejected_packets"]
    assert len(hostile.publisher.connection.publisher._table._routes) <= MAX_LEARNED + 2


@pytest.mark.parametrize("payload_type", [0, 13, 35, 127])
async def test_wrong_payload_types_are_not_forwarded(
    server: MediaServer, room: Room, hostile: Call, payload_type: int
) -> None:
    def packets() -> Iterable[bytes]:
        for number in range(ROUNDS):
            packet = bytearray(vp8_packet(99, 1 + number, 0, True, True, True, 100))
            packet[1] = payload_type
            yield bytes(packet)

    await publish(room, hostile, packets())
    assert published(hostile)["unknown_packets"] == ROUNDS
    assert server.stats()["packets_dropped"] == ROUNDS
    assert len(media(hostile.subscriber)) == 1


async def test_changing_ssrcs_end_in_one_continuous_stream_and_leave_little_behind(
    server: MediaServer, room: Room, hostile: Call
) -> None:
    packets = (
        vp8_packet(10**6 + n % 60, n // 60, n, True, True, n % 9 == 0, 60)
        for n in range(10 * ROUNDS)
    )
    await publish(room, hostile, packets)
    (encoding,) = next(iter(hostile.publisher.connection.publisher.producers.values())).encodings
    assert len(encoding._left) <= MAX_LEFT_SSRCS
    assert encoding.strays > 5 * ROUNDS  # an SSRC that was left is not taken again at once
    assert published(hostile)["tracks"][0]["encodings"][0]["keyframes_asked"] <= 4
    numbers = [packet.sequence_number for packet in media(hostile.subscriber)]
    assert numbers == [(numbers[0] + n) & 0xFFFF for n in range(len(numbers))]


async def test_absurd_sequence_jumps(server: MediaServer, room: Room, hostile: Call) -> None:
    random = Random(7)
    absurd = (
        vp8_packet(99, random.getrandbits(16), random.getrandbits(32), True, True, True, 60)
        for _ in range(10 * ROUNDS)
    )
    await publish(room, hostile, absurd)
    stream = (
        next(iter(hostile.publisher.connection.publisher.producers.values())).encodings[0].stream
    )
    assert stream is not None
    assert stream.nack.missing <= MAX_GAPS
    stats: Any = server.stats()
    assert stats["packets_dropped"] > ROUNDS
    # Each gap is asked for a bounded number of times, and bounded gaps are open at once.
    assert stats["nacked_by_us"] <= 20 * MAX_GAPS
    assert published(hostile)["tracks"][0]["encodings"][0]["keyframes_asked"] <= 4
    await hostile_stream_restarts(hostile)


async def hostile_stream_restarts(hostile: Call) -> None:
    """Back in order, it is forwarded again after two packets that follow each other."""
    before = len(hostile.subscriber.packets)
    for start in (20_000, 50_000):  # one of them is not what the stream would be late with
        hostile.publisher.peer.send_rtp(
            [vp8_packet(99, start + n, n * 600, True, True, True, 60) for n in range(20)]
        )
    await until(lambda: len(hostile.subscriber.packets) > before + 10)


def oversized() -> Iterable[bytes]:
    """Header extensions that fill the packet or pass its end, of elements that pass theirs."""
    plain = vp8_packet(99, 1, 0, True, True, True, 60)
    for number in range(1, ROUNDS):
        words = number * 7 % 340
        header = bytes((0x90, 96)) + pack("!H", 1 + number) + plain[4:12]
        claimed = words if number % 7 else 0xFFFF - number
        profile = (0xBEDE, 0x1000, 0xABCD)[number % 3]
        yield (header + pack("!HH", profile, claimed) + b"\x9f" * 4 * words + plain[12:])[:1490]


async def test_oversized_extensions(server: MediaServer, room: Room, hostile: Call) -> None:
    await publish(room, hostile, oversized())
    assert published(hostile)["invalid_packets"] > ROUNDS // 3
    assert server.stats()["packets_dropped"] == published(hostile)["invalid_packets"]
    assert all(len(packet.extension_data) < 64 for packet in hostile.subscriber.packets)


async def test_replayed_and_forged_media(server: MediaServer, room: Room, hostile: Call) -> None:
    peer = hostile.publisher.peer
    assert peer.outbound is not None
    good = peer.outbound.protect_rtp(vp8_packet(99, 1, 600, True, True, False, 200))
    assert good is not None
    for index in range(ROUNDS):
        peer._send(good)
        peer._send(good[:20] + bytes([good[20] ^ 1]) + good[21:])
        peer._send(good[:8] + pack("!I", 4711) + good[12:])  # another publisher's SSRC
        if index % EVERY == 0:
            room.publisher.send(1)
            await asyncio.sleep(0)
    await room.goes_on()
    assert server.stats()["packets_rejected"] == 3 * ROUNDS - 1
    assert len(media(hostile.subscriber)) == 2
