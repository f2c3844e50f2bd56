"""A subscriber on a thin line, by real datagrams: what is held back, and how it leaves."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sfu.header_extensions import SUBSCRIBE_EXTENSIONS
from sfu.net import subscribe_transport
from sfu.net.media_server import MediaServer, MediaSettings
from sfu.rtp_parameters import ABS_SEND_TIME_URI
from sfu.wire.extensions import ABS_SEND_TIME_PER_SECOND
from sfu.wire.rtcp_feedback import Nack, Remb
from sfu.wire.rtp import RtpPacket, parse_extensions
from tests.sfu.net.call import Call, until

BURST = 60
RATE_BPS = 400_000


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MediaServer]:
    monkeypatch.setattr(subscribe_transport, "SETTLE_S", 0.0)
    server = await MediaServer.start(MediaSettings(port=0, hosts=("127.0.0.1",)))
    yield server
    await server.close()


def tell(call: Call, bps: int) -> None:
    """The client's receiver estimates so much; it knows nothing of transport-wide feedback."""
    call.subscriber.peer.send_rtcp([Remb(1, bps, (call.subscriber.packets[0].ssrc,))])


async def thin_line(server: MediaServer) -> Call:
    call = Call(server)
    await call.connect()
    transport = call.subscriber.connection.subscribe
    for bps in (2 * RATE_BPS, RATE_BPS):
        tell(call, bps)
        await until(lambda bps=bps: transport.estimator.estimate_bps == bps)  # type: ignore[misc]
    await until(lambda: transport.pacer is not None)
    return call


def sent_at(packet: RtpPacket) -> float:
    """Seconds on the server's clock, within 64."""
    elements = parse_extensions(packet.extension_profile, packet.extension_data)
    value = elements[SUBSCRIBE_EXTENSIONS["video"][ABS_SEND_TIME_URI]]
    return int.from_bytes(value, "big") / ABS_SEND_TIME_PER_SECOND


async def test_a_burst_leaves_at_the_pace_of_a_line_known_by_remb(server: MediaServer) -> None:
    call = await thin_line(server)
    call.publisher.send(BURST)
    await until(lambda: len(call.subscriber.packets) == 1 + BURST)
    assert call.complete
    times = [sent_at(packet) for packet in call.subscriber.packets[1:]]
    size = sum(len(packet.serialize()) for packet in call.subscriber.packets[1:])
    assert (times[-1] - times[0]) % 64 > 0.6 * size * 8 / (1.2 * RATE_BPS)
    await call.close()


async def test_what_was_lost_goes_before_what_waits(server: MediaServer) -> None:
    call = await thin_line(server)
    first = call.subscriber.packets[0]
    call.publisher.send(BURST)
    call.subscriber.peer.send_rtcp([Nack(1, first.ssrc, (first.sequence_number,))])
    await until(lambda: len(call.subscriber.packets) == 2 + BURST)
    again = next(n for n, each in enumerate(call.subscriber.packets) if each.ssrc != first.ssrc)
    assert again < BURST
    await call.close()


async def test_nothing_waits_once_the_line_is_wide(server: MediaServer) -> None:
    call = await thin_line(server)
    call.publisher.send(BURST)
    tell(call, 5_000_000)
    transport = call.subscriber.connection.subscribe
    await until(lambda: transport.pacer is None)
    await until(lambda: len(call.subscriber.packets) == 1 + BURST)
    assert call.complete
    await call.goes_on()
    await call.close()
