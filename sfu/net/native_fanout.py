"""The loop of `sfu.fanout` in C, with its sending: ``native/fanout.c``, where it has been built."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from struct import Struct

from sfu.fanout import AT_ONCE_BYTES, MAX_PACKET
from sfu.history import HISTORY
from sfu.net.aiortc_adapter import srtp_address
from sfu.net.native_library import NativeLibrary
from sfu.net.path import Route, SendCounters
from sfu.packet import MediaPacket
from sfu.plan import Plan
from sfu.plan_record import PlanRecord
from sfu.plans import Plans

PACKETS_AT_ONCE = 128
PLANS_AT_ONCE = 1024
# What may wait when the next plan's packets are written: it sends before more than that does.
ARENA_BYTES = AT_ONCE_BYTES + PACKETS_AT_ONCE * MAX_PACKET

_PACKET = Struct("=qIIHHHBBB7x")  # struct packet
_UINT16, _UINT8 = 0xFFFF, 0xFF


class _Record(ctypes.Structure):
    """``struct fanout``."""

    _fields_ = (
        ("protect", ctypes.c_void_p),
        ("counters", ctypes.c_void_p),
        ("arena", ctypes.c_void_p),
        ("arena_bytes", ctypes.c_uint32),
    )


LAYOUT = (
    _PACKET.size,
    ctypes.sizeof(PlanRecord),
    PlanRecord.is_paced.offset,  # type: ignore[attr-defined]
    ctypes.sizeof(Route),
    ctypes.sizeof(SendCounters),
    ctypes.sizeof(_Record),
    HISTORY,
)


class NativeFanout:
    """Protects and sends a batch outside the interpreter; one for the server."""

    def __init__(self, library: ctypes.CDLL, counters: SendCounters, protect_at: int) -> None:
        """:param protect_at: address of libsrtp's ``srtp_protect``, or of what does as it does"""
        self._function = library.roda_fanout
        self._function.restype = ctypes.c_uint32
        pointer, number = ctypes.c_void_p, ctypes.c_uint32
        self._function.argtypes = [
            pointer,
            pointer,
            number,
            pointer,
            pointer,
            number,
            ctypes.c_double,
            pointer,
        ]
        self._arena = ctypes.create_string_buffer(ARENA_BYTES)
        self._counters = counters
        self._record = _Record(
            protect_at,
            ctypes.addressof(counters),
            ctypes.addressof(self._arena),
            ARENA_BYTES,
        )
        self._record_at = ctypes.addressof(self._record)
        self._packets = ctypes.create_string_buffer(_PACKET.size * PACKETS_AT_ONCE)
        self._packets_at = ctypes.addressof(self._packets)
        self._tails = (ctypes.c_char_p * PACKETS_AT_ONCE)()
        self._tails_at = ctypes.addressof(self._tails)
        self._left = ctypes.create_string_buffer(PLANS_AT_ONCE)
        self._left_at = ctypes.addressof(self._left)

    @classmethod
    def load(cls, counters: SendCounters, library: NativeLibrary | None) -> NativeFanout | None:
        """None where it has not been built, or not from this source."""
        if library is None or not library.agrees("roda_fanout_layout", LAYOUT):
            return None
        return cls(library.functions, counters, srtp_address("srtp_protect"))

    def __call__(
        self, packets: Sequence[MediaPacket], plans: Sequence[Plan], now: float
    ) -> Sequence[Plan]:
        """Send ``packets`` to all ``plans``; those whose datagrams do not go over a UDP socket of
        ours, or are paced, are returned and have got nothing."""
        if len(packets) > PACKETS_AT_ONCE or len(plans) > PLANS_AT_ONCE:
            return self._in_parts(packets, plans, now)
        self._write(packets)
        addresses = (plans if isinstance(plans, Plans) else Plans(plans)).addresses
        left = self._function(
            self._record_at,
            addresses.buffer_info()[0],
            len(plans),
            self._packets_at,
            self._tails_at,
            len(packets),
            now,
            self._left_at,
        )
        if not left:
            return ()
        marks = self._left.raw
        return [plan for i, plan in enumerate(plans) if marks[i]]

    def _in_parts(
        self, packets: Sequence[MediaPacket], plans: Sequence[Plan], now: float
    ) -> list[Plan]:
        left: dict[Plan, None] = {}
        for first in range(0, len(plans), PLANS_AT_ONCE):
            part = plans[first : first + PLANS_AT_ONCE]
            for start in range(0, len(packets), PACKETS_AT_ONCE):
                left |= dict.fromkeys(self(packets[start : start + PACKETS_AT_ONCE], part, now))
        return list(left)

    def _write(self, packets: Sequence[MediaPacket]) -> None:
        records, tails = self._packets, self._tails
        for index, packet in enumerate(packets):
            tail = packet.tail
            tails[index] = tail
            _PACKET.pack_into(
                records,
                index * _PACKET.size,
                packet.sequence,
                packet.timestamp & 0xFFFFFFFF,
                len(tail),
                packet.picture_at,
                packet.picture_id & _UINT16,
                packet.tl0_at,
                packet.marks.tl0_index & _UINT8,
                packet.first_byte,
                packet.marker,
            )
