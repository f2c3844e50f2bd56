"""The clock on which consumers see a stream's timestamps."""

from __future__ import annotations

from sfu.wire.seq import ts_diff

_LATE_TICKS = 1 << 23  # 93 s at 90 kHz: what is older belongs to the shift of now
_MASK = 0xFFFFFFFF


class StreamClock:
    """Adds a shift to timestamps (32 bits, RTP ticks). It changes between two frames only: the
    packets of one, however late they come, have one timestamp."""

    __slots__ = ("_before", "_newest", "_next", "_shift", "_since")

    def __init__(self) -> None:
        self._shift = 0
        self._before = 0  # the shift of frames older than `_since`
        self._since: int | None = None
        self._next: int | None = None
        self._newest: int | None = None

    def set(self, shift: int) -> None:
        """From the next packet on, which begins the stream or begins it anew."""
        self._shift = shift & _MASK
        self._since = self._next = self._newest = None

    def align(self, shift: int) -> None:
        """From the next frame on, unless it is watched by then."""
        self._next = shift & _MASK

    def shown(self, timestamp: int) -> int:
        """An instant of the stream's clock as consumers see it now."""
        return (timestamp + self._shift) & _MASK

    def receive(self, timestamp: int, *, watched: bool) -> int:
        """A packet's timestamp as consumers see it.

        :param watched: somebody gets the stream, and would see its clock jump"""
        ahead = 1 if self._newest is None else ts_diff(timestamp, self._newest)
        if ahead > 0 or ahead < -_LATE_TICKS:
            self._begin(timestamp, watched)
        if self._since is not None and ts_diff(timestamp, self._since) < 0:
            return (timestamp + self._before) & _MASK
        return (timestamp + self._shift) & _MASK

    def _begin(self, timestamp: int, watched: bool) -> None:
        """A frame."""
        self._newest = timestamp
        if self._since is not None and ts_diff(timestamp, self._since) > _LATE_TICKS:
            self._since = None
        wanted, self._next = self._next, None
        if wanted is not None and wanted != self._shift and not watched:
            self._before, self._shift, self._since = self._shift, wanted, timestamp
