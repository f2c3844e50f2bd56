"""One published track: its encodings, and which of them each consumer gets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sfu.audience import Dispatch
from sfu.consumer import Consumer
from sfu.encoding import Encoding
from sfu.frame_role import Layer
from sfu.layer_choice import TOP
from sfu.packet import MediaPacket
from sfu.rtp_parameters import Codec, Kind, Source


class Producer:
    """A track with one stream, or several of different quality (simulcast)."""

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
        rids: Sequence[str] = (),
        red: int | None = None,
    ) -> None:
        """
        :param extensions: header extension ids to pass on: the publisher's → the subscribers'
        :param muted: nothing is forwarded while true
        :param rids: names of the simulcast layers, lowest first; empty without simulcast
        :param red: the publisher's payload type of RED, where it may send that (`sfu.red`)
        """
        self.track_id = track_id
        self.connection_id = connection_id
        self.kind = kind
        self.source = source
        self.codec = codec
        self.muted = muted
        self.rids = tuple(rids)
        self.red = red
        self.encodings = [
            Encoding(index, kind, codec, extensions, redundant=red is not None)
            for index in range(max(1, len(rids)))
        ]
        for encoding in self.encodings:
            encoding.siblings = self.encodings
        self.consumers: dict[Consumer, None] = {}  # in the order they came

    # --- from the publisher ---------------------------------------------------------------------

    def dispatch(self, packets: Sequence[MediaPacket]) -> Iterator[Dispatch]:
        """Who gets which of ``packets``, which may be of several encodings.

        Each is to be carried out before the next is asked for: a consumer may be in several."""
        if self.muted:
            return
        if len(self.encodings) == 1:
            yield from self.encodings[0].audience.dispatch(packets)
            return
        by_encoding: dict[int, list[MediaPacket]] = {}
        for packet in packets:
            by_encoding.setdefault(packet.encoding, []).append(packet)
        # Who begins with another encoding leaves the one before first.
        for index in sorted(by_encoding, key=lambda n: not self.encodings[n].audience.is_awaited):
            yield from self.encodings[index].audience.dispatch(by_encoding[index])

    def negotiated(
        self, codec: Codec, extensions: dict[int, int], rids: Sequence[str] = ()
    ) -> bool:
        """The section was negotiated again. False if this track cannot go on like that."""
        if _form(codec) != _form(self.codec) or tuple(rids) != self.rids:
            return False
        self.codec = codec
        for encoding in self.encodings:
            encoding.negotiated(codec, extensions)
        return True

    def align_clocks(self) -> None:
        """Put every encoding on the clock of the first that has reported its own."""
        reported = [e for e in self.encodings if e.stream is not None and e.stream.sender_report]
        for encoding in reported[1:]:
            encoding.align_clock(reported[0])

    @property
    def has_started(self) -> bool:
        """Whether anything of this track has come."""
        return any(encoding.stream is not None for encoding in self.encodings)

    # --- consumers ------------------------------------------------------------------------------

    def add_consumer(self, consumer: Consumer) -> None:
        self.consumers[consumer] = None

    def remove_consumer(self, consumer: Consumer) -> None:
        self.consumers.pop(consumer, None)
        self.pause(consumer)
        consumer.wanted = consumer.layer = None

    def resume(self, consumer: Consumer) -> None:
        """Forward to ``consumer``, from the next keyframe on."""
        if consumer.wanted is None:
            self.select(consumer, self._default())
        else:
            consumer.wanted.audience.resume(consumer)

    def select(
        self,
        consumer: Consumer,
        encoding: Encoding,
        layer: Layer | None = None,
        *,
        hurried: bool = True,
    ) -> None:
        """Let ``consumer`` get this encoding from its next keyframe on; until then it gets the one
        it has.

        :param layer: the (spatial, temporal) layer of the encoding to have at most, as soon as that
            can be decoded; None: everything
        :param hurried: its line does not carry what it has now: of a better one it gets the lowest
            frame rate while it waits
        """
        consumer.layer = layer
        current = consumer.encoding
        if current is encoding:
            encoding.audience.select(consumer, layer, hurried=hurried)
        elif hurried and current is not None and current.index > encoding.index:
            current.audience.select(consumer, (TOP[0], 0))
        if consumer.wanted is encoding:
            return
        if consumer.wanted is not None:
            consumer.wanted.audience.cancel(consumer)
        consumer.wanted = encoding
        encoding.audience.resume(consumer)

    def pause(self, consumer: Consumer) -> None:
        """Forward nothing to ``consumer`` until `resume`."""
        for encoding in self.encodings:
            encoding.audience.pause(consumer)

    def want_keyframe(self, consumer: Consumer) -> None:
        """The consumer's decoder asks for a keyframe."""
        encoding = consumer.encoding or consumer.wanted
        if encoding is not None:
            encoding.repair()

    def set_muted(self, muted: bool) -> None:
        """Stop or resume forwarding for everyone."""
        if self.muted == muted:
            return
        self.muted = muted
        if not muted:
            for encoding in self.encodings:
                encoding.audience.await_keyframe()

    def _default(self) -> Encoding:
        """The best that is sent: with nothing known of the subscriber's line, the best there is."""
        started = [encoding for encoding in self.encodings if encoding.stream is not None]
        return started[-1] if started else self.encodings[0]


def _form(codec: Codec) -> tuple[object, ...]:
    """What a subscriber's decoder is told of a codec."""
    return codec.name.lower(), codec.clock_rate, codec.channels, codec.parameters
