"""Which packets of a stream in layers one consumer gets, and under which numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sfu.history import History
from sfu.layer_choice import LayerChoice, Selection
from sfu.packet import MediaPacket
from sfu.sequence_map import SequenceMap

FRAMES_KEPT = 64
SETTLED_PACKETS = 512  # without one left out, until the filter can be done without


class _Verdict(NamedTuple):
    """On one frame: all of its packets share it."""

    passes: bool
    picture_shift: int  # pictures left out before it
    top: int  # the spatial layer that ends a picture for the consumer


class _Then(NamedTuple):
    """What was in force when a packet should have come."""

    selection: Selection
    picture_shift: int


class LeftOut(NamedTuple):
    """What one consumer did without."""

    packets: int = 0
    frames: int = 0  # a picture has one of each spatial layer
    fillers: int = 0  # packets of padding sent in the place of late ones

    def plus(self, other: LeftOut, sign: int = 1) -> LeftOut:
        """:param sign: -1 to take away"""
        packets, frames, fillers = (sign * each for each in other)
        return LeftOut(self.packets + packets, self.frames + frames, self.fillers + fillers)


class LayerFilter:
    """One consumer's, on one encoding. Leaves no gap in sequence numbers and VP8 picture ids."""

    def __init__(self, choice: LayerChoice, first: int) -> None:
        """:param first: the sequence number it begins with; what is older passes as it is"""
        self.choice = choice
        self.history = History()
        self._fillers = 0
        self._first = first
        self._numbers: SequenceMap[_Then] = SequenceMap(first)
        self._frames_left_out = 0
        self._verdicts: dict[int, _Verdict] = {}  # by frame
        self._last_frame = -1
        self._last_left_out = first - 1

    @property
    def highest(self) -> int:
        """The highest sequence number seen."""
        return self._numbers.highest

    @property
    def left_out(self) -> LeftOut:
        """Since it began."""
        return LeftOut(self._numbers.left_out, self._frames_left_out, self._fillers)

    @property
    def is_settled(self) -> bool:
        """Whether nothing was left out for so long that the shift of numbers is all that remains
        of it."""
        settled = self.highest - SETTLED_PACKETS
        return self._last_left_out <= settled and self._numbers.forget_before(settled)

    def began(self, packet: MediaPacket) -> None:
        """``packet`` has passed before: the rest of its frame does too."""
        self._last_frame = _frame(packet)
        self._remember(self._last_frame, _Verdict(True, 0, self.choice.selection.top))

    def __call__(self, packets: Iterable[MediaPacket]) -> list[MediaPacket]:
        """Those of ``packets`` that the consumer gets, renumbered."""
        passed = []
        for packet in packets:
            late = packet.sequence <= self._numbers.highest
            kept = self._late(packet) if late else self._next(packet)
            if kept is not None:
                passed.append(kept)
        self.history.note(passed)
        return passed

    # --- inside ---------------------------------------------------------------------------------

    def _next(self, packet: MediaPacket) -> MediaPacket | None:
        numbers, sequence, frame = self._numbers, packet.sequence, _frame(packet)
        verdict = self._verdicts.get(frame)
        if sequence > numbers.highest + 1 and (
            verdict is None or verdict.passes or frame != self._last_frame
        ):
            numbers.keep_missing(sequence, _Then(self.choice.selection, self._frames_left_out))
        if verdict is None:
            verdict = self._judge(packet, frame)
        self._last_frame = frame
        if not verdict.passes:
            numbers.leave_out(sequence)
            self._last_left_out = sequence
            return None
        return _renumbered(packet, numbers.keep(sequence), verdict)

    def _judge(self, packet: MediaPacket, frame: int) -> _Verdict:
        new_picture = frame >> 3 != self._last_frame >> 3
        passes = self.choice.judge(packet.marks.role, new_picture=new_picture)
        verdict = _Verdict(passes, self._frames_left_out, self.choice.selection.top)
        self._remember(frame, verdict)
        self._frames_left_out += not passes
        return verdict

    def _late(self, packet: MediaPacket) -> MediaPacket | None:
        if packet.sequence < self._first:
            return packet
        place = self._numbers.take(packet.sequence)
        if place is None:
            return None
        number, then = place
        frame = _frame(packet)
        verdict = self._verdicts.get(frame)
        if verdict is None:
            passes = then.selection.takes(packet.marks.role)
            verdict = _Verdict(passes, then.picture_shift, then.selection.top)
            self._remember(frame, verdict)
        if verdict.passes:
            return _renumbered(packet, number, verdict)
        # The receiver waits for this number: it gets something that needs no decoding.
        self._fillers += 1
        return packet.filler(number)

    def _remember(self, frame: int, verdict: _Verdict) -> None:
        self._verdicts[frame] = verdict
        if len(self._verdicts) > FRAMES_KEPT:
            del self._verdicts[next(iter(self._verdicts))]


def _frame(packet: MediaPacket) -> int:
    """What the packets of one frame have in common: a frame is one spatial layer of a picture."""
    return packet.timestamp << 3 | packet.marks.spatial


def _renumbered(packet: MediaPacket, number: int, verdict: _Verdict) -> MediaPacket:
    marks = packet.marks
    ends = marks.end_of_frame and marks.spatial == verdict.top
    picture_id = (packet.picture_id - verdict.picture_shift) & 0x7FFF
    return packet.renumbered(number, picture_id, 0x80 if ends else packet.marker)
