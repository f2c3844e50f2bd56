"""`sfu.bandwidth.path_signals` in C, from the protected datagram on: ``native/feedback.c``."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from struct import Struct

from sfu.bandwidth import acknowledged_rate, standing_queue
from sfu.bandwidth.acknowledgements import MAX_MISSING, ArrivedRun
from sfu.bandwidth.overuse import UsageState
from sfu.bandwidth.path_signals import Gathered
from sfu.bandwidth.sent_packets import CAPACITY, SentLog
from sfu.net.aiortc_adapter import srtp_address
from sfu.net.native_library import NativeLibrary
from sfu.wire.transport_feedback import TransportFeedback

MAX_DATAGRAM = 1500
_RUN = Struct("=qqdddqd?7x")  # struct arrived_run
_RTCP_HEADER_SIZE = 4
_INSIDE = 2_892  # bytes of a record that are of no interest here
UNAUTHENTIC = -2
HEARD, URGENT, OTHER = 1, 2, 4  # bits
_STATES: tuple[UsageState, ...] = ("normal", "overuse", "underuse")


class SignalsRecord(ctypes.Structure):
    """``struct signals``."""

    round_trip_s: float
    queue_s: float
    bps: float  # arriving, where `is_rate_known`
    threshold_ms: float  # `sfu.bandwidth.overuse`
    sent_at: float  # of what was gathered, where `has_sent`
    size_bytes: float
    heard_at: float
    packets: int
    lost: int
    unknown: int
    newest_runs: int
    plain_bytes: int
    state_index: int
    overused: int
    is_rate_known: int
    has_sent: int
    is_pending: int
    attentive: bool

    _fields_ = (
        ("round_trip_s", ctypes.c_double),
        ("queue_s", ctypes.c_double),
        ("bps", ctypes.c_double),
        ("threshold_ms", ctypes.c_double),
        ("sent_at", ctypes.c_double),
        ("size_bytes", ctypes.c_double),
        ("heard_at", ctypes.c_double),
        ("packets", ctypes.c_int64),
        ("lost", ctypes.c_int64),
        ("unknown", ctypes.c_int64),
        ("newest_runs", ctypes.c_uint32),
        ("plain_bytes", ctypes.c_uint32),
        ("state_index", ctypes.c_uint8),
        ("overused", ctypes.c_uint8),
        ("is_rate_known", ctypes.c_uint8),
        ("has_sent", ctypes.c_uint8),
        ("is_pending", ctypes.c_uint8),
        ("attentive", ctypes.c_bool),
        ("inside", ctypes.c_uint8 * _INSIDE),
    )


LAYOUT = (
    ctypes.sizeof(SentLog),
    CAPACITY,
    _RUN.size,
    ctypes.sizeof(SignalsRecord),
    SignalsRecord.inside.offset,
    MAX_DATAGRAM,
    MAX_MISSING,
    standing_queue.MAX_ENTRIES,
    acknowledged_rate.MAX_ENTRIES,
)


class NativeFeedback:
    """The functions, and memory they share; one for the server."""

    def __init__(self, library: ctypes.CDLL, unprotect_at: int) -> None:
        """:param unprotect_at: address of libsrtp's ``srtp_unprotect_rtcp``, or of its like"""
        pointer, number = ctypes.c_void_p, ctypes.c_uint32
        self.start = library.roda_start_signals
        self.start.argtypes, self.start.restype = [pointer, pointer], None
        self.forget_rate = library.roda_forget_rate
        self.forget_rate.argtypes, self.forget_rate.restype = [pointer], None
        self.take = library.roda_take_feedback
        self.take.argtypes = [pointer, ctypes.c_char_p, number, ctypes.c_double, pointer]
        self.receive = library.roda_receive_feedback
        self.receive.argtypes = [
            pointer,
            pointer,
            pointer,
            ctypes.c_char_p,
            number,
            ctypes.c_double,
            pointer,
            pointer,
        ]
        self.unprotect_at = unprotect_at
        self.runs = ctypes.create_string_buffer(_RUN.size * MAX_DATAGRAM)
        self.runs_at = ctypes.addressof(self.runs)
        self.plain = ctypes.create_string_buffer(MAX_DATAGRAM)
        self.plain_at = ctypes.addressof(self.plain)

    @classmethod
    def load(cls, library: NativeLibrary | None) -> NativeFeedback | None:
        """None where it has not been built, or not from this source."""
        if library is None or not library.agrees("roda_feedback_layout", LAYOUT):
            return None
        return cls(library.functions, srtp_address("srtp_unprotect_rtcp"))

    def signals(self, log: SentLog) -> NativeSignals:
        """For one transport."""
        return NativeSignals(self, log)


class NativeSignals(SignalsRecord):
    """`sfu.bandwidth.path_signals.Signals` of one transport."""

    __slots__ = ("_functions", "_log", "address")

    def __init__(self, functions: NativeFeedback, log: SentLog) -> None:
        super().__init__()
        self._functions = functions
        self._log = log  # C has its address
        self.address = ctypes.addressof(self)
        functions.start(self.address, ctypes.addressof(log))

    @property
    def state(self) -> UsageState:
        return _STATES[self.state_index]

    @property
    def acknowledged_bps(self) -> float | None:
        return self.bps if self.is_rate_known else None

    @property
    def pending(self) -> bool:
        return bool(self.is_pending)

    @property
    def urgent(self) -> bool:
        at_ease = not self.state_index and not self.overused and not self.lost
        return not at_ease or self.queue_s > standing_queue.CONGESTED_S

    @property
    def newest(self) -> Sequence[ArrivedRun]:
        """Of the server's last feedback: all transports share the memory."""
        records = memoryview(self._functions.runs)[: self.newest_runs * _RUN.size]
        return [ArrivedRun._make(run) for run in _RUN.iter_unpack(records)]

    def take(self, feedback: TransportFeedback, now: float) -> bool:
        body = feedback.serialize()[_RTCP_HEADER_SIZE:]
        functions = self._functions
        taken: int = functions.take(self.address, body, len(body), now, functions.runs_at)
        return taken > 0

    def receive(self, srtp_at: int, data: bytes, now: float) -> int:
        """Take a protected datagram's feedback: 0 if it told nothing new, else bits. `HEARD` and
        `URGENT`; `OTHER` if there is anything beside one sound feedback at its end: what there is
        stands in `plain`. `UNAUTHENTIC` if it is forged or replayed.

        :param srtp_at: address of the receiving SRTP context
        """
        functions = self._functions
        taken: int = functions.receive(
            self.address,
            functions.unprotect_at,
            srtp_at,
            data,
            len(data),
            now,
            functions.plain_at,
            functions.runs_at,
        )
        return taken

    @property
    def plain(self) -> bytes:
        """The last datagram received, unprotected, without the feedback that was taken."""
        return self._functions.plain.raw[: self.plain_bytes]

    def gather(self) -> Gathered:
        sent_at = self.sent_at if self.has_sent else None
        gathered = Gathered(self.packets, self.lost, self.size_bytes, sent_at, bool(self.overused))
        self.packets = self.lost = 0
        self.size_bytes = 0.0
        self.has_sent = self.overused = self.is_pending = 0
        return gathered

    def forget_rate(self) -> None:
        self._functions.forget_rate(self.address)
