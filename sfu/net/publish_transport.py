"""The transport on which a client sends its tracks."""

from __future__ import annotations

from typing import Protocol

from sfu.net.transport import Transport
from sfu.net.transport_context import TransportContext
from sfu.packet import MediaPacket
from sfu.producer import Producer
from sfu.publisher import Publisher
from sfu.wire.rtcp import RtcpPacket


class Forwards(Protocol):
    def forward(self, producer: Producer, packets: list[MediaPacket], now: float) -> None: ...


class PublishTransport(Transport):
    name = "publish"

    def __init__(
        self, context: TransportContext, publisher: Publisher, forwarder: Forwards
    ) -> None:
        super().__init__(context, "passive")
        self.publisher = publisher
        self._forwarder = forwarder
        self._batch: dict[str, tuple[Producer, list[MediaPacket]]] = {}
        self._first_packet = False

    def receive_rtp(self, data: bytes, now: float) -> None:
        received = self.publisher.receive_rtp(data, now)
        if received is None:
            self._context.counters.packets_dropped += 1
            return
        producer, packet = received
        batch = self._batch.get(producer.track_id)
        if batch is None:
            self._batch[producer.track_id] = (producer, [packet])
        else:
            batch[1].append(packet)

    def flush(self, now: float) -> None:
        if self._batch:
            batches, self._batch = self._batch, {}
            for producer, packets in batches.values():
                self._forwarder.forward(producer, packets, now)
            if not self._first_packet:
                self._first_packet = True
                self._context.on_step("publish_first_packet", "ok", "")
        self.tick_media(now)

    def receive_rtcp(self, packets: list[RtcpPacket], now: float) -> None:
        self.publisher.receive_rtcp(packets, now)

    def tick_media(self, now: float) -> None:
        packets = self.publisher.feedback(now)
        if packets:
            self._context.counters.note_sent(packets)
            self.send_rtcp(packets)
