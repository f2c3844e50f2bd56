"""What the forwarding loop knows of one consumer: a flat record of numbers."""

from __future__ import annotations

from array import array
from struct import Struct
from typing import NamedTuple

from sfu.bandwidth.sent_packets import SentLog
from sfu.pacer import Pacer
from sfu.packet import MediaPacket
from sfu.wire.seq import ts_diff

HISTORY = 512  # packets a consumer can send again; a power of two
EPOCHS_KEPT = 8
REWRITE_PICTURES = 0x8000  # packets bear other picture ids than their tails, offset or not
NO_SEQUENCE = -1

_HEADER = Struct("!BBHII")
UINT16 = Struct("!H")
TRANSPORT_NUMBER_AT = 12 + 4 + 2  # in a packet: behind the headers of RTP, extension and element


class Epoch(NamedTuple):
    """The offsets in force from our sequence number ``first`` (extended) on."""

    first: int
    timestamp: int
    picture: int
    tl0: int


class Plan:
    """One consumer as the loop in `sfu.fanout` sees it.

    The control side writes these fields; the loop reads them, and writes only the counters and
    the history. Nothing in here calls anything, so the loop can be run by a native helper.
    """

    __slots__ = (
        "began_at",
        "bytes_sent",
        "destination",
        "dropped",
        "epochs",
        "first_sequence",
        "history",
        "last_sequence",
        "last_timestamp",
        "pacer",
        "packets_sent",
        "payload_type",
        "picture_offset",
        "red",
        "sent_log",
        "sent_sequences",
        "sequence_offset",
        "srtp",
        "ssrc",
        "timestamp_offset",
        "tl0_offset",
    )

    def __init__(self, *, ssrc: int, payload_type: int, destination: object) -> None:
        """
        :param ssrc: the consumer's own SSRC, 32 bits
        :param payload_type: as the subscriber's answer has it, 0..127
        :param destination: opaque: where the datagrams go (the subscriber's transport)
        """
        self.ssrc = ssrc
        self.payload_type = payload_type
        self.destination = destination
        self.red = False  # takes redundant audio (`sfu.red`)
        self.srtp: object = None  # opaque: the sending SRTP context, once DTLS is through
        self.sent_log: SentLog | None = None  # of the transport, with transport-wide feedback
        self.pacer: Pacer | None = None  # of the transport, where the line is a thin one
        self.sequence_offset = 0  # the stream's extended sequence minus ours
        self.timestamp_offset = 0  # added to the stream's
        self.picture_offset = 0  # added to picture ids, 0..32767; plus `REWRITE_PICTURES`
        self.tl0_offset = 0  # added to the stream's TL0PICIDX, 0..255
        self.first_sequence = 0  # of the stream: anything older is before we (re)started
        self.last_sequence = NO_SEQUENCE  # the highest of our own numbers sent, extended
        self.last_timestamp = 0
        self.began_at = 0  # our number of the keyframe that we last began at, extended
        self.packets_sent = 0
        self.bytes_sent = 0  # RTP payload and header extensions, without header and SRTP tag
        self.dropped = 0
        self.history: list[MediaPacket | None] = [None] * HISTORY
        self.sent_sequences = _no_sequences()
        self.epochs: list[Epoch] = []

    def start_at(
        self,
        packet: MediaPacket,
        first: int,
        elapsed: int | None = None,
        *,
        filtered: bool = False,
    ) -> None:
        """Continue our numbering, clock and picture ids with ``packet``, of whichever stream.

        :param first: our number for the very first packet; later starts go on from the last one
        :param elapsed: ticks since the last packet, where ``packet`` is on another clock
        :param filtered: packets come renumbered from a `LayerFilter`
        """
        mine = first if self.last_sequence == NO_SEQUENCE else self.last_sequence + 1
        self.began_at = mine
        self.sequence_offset = packet.sequence - mine
        self.first_sequence = packet.sequence
        if self.last_sequence != NO_SEQUENCE:
            self._continue_clock(packet, elapsed)
            self._continue_pictures(packet)
        self.picture_offset = self.picture_offset & 0x7FFF | (REWRITE_PICTURES if filtered else 0)
        self._begin_epoch(mine)

    def filter_from_now(self) -> None:
        """Packets come renumbered from a `LayerFilter` from the next one on."""
        self.picture_offset |= REWRITE_PICTURES
        self._begin_epoch(self.last_sequence + 1)

    def end_filter(self, sequence: int, packets: int, pictures: int) -> None:
        """From ``sequence`` on the stream's packets come as they are.

        :param packets: how many were left out of the stream
        :param pictures: how many pictures were
        """
        self.sequence_offset += packets
        self.picture_offset = (self.picture_offset - pictures) & 0x7FFF
        self.first_sequence = sequence
        self._begin_epoch(self.last_sequence + 1)

    def forget_sent(self) -> None:
        """Nothing that has left can be sent again; the last is kept for its picture id alone."""
        last = None
        if self.last_sequence != NO_SEQUENCE:
            last = self.history[self.last_sequence % HISTORY]
        self.history = [None] * HISTORY
        if last is not None:
            self.history[self.last_sequence % HISTORY] = last
        self.sent_sequences = _no_sequences()

    def again(self, sequence16: int) -> tuple[MediaPacket, bytes, bytes] | None:
        """What left under our 16-bit number, if it is still known: the packet, and the very
        same header and tail."""
        newest = self.last_sequence
        if newest == NO_SEQUENCE:
            return None
        extended = newest - ((newest - sequence16) & 0xFFFF)
        slot = extended % HISTORY
        packet = self.history[slot]
        if packet is None or self.sent_sequences[slot] != extended:
            return None
        epoch = next((e for e in reversed(self.epochs) if e.first <= extended), None)
        if epoch is None:
            return None
        header = _HEADER.pack(
            packet.first_byte,
            self.payload_type | packet.marker,
            sequence16,
            (packet.timestamp + epoch.timestamp) & 0xFFFFFFFF,
            self.ssrc,
        )
        return packet, header, _patched(packet, epoch)

    def is_superseded(self, sequence16: int) -> bool:
        """Whether what left under our number came before the keyframe that we last began at: it is
        of use only to a decoder that will never be there again."""
        extended = self.last_sequence - ((self.last_sequence - sequence16) & 0xFFFF)
        return extended < self.began_at

    def _begin_epoch(self, first: int) -> None:
        offsets = self.timestamp_offset, self.picture_offset, self.tl0_offset
        self.epochs.append(Epoch(first, *offsets))
        del self.epochs[:-EPOCHS_KEPT]

    def _continue_clock(self, packet: MediaPacket, elapsed: int | None) -> None:
        """A new stream may run a little behind the old one: never step back."""
        if elapsed is not None:
            self.timestamp_offset = self.last_timestamp + elapsed - packet.timestamp
            return
        timestamp = packet.timestamp + self.timestamp_offset
        behind = ts_diff(self.last_timestamp, timestamp & 0xFFFFFFFF)
        if behind >= 0:
            self.timestamp_offset += behind + 1

    def _continue_pictures(self, packet: MediaPacket) -> None:
        last = self.history[self.last_sequence % HISTORY]
        if last is None:
            return
        if last.picture_at and packet.picture_at:
            wanted = last.picture_id + self.picture_offset + 1
            self.picture_offset = (wanted - packet.picture_id) & 0x7FFF
        if last.tl0_at and packet.tl0_at:
            wanted = last.marks.tl0_index + self.tl0_offset + 1
            self.tl0_offset = (wanted - packet.marks.tl0_index) & 0xFF


def _no_sequences() -> array[int]:
    """Numbers without an object each: 4 kB rather than 20."""
    return array("q", [NO_SEQUENCE]) * HISTORY


def _patched(packet: MediaPacket, epoch: Epoch) -> bytes:
    """The packet's tail with the picture id and TL0PICIDX of an epoch."""
    if not (epoch.picture or epoch.tl0):
        return packet.tail
    tail = bytearray(packet.tail)
    if packet.picture_at:
        number = (packet.picture_id + epoch.picture) & 0x7FFF
        UINT16.pack_into(tail, packet.picture_at, 0x8000 | number)
    if packet.tl0_at:
        tail[packet.tl0_at] = (packet.marks.tl0_index + epoch.tl0) & 0xFF
    return bytes(tail)
