"""Feedback given to its transport without asking Python: ``native/listeners.c``."""

from __future__ import annotations

import ctypes
from typing import Protocol

from sfu.net.native_library import NativeLibrary
from sfu.net.native_signals import NativeFeedback, NativeSignals
from sfu.net.path import Route

SOURCE_BYTES = 28
AS_IT_CAME = 0
ASKS, PLAIN_RTCP = 2, 4
"""Bits of what a datagram has become: it asks for a decision at once; what is in it beside feedback
is unprotected now."""


class Listens(Protocol):
    """A transport, told what came of what was sent to it."""

    def feedback_taken(self, now: float) -> None:
        """Feedback that asks for a decision at once."""

    def rtcp_unprotected(self, plain: bytes, now: float) -> None:
        """RTCP without what feedback was in it."""


class Listener(ctypes.Structure):
    """``struct listener``: the feedback of one SSRC from one address, for one transport."""

    heard_at: float
    """When anything authentic was last taken for it, 0 before."""

    _fields_ = (
        ("source", ctypes.c_uint8 * SOURCE_BYTES),
        ("descriptor", ctypes.c_int32),
        ("ssrc", ctypes.c_uint8 * 4),
        ("unused", ctypes.c_uint32),
        ("srtp_at", ctypes.c_uint64),
        ("signals_at", ctypes.c_uint64),
        ("heard_at", ctypes.c_double),
    )

    @classmethod
    def on(cls, route: Route, ssrc: bytes, srtp_at: int, signals: NativeSignals) -> Listener:
        """
        :param ssrc: that the SRTP context at ``srtp_at`` knows, four bytes
        """
        descriptor = ctypes.c_int32.from_address(route.descriptor_at).value
        listener = cls(descriptor=descriptor, srtp_at=srtp_at, signals_at=signals.address)
        listener.source[:] = route.address
        listener.ssrc[:] = ssrc
        return listener


class ListenersRecord(ctypes.Structure):
    """``struct listeners``."""

    taken: int
    """Datagrams that Python has not seen."""

    _fields_ = (
        ("slots_at", ctypes.c_uint64),
        ("capacity", ctypes.c_uint32),
        ("used", ctypes.c_uint32),
        ("taken", ctypes.c_uint64),
        ("unprotect_at", ctypes.c_uint64),
        ("plain_at", ctypes.c_uint64),
        ("runs_at", ctypes.c_uint64),
    )


LAYOUT = (ctypes.sizeof(Listener), ctypes.sizeof(ListenersRecord), SOURCE_BYTES)


class NativeListeners(ListenersRecord):
    """All of a server's. What C has the addresses of is kept here until `remove`."""

    __slots__ = ("_add", "_free", "_held", "_remove", "address", "feedback")

    def __init__(self, library: ctypes.CDLL, feedback: NativeFeedback) -> None:
        super().__init__(
            unprotect_at=feedback.unprotect_at,
            plain_at=feedback.plain_at,
            runs_at=feedback.runs_at,
        )
        self.feedback = feedback
        self.address = ctypes.addressof(self)
        self._held: dict[int, tuple[Listens, Listener, object]] = {}
        pointer = ctypes.c_void_p
        self._add, self._remove = library.roda_listen, library.roda_unlisten
        self._free = library.roda_free_listeners
        self._add.argtypes = [pointer, pointer]
        self._remove.argtypes, self._remove.restype = [pointer, pointer], None
        self._free.argtypes, self._free.restype = [pointer], None

    @classmethod
    def load(cls, library: NativeLibrary | None) -> NativeListeners | None:
        """None where it has not been built, or not from this source."""
        feedback = NativeFeedback.load(library)
        if library is None or feedback is None:
            return None
        if not library.agrees("roda_listeners_layout", LAYOUT):
            return None
        return cls(library.functions, feedback)

    def __len__(self) -> int:
        return len(self._held)

    def add(self, transport: Listens, listener: Listener, context: object) -> None:
        """In the place of who listened to the same before.

        :param context: what has the SRTP context and the signals"""
        at = ctypes.addressof(listener)
        if self._add(self.address, at):
            self._held[at] = transport, listener, context

    def remove(self, listener: Listener) -> None:
        at = ctypes.addressof(listener)
        self._remove(self.address, at)
        self._held.pop(at, None)

    def tell(self, kind: int, listener_at: int, data: bytes, now: float) -> None:
        """What became of a datagram that was read for a listener."""
        transport = self._held[listener_at][0]
        if kind & ASKS:
            transport.feedback_taken(now)
        if kind & PLAIN_RTCP:
            transport.rtcp_unprotected(data, now)

    def close(self) -> None:
        self._free(self.address)
        self._held.clear()
