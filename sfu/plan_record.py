"""The part of a plan that the loop in C reads and writes."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable

from sfu.history import HISTORY

REWRITE_PICTURES = 0x8000  # packets bear other picture ids than their tails, offset or not


class PlanRecord(ctypes.Structure):
    """The numbers of a plan, as ``struct plan`` of ``sfu/net/native/fanout.c`` has them too.

    Those of fewer than 64 bits wrap as the fields of RTP do that they are added to."""

    sequence_offset: int  # the stream's extended sequence minus ours
    first_sequence: int  # of the stream: anything older is before we (re)started
    last_sequence: int  # the highest of our own numbers sent, extended
    packets_sent: int
    bytes_sent: int  # RTP payload and header extensions, without header and SRTP tag
    dropped: int
    srtp_at: int  # address of the sending SRTP context
    route_at: int  # address of where datagrams go (`sfu.net.path.Route`); 0 if that is not known
    sent: ctypes.Array[ctypes.c_uint8]  # a bit for each of the last `HISTORY` of our own numbers
    sent_log_at: int
    ssrc: int
    timestamp_offset: int  # added to the stream's
    last_timestamp: int
    picture_offset: int  # added to picture ids, 0..32767; plus `REWRITE_PICTURES`
    tl0_offset: int  # added to the stream's TL0PICIDX, 0..255
    payload_type: int
    is_paced: int

    _fields_ = (
        ("sequence_offset", ctypes.c_int64),
        ("first_sequence", ctypes.c_int64),
        ("last_sequence", ctypes.c_int64),
        ("packets_sent", ctypes.c_uint64),
        ("bytes_sent", ctypes.c_uint64),
        ("dropped", ctypes.c_uint64),
        ("srtp_at", ctypes.c_uint64),
        ("route_at", ctypes.c_uint64),
        ("sent", ctypes.c_uint8 * (HISTORY // 8)),
        ("sent_log_at", ctypes.c_uint64),
        ("ssrc", ctypes.c_uint32),
        ("timestamp_offset", ctypes.c_uint32),
        ("last_timestamp", ctypes.c_uint32),
        ("picture_offset", ctypes.c_uint16),
        ("tl0_offset", ctypes.c_uint8),
        ("payload_type", ctypes.c_uint8),
        ("is_paced", ctypes.c_uint8),
    )

    def note_sent(self, sequences: Iterable[int]) -> None:
        """Packets have left under these numbers of ours, extended, in this order."""
        sent, last = self.sent, self.last_sequence
        for sequence in sequences:
            if sequence <= last - HISTORY:
                continue
            if sequence > last + 1:
                for missing in range(max(last + 1, sequence - HISTORY), sequence):
                    sent[missing % HISTORY >> 3] &= ~(1 << (missing & 7))
            sent[sequence % HISTORY >> 3] |= 1 << (sequence & 7)
            if sequence > last:
                last = sequence
        self.last_sequence = last

    def has_left(self, sequence: int) -> bool:
        """Whether something has under this number of ours, extended, not above the highest. Of the
        last `HISTORY` alone that is known."""
        known = self.last_sequence - sequence < HISTORY
        return known and bool(self.sent[sequence % HISTORY >> 3] >> (sequence & 7) & 1)
