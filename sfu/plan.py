"""What the forwarding loop knows of one consumer: a flat record of numbers."""

from __future__ import annotations

import ctypes
from struct import Struct
from typing import NamedTuple

from sfu.bandwidth.sent_packets import SentLog
from sfu.history import HISTORY, History
from sfu.pacer import Pacer
from sfu.packet import MediaPacket
from sfu.plain_sound import plain_sound
from sfu.plan_record import REWRITE_PICTURES, PlanRecord
from sfu.wire.seq import ts_diff

EPOCHS_KEPT = 8
NO_SEQUENCE = -1

_HEADER = Struct("!BBHII")
UINT16 = Struct("!H")
TRANSPORT_NUMBER_AT = 12 + 4 + 2  # in a packet: behind the headers of RTP, extension and element


class Epoch(NamedTuple):
    """Where packets come from, and by which offsets, from our sequence number ``first`` (extended)
    on."""

    first: int
    history: History
    sequence: int
    timestamp: int
    picture: int
    tl0: int


class Plan(PlanRecord):
    """One consumer as the loop sees it, in Python (`sfu.fanout`) or native.

    The control side writes these fields; the loop reads them, and writes only the counters and
    what left. Nothing in here calls anything.
    """

    __slots__ = (
        "_last",
        "_pacer",
        "_sent_log",
        "address",
        "began_at",
        "destination",
        "epochs",
        "red",
        "srtp",
    )

    def __init__(self, *, ssrc: int, payload_type: int, destination: object) -> None:
        """
        :param ssrc: the consumer's own SSRC, 32 bits
        :param payload_type: as the subscriber's answer has it, 0..127
        :param destination: opaque: where the datagrams go (the subscriber's transport)
        """
        super().__init__()
        self.ssrc = ssrc
        self.payload_type = payload_type
        self.last_sequence = NO_SEQUENCE
        self.address = ctypes.addressof(self)
        self.destination = destination
        self.red = False  # takes redundant audio (`sfu.red`)
        self.srtp: object = None  # opaque: the sending SRTP context, once DTLS is through
        self._sent_log: SentLog | None = None
        self._pacer: Pacer | None = None
        self.began_at = 0  # our number of the keyframe that we last began at, extended
        self.epochs: list[Epoch] = []
        self._last: tuple[int, MediaPacket] | None = None  # kept by `keep_last`

    __hash__ = object.__hash__

    @property
    def sent_log(self) -> SentLog | None:
        """The transport's, with transport-wide feedback."""
        return self._sent_log

    @sent_log.setter
    def sent_log(self, log: SentLog | None) -> None:
        self._sent_log = log
        self.sent_log_at = 0 if log is None else ctypes.addressof(log)

    @property
    def pacer(self) -> Pacer | None:
        """The transport's, where the line is a thin one."""
        return self._pacer

    @pacer.setter
    def pacer(self, pacer: Pacer | None) -> None:
        self._pacer = pacer
        self.is_paced = pacer is not None

    def start_at(
        self,
        packet: MediaPacket,
        first: int,
        history: History,
        elapsed: int | None = None,
        *,
        filtered: bool = False,
    ) -> None:
        """Continue our numbering, clock and picture ids with ``packet``, of whichever stream.

        :param first: our number for the very first packet; later starts go on from the last one
        :param history: has the stream's packets
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
        self._begin_epoch(mine, history)

    def filter_from_now(self, history: History) -> None:
        """Packets come renumbered from a `LayerFilter`, whose history this is, from the next one
        on."""
        self.picture_offset |= REWRITE_PICTURES
        self._begin_epoch(self.last_sequence + 1, history)

    def end_filter(self, sequence: int, packets: int, pictures: int, history: History) -> None:
        """From ``sequence`` on the stream's packets come as they are.

        :param packets: how many were left out of the stream
        :param pictures: how many pictures were
        """
        self.sequence_offset += packets
        self.picture_offset = (self.picture_offset - pictures) & 0x7FFF
        self.first_sequence = sequence
        self._begin_epoch(self.last_sequence + 1, history)

    def newest(self) -> MediaPacket | None:
        """The packet that left under our highest number, where it is still known."""
        if self._last is not None and self._last[0] == self.last_sequence:
            return self._last[1]
        found = self._find(self.last_sequence)
        return None if found is None else found[0]

    def keep_last(self) -> None:
        """Nothing of the stream comes to us any more: go on from the last packet all the same, when
        others have followed it."""
        newest = self.newest()
        self._last = None if newest is None else (self.last_sequence, newest)

    def forget_sent(self) -> None:
        """Nothing that has left can be sent again; the last is kept for its picture id alone."""
        self.keep_last()
        ctypes.memset(self.sent, 0, ctypes.sizeof(self.sent))
        self._forget_epochs(self.first_sequence - self.sequence_offset)

    def forget_old(self) -> None:
        """Let go of what cannot be sent again any more."""
        self._forget_epochs(self.last_sequence - HISTORY + 1)
        if self._last is not None and self._last[0] != self.last_sequence:
            self._last = None

    def again(self, sequence16: int) -> tuple[MediaPacket, bytes, bytes] | None:
        """What left under our 16-bit number, if it is still known: the packet, and the very
        same header and tail."""
        extended = self.last_sequence - ((self.last_sequence - sequence16) & 0xFFFF)
        found = self._find(extended) if self.has_left(extended) else None
        if found is None:
            return None
        packet, epoch = found
        if epoch.history.redundant and not self.red:
            packet = plain_sound(packet)
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

    def _begin_epoch(self, first: int, history: History) -> None:
        offsets = self.sequence_offset, self.timestamp_offset, self.picture_offset, self.tl0_offset
        self.epochs.append(Epoch(first, history, *offsets))
        del self.epochs[:-EPOCHS_KEPT]

    def _forget_epochs(self, oldest: int) -> None:
        """Those of numbers below ``oldest`` alone."""
        while len(self.epochs) > 1 and self.epochs[1].first <= oldest:
            del self.epochs[0]

    def _find(self, extended: int) -> tuple[MediaPacket, Epoch] | None:
        for epoch in reversed(self.epochs):
            if epoch.first <= extended:
                packet = epoch.history.find(extended + epoch.sequence)
                return None if packet is None else (packet, epoch)
        return None

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
        last = self.newest()
        if last is None:
            return
        if last.picture_at and packet.picture_at:
            wanted = last.picture_id + self.picture_offset + 1
            self.picture_offset = (wanted - packet.picture_id) & 0x7FFF
        if last.tl0_at and packet.tl0_at:
            wanted = last.marks.tl0_index + self.tl0_offset + 1
            self.tl0_offset = (wanted - packet.marks.tl0_index) & 0xFF


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
