"""One incoming stream of a track: the only one, or one of its simulcast layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sfu.audience import Audience
from sfu.fanout import HEADER_SIZE, MAX_PACKET, MAX_TRAILER
from sfu.frame_marks import EVERY_PACKET_STARTS, FrameMarks, FrameReader
from sfu.frame_role import ONLY_ONE
from sfu.header_extensions import PASSED_ON, SUBSCRIBE_EXTENSIONS
from sfu.keyframe import KeyframeRequester
from sfu.layer_rates import LayerRates
from sfu.packet import MediaPacket
from sfu.rate_meter import RateMeter
from sfu.receive_stream import ReceiveStream
from sfu.rtp_parameters import (
    AUDIO_LEVEL_URI,
    DEPENDENCY_DESCRIPTOR_URI,
    Codec,
    Kind,
)
from sfu.send_stamps import stamped_extension
from sfu.stream_clock import StreamClock
from sfu.wire.errors import WireError
from sfu.wire.ntp import unix_from_ntp
from sfu.wire.rtp import RtpPacket, parse_extensions

MAX_TAIL = MAX_PACKET - HEADER_SIZE - MAX_TRAILER
RETURN_AFTER_S = 0.5  # an SSRC once left is taken again only when its successor has been silent
MAX_LEFT_SSRCS = 64
INTERRUPTED_AFTER_S = 0.5  # without a packet, and then some are missing
SILENT_AFTER_S = 1.5  # without a packet for so long the publisher has stopped this layer
OUTLIVED_AFTER_S = 0.5  # the same, where others of the track have gone on
OUTLIVED_BY = 6  # frames of those
_AUDIO_LEVEL_ID = SUBSCRIBE_EXTENSIONS["audio"][AUDIO_LEVEL_URI]
_DESCRIPTOR_ID = SUBSCRIBE_EXTENSIONS["video"][DEPENDENCY_DESCRIPTOR_URI]


class Encoding:
    """A stream made continuous, and the consumers that get it.

    A publisher may change its SSRC (a replaced encoder, a renegotiation): the numbering and the
    clock that consumers see go on.
    """

    def __init__(
        self,
        index: int,
        kind: Kind,
        codec: Codec,
        extensions: dict[int, int],
        *,
        redundant: bool = False,
    ) -> None:
        """
        :param index: 0 for the only stream, else the simulcast layer, lowest first
        :param extensions: header extension ids to pass on: the publisher's → the subscribers'
        :param redundant: whether packets are RED, which not everybody takes (`sfu.red`)
        """
        self.index = index
        self.codec = codec
        self.keyframes = KeyframeRequester()
        self.rate = RateMeter()
        self.size = (0, 0)  # pixels of the last keyframe, zeros where the codec does not tell
        self.layer_rates = LayerRates()
        self.suspended = False  # the publisher was told that nobody wants it
        self.returns_until = 0.0  # it was told to begin again, and may take so long for it
        self.audio_level: int | None = None  # of the last packet, 0 loudest to 127 (RFC 6464)
        self.stream: ReceiveStream | None = None
        self.last_at: float | None = None  # when the newest packet came
        self.oversized = 0
        self.strays = 0  # packets of streams that this one has left
        self.siblings: Sequence[Encoding] = ()  # all encodings of the track
        self._extensions = extensions
        self._reader = FrameReader(codec.name) if kind == "video" else None
        self._sequence_shift = 0
        self._clock = StreamClock()
        self._align = False
        self._floor: int | None = None  # older numbers of the stream belong to its predecessor
        self._left: dict[int, None] = {}  # SSRCs, the last left last
        self._last_sequence = -1
        self._last_timestamp = 0
        self._outlived_by = 0  # frames of its siblings since its own last
        self.audience = Audience(self, self.repair, redundant=redundant)

    # --- from the publisher ---------------------------------------------------------------------

    def receive(
        self, packet: RtpPacket, now: float, *, retransmitted: bool = False
    ) -> MediaPacket | None:
        """Take one packet of this stream; None if there is nothing to forward in it.

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
        if self.last_at is None:
            self._join_siblings(packet.timestamp, now)
        self.rate.note(len(payload), now)
        given = self._given(packet) if self._extensions else []
        marks = self._marks(payload, given)
        if marks.role.targets is not ONLY_ONE or self.layer_rates.held:
            self.layer_rates.note(marks.role, len(payload), now)
        sequence += self._sequence_shift
        timestamp = self._clock.receive(packet.timestamp, watched=self.audience.is_flowing)
        if sequence > self._last_sequence:
            if sequence > self._last_sequence + 1:
                self._after_gap(now)
            if timestamp != self._last_timestamp:
                self._outlive_siblings()
            self._last_sequence, self._last_timestamp, self.last_at = sequence, timestamp, now
        extension = stamped_extension(given, now)
        tail = extension + payload
        if len(tail) > MAX_TAIL:
            self.oversized += 1
            return None
        return MediaPacket(
            encoding=self.index,
            sequence=sequence,
            timestamp=timestamp,
            marker=packet.marker,
            marks=marks,
            payload_at=len(extension),
            tail=tail,
        )

    @property
    def next_sequence(self) -> int:
        """The number of the packet that follows the newest."""
        return self._last_sequence + 1

    def is_active(self, now: float) -> bool:
        """Whether the publisher sends this stream at present."""
        if self.last_at is None:
            return False
        outlived = self._outlived_by >= OUTLIVED_BY
        return now - self.last_at < (OUTLIVED_AFTER_S if outlived else SILENT_AFTER_S)

    def is_to_be_had(self, now: float) -> bool:
        """Whether a consumer that selects this stream would get it: it is sent, or would be again
        when asked for."""
        awaited = self.suspended or now < self.returns_until
        return self.is_active(now) or (awaited and self.stream is not None)

    def _after_gap(self, now: float) -> None:
        """What was sent into a line that was down is more than retransmission should mend."""
        if self.last_at is not None and now - self.last_at > INTERRUPTED_AFTER_S:
            self.keyframes.renew()
            self.repair()

    def repair(self) -> None:
        """What is lost stays lost: only a keyframe helps."""
        if self._reader is not None:
            self.keyframes.want()

    def negotiated(self, codec: Codec, extensions: dict[int, int]) -> None:
        """The section was negotiated again, to the same effect for subscribers."""
        self.codec, self._extensions = codec, extensions

    def rtp_time(self, stream_timestamp: int) -> int:
        """A timestamp of the current stream on the clock that consumers see."""
        return self._clock.shown(stream_timestamp)

    def align_clock(self, reference: Encoding) -> None:
        """Put this stream on another's clock, by the sender reports of both (RFC 3550 section
        6.4.1). Only while nobody gets it: those who do would see the clock jump."""
        if self.audience.is_flowing or self.stream is None or reference.stream is None:
            return
        ours, theirs = self.stream.sender_report, reference.stream.sender_report
        if ours is None or theirs is None:
            return
        elapsed_s = unix_from_ntp(ours[0]) - unix_from_ntp(theirs[0])
        there = reference.rtp_time(theirs[1] + int(elapsed_s * self.codec.clock_rate))
        self._clock.align(there - ours[1])

    # --- inside ---------------------------------------------------------------------------------

    def _outlive_siblings(self) -> None:
        """A frame begins."""
        for other in self.siblings:
            other._outlived_by += 1
        self._outlived_by = 0

    def _may_switch(self, ssrc: int, now: float) -> bool:
        return ssrc not in self._left or self.last_at is None or now - self.last_at > RETURN_AFTER_S

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
        self.audience.await_keyframe()
        elapsed = int((now - (self.last_at or now)) * self.codec.clock_rate)
        self._sequence_shift = self._last_sequence + 1 - sequence
        self._clock.set(self._last_timestamp + max(1, elapsed) - timestamp)

    def _join_siblings(self, timestamp: int, now: float) -> None:
        """Begin on the clock of an encoding that has begun already, as near as arrivals tell."""
        for other in self.siblings:
            if other.last_at is not None:
                elapsed = int((now - other.last_at) * self.codec.clock_rate)
                self._clock.set(other._last_timestamp + elapsed - timestamp)
                return

    def _given(self, packet: RtpPacket) -> list[tuple[int, bytes]]:
        """The packet's header extensions that are passed on, by the subscribers' ids."""
        if not packet.extension_profile:
            return []
        try:
            given = parse_extensions(packet.extension_profile, packet.extension_data)
        except WireError:
            return []
        return [(ours, given[id_]) for id_, ours in self._extensions.items() if id_ in given]

    def _marks(self, payload: bytes, given: list[tuple[int, bytes]]) -> FrameMarks:
        if self._reader is None:
            self._note_level(given)
            return EVERY_PACKET_STARTS
        descriptor = dict(given).get(_DESCRIPTOR_ID) if given else None
        marks = self._reader.read(payload, descriptor)
        if marks.keyframe:
            self.keyframes.received()
            size = max(marks.size, *marks.layer_sizes, (0, 0))
            self.size = size if size[0] else self.size
            self._note_layers(marks)
        return marks

    def _note_layers(self, marks: FrameMarks) -> None:
        rates = self.layer_rates
        if marks.role.targets is not ONLY_ONE or rates.held:
            rates.sizes = marks.layer_sizes or (self.size,)
        elif rates.layers:
            self.layer_rates = LayerRates()

    def _note_level(self, given: list[tuple[int, bytes]]) -> None:
        for id_, value in given:
            if id_ == _AUDIO_LEVEL_ID and len(value) == 1:
                self.audio_level = value[0] & 0x7F


def passed_on(kind: Kind, accepted: Mapping[str, int]) -> dict[int, int]:
    """Which of a publisher's header extensions are passed on: its id → the subscribers' id."""
    ours = SUBSCRIBE_EXTENSIONS[kind]
    return {accepted[uri]: ours[uri] for uri in PASSED_ON if uri in accepted and uri in ours}
