"""One incoming track: its stream made continuous, and handed to its consumers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sfu.consumer import Consumer
from sfu.fanout import HEADER_SIZE, MAX_PACKET, MAX_TRAILER
from sfu.header_extensions import PASSED_ON, SUBSCRIBE_EXTENSIONS
from sfu.keyframe import KeyframeRequester
from sfu.keyframe_tests import KEYFRAME_TESTS
from sfu.packet import MediaPacket
from sfu.plan import Plan
from sfu.receive_stream import ReceiveStream
from sfu.rtp_parameters import ABS_SEND_TIME_URI, Codec, Kind, Source
from sfu.wire.errors import WireError
from sfu.wire.extensions import build_abs_send_time
from sfu.wire.rtp import RtpPacket, build_extensions, parse_extensions

MAX_TAIL = MAX_PACKET - HEADER_SIZE - MAX_TRAILER
RETURN_AFTER_S = 0.5  # an SSRC once left is taken again only when its successor has been silent
MAX_LEFT_SSRCS = 64
_ABS_SEND_TIME_ID = SUBSCRIBE_EXTENSIONS["video"][ABS_SEND_TIME_URI]


class Dispatch(NamedTuple):
    """Packets that go to the same consumers."""

    packets: Sequence[MediaPacket]
    plans: Sequence[Plan]
    starts: bool  # whether these are the first packets since the consumers were resumed


class Producer:
    """A published track.

    A publisher may change its SSRC (a replaced encoder, a renegotiation): the numbering and the
    clock that consumers see go on.
    """

    def __init__(
        self,
        *,
        track_id: str,
        connection_id: str,
        kind: Kind,
        source: Source,
        codec: Codec,
        extensions: dict[int, int],
        muted: bool,
    ) -> None:
        """
        :param extensions: header extension ids to pass on: the publisher's → the subscribers'
        :param muted: nothing is forwarded while true
        """
        self.track_id = track_id
        self.connection_id = connection_id
        self.kind = kind
        self.source = source
        self.codec = codec
        self.muted = muted
        self.keyframes = KeyframeRequester()
        self.consumers: dict[Consumer, None] = {}  # in the order they came
        self.stream: ReceiveStream | None = None
        self.oversized = 0
        self.strays = 0  # packets of streams that this track has left
        self._extensions = extensions
        self._is_keyframe = KEYFRAME_TESTS.get(codec.name.lower()) if kind == "video" else None
        self._always_start = self._is_keyframe is None
        self._sequence_shift = 0
        self._timestamp_shift = 0
        self._align = False
        self._floor: int | None = None  # older numbers of the stream belong to its predecessor
        self._left: dict[int, None] = {}  # SSRCs, the last left last
        self._last_sequence = -1
        self._last_timestamp = 0
        self._last_at = 0.0
        self._flowing: list[Plan] = []
        self._starting: list[Consumer] = []

    # --- from the publisher ---------------------------------------------------------------------

    def receive(
        self, packet: RtpPacket, now: float, *, retransmitted: bool = False
    ) -> MediaPacket | None:
        """Take one packet of this track; None if there is nothing to forward in it.

        :param retransmitted: it came on the retransmission stream, unwrapped since"""
        stream = self.stream
        if stream is None or stream.ssrc != packet.ssrc:
            if retransmitted or not self._may_switch(packet.ssrc, now):
                self.strays += 1
                return None
            stream = self._switch_stream(packet.ssrc)
        payload = packet.payload
        sequence = stream.accept(
            packet.sequence_number,
            packet.timestamp,
            len(payload),
            now,
            retransmitted=retransmitted,
        )
        if stream.gave_up:
            stream.gave_up = False
            self.repair()
        if sequence is None or not self._fits(stream, sequence, packet.timestamp, now):
            return None
        keyframe = self._always_start or self._starts_keyframe(payload)
        if keyframe and not self._always_start:
            self.keyframes.received()
        sequence += self._sequence_shift
        timestamp = (packet.timestamp + self._timestamp_shift) & 0xFFFFFFFF
        if sequence > self._last_sequence:
            self._last_sequence, self._last_timestamp, self._last_at = sequence, timestamp, now
        extension = self._extension(packet, now)
        tail = extension + payload
        if len(tail) > MAX_TAIL:
            self.oversized += 1
            return None
        return MediaPacket(
            sequence=sequence,
            timestamp=timestamp,
            marker=packet.marker,
            keyframe=keyframe,
            payload_at=len(extension),
            tail=tail,
        )

    def dispatch(self, packets: Sequence[MediaPacket]) -> list[Dispatch]:
        """Who gets which of ``packets``. Consumers that wait for a keyframe begin at one."""
        if self.muted:
            return []
        dispatches = [Dispatch(packets, tuple(self._flowing), False)] if self._flowing else []
        if self._starting:
            first = next((i for i, packet in enumerate(packets) if packet.keyframe), None)
            if first is not None:
                start = packets[first].sequence
                begun = [packet for packet in packets if packet.sequence >= start]
                dispatches.append(Dispatch(begun, self._start(start), True))
        return dispatches

    def repair(self) -> None:
        """What is lost stays lost: only a keyframe helps."""
        if not self._always_start:
            self.keyframes.want()

    def negotiated(self, codec: Codec, extensions: dict[int, int]) -> bool:
        """The section was negotiated again. False if this track cannot go on with that codec."""
        if _form(codec) != _form(self.codec):
            return False
        self.codec, self._extensions = codec, extensions
        return True

    def rtp_time(self, stream_timestamp: int) -> int:
        """A timestamp of the current stream on the clock that consumers see."""
        return (stream_timestamp + self._timestamp_shift) & 0xFFFFFFFF

    # --- consumers ------------------------------------------------------------------------------

    def add_consumer(self, consumer: Consumer) -> None:
        self.consumers[consumer] = None

    def remove_consumer(self, consumer: Consumer) -> None:
        self.consumers.pop(consumer, None)
        self.pause(consumer)

    def resume(self, consumer: Consumer) -> None:
        """Forward to ``consumer``, from the next keyframe on."""
        if consumer not in self._starting and consumer.plan not in self._flowing:
            self._starting.append(consumer)
            self._want_keyframe()

    def pause(self, consumer: Consumer) -> None:
        """Forward nothing to ``consumer`` until `resume`."""
        if consumer in self._starting:
            self._starting.remove(consumer)
        if consumer.plan is not None and consumer.plan in self._flowing:
            self._flowing.remove(consumer.plan)

    def set_muted(self, muted: bool) -> None:
        """Stop or resume forwarding for everyone."""
        if self.muted == muted:
            return
        self.muted = muted
        if not muted:
            self._await_keyframe()

    # --- inside ---------------------------------------------------------------------------------

    def _await_keyframe(self) -> None:
        """Whoever gets this track begins again, at the next keyframe."""
        flowing = set(self._flowing)
        self._flowing.clear()
        self._starting.extend(c for c in self.consumers if c.plan in flowing)
        self._want_keyframe()

    def _start(self, sequence: int) -> list[Plan]:
        plans = []
        for consumer in self._starting:
            if consumer.plan is not None:
                consumer.plan.start_at(sequence, consumer.first_sequence)
                consumer.started()
                plans.append(consumer.plan)
        self._starting.clear()
        self._flowing.extend(plans)
        return plans

    def _want_keyframe(self) -> None:
        if self._starting and not self._always_start:
            self.keyframes.want()

    def _may_switch(self, ssrc: int, now: float) -> bool:
        return ssrc not in self._left or now - self._last_at > RETURN_AFTER_S

    def _switch_stream(self, ssrc: int) -> ReceiveStream:
        if self.stream is not None:
            self._align = True
            self._left.pop(ssrc, None)
            self._left[self.stream.ssrc] = None
            if len(self._left) > MAX_LEFT_SSRCS:
                del self._left[next(iter(self._left))]
        self.stream = ReceiveStream(ssrc, self.codec.clock_rate)
        return self.stream

    def _fits(self, stream: ReceiveStream, sequence: int, timestamp: int, now: float) -> bool:
        """Whether a packet has a number of its own in what consumers see. A late one from before a
        new stream's first has not: those numbers were its predecessor's."""
        if self._align or stream.restarted:
            self._align = stream.restarted = False
            self._align_to(sequence, timestamp, now)
        return self._floor is None or sequence >= self._floor

    def _align_to(self, sequence: int, timestamp: int, now: float) -> None:
        """Make a new stream's first packet follow the old stream's last."""
        self._floor = sequence
        self._await_keyframe()
        elapsed = int((now - self._last_at) * self.codec.clock_rate)
        self._sequence_shift = self._last_sequence + 1 - sequence
        self._timestamp_shift = self._last_timestamp + max(1, elapsed) - timestamp

    def _starts_keyframe(self, payload: bytes) -> bool:
        assert self._is_keyframe is not None
        return self._is_keyframe(payload)

    def _extension(self, packet: RtpPacket, now: float) -> bytes:
        elements = [(_ABS_SEND_TIME_ID, build_abs_send_time(now))]
        if packet.extension_profile and self._extensions:
            try:
                given = parse_extensions(packet.extension_profile, packet.extension_data)
            except WireError:
                given = {}
            for theirs, ours in self._extensions.items():
                if theirs in given:
                    elements.append((ours, given[theirs]))
        profile, body = build_extensions(elements)
        return b"".join((profile.to_bytes(2, "big"), (len(body) // 4).to_bytes(2, "big"), body))


def _form(codec: Codec) -> tuple[object, ...]:
    """What a subscriber's decoder is told of a codec."""
    return codec.name.lower(), codec.clock_rate, codec.channels, codec.parameters


def passed_on(kind: Kind, accepted: Mapping[str, int]) -> dict[int, int]:
    """Which of a publisher's header extensions are passed on: its id → the subscribers' id."""
    ours = SUBSCRIBE_EXTENSIONS[kind]
    return {accepted[uri]: ours[uri] for uri in PASSED_ON if uri in accepted and uri in ours}
