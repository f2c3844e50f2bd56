"""Which packets of one incoming stream are missing, and when to ask for them (RFC 4585)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

MAX_MISSING = 512  # more at once is not loss but an interruption
MAX_AGE = 1024  # sequence numbers; a publisher's own history is not longer
MAX_TRIES = 16  # in eight round trips
FIRST_DELAY_S = 0.0  # a gap is asked for at once: reordering is rare, and duplicates harmless
MIN_INTERVAL_S = 0.02
DEFAULT_RTT_S = 0.1
MAX_RTT_S = 1.0
ANSWERS_KEPT = 16  # to know the round trip by
LATE_S = 0.015  # an answer that takes so much longer than most is not lost yet
AGAIN_S = 0.025  # a request that has to be repeated is made twice: the first may be lost, too


@dataclass(slots=True)
class _Missing:
    tries: int
    next_at: float
    first_asked_at: float


class NackGenerator:
    """Keeps the gaps of one stream. Sequence numbers here are extended: they never wrap."""

    __slots__ = (
        "_answers_s",
        "_highest",
        "_missing",
        "exhausted",
        "given_up",
        "recovered",
        "requested",
        "rtt_s",
    )

    def __init__(self) -> None:
        self._missing: dict[int, _Missing] = {}
        self._highest: int | None = None
        self._answers_s: deque[float] = deque([DEFAULT_RTT_S], ANSWERS_KEPT)
        self.rtt_s = DEFAULT_RTT_S  # from asking to getting, where neither is lost
        self.requested = 0
        self.recovered = 0
        self.given_up = 0
        self.exhausted = False  # set when `due` gives a packet up; whoever asks resets it

    def restarted(self) -> NackGenerator:
        """One for the same publisher's new numbering: the counters and the round trip stay."""
        fresh = NackGenerator()
        fresh.rtt_s, fresh._answers_s = self.rtt_s, self._answers_s
        fresh.requested, fresh.recovered = self.requested, self.recovered
        fresh.given_up = self.given_up + len(self._missing)
        return fresh

    def received(self, sequence: int, now: float) -> bool:
        """Note an arrival. True if so much is missing that only a keyframe can help."""
        highest = self._highest
        if highest is None or sequence == highest + 1:
            self._highest = sequence
            return False
        if sequence <= highest:
            self._fill(sequence, now)
            return False
        self._highest = sequence
        if sequence - highest - 1 > MAX_MISSING:
            self.given_up += len(self._missing)
            self._missing.clear()
            return True
        for gap in range(highest + 1, sequence):
            self._missing[gap] = _Missing(0, now + FIRST_DELAY_S, now)
        return self._forget_old()

    def due(self, now: float) -> list[int]:
        """The sequence numbers (16 bits) to ask for now, oldest first."""
        asked: list[int] = []
        for sequence, entry in list(self._missing.items()):
            if entry.next_at > now:
                continue
            if entry.tries >= MAX_TRIES:
                del self._missing[sequence]
                self.given_up += 1
                self.exhausted = True
                continue
            if not entry.tries:
                entry.first_asked_at = now
            entry.tries += 1
            entry.next_at = now + self._patience_s(entry.tries)
            asked.append(sequence & 0xFFFF)
        self.requested += len(asked)
        return asked

    @property
    def missing(self) -> int:
        return len(self._missing)

    def _fill(self, sequence: int, now: float) -> None:
        entry = self._missing.pop(sequence, None)
        if entry is None or not entry.tries:
            return
        self.recovered += 1
        # Counted from the first request. Karn's rule, to leave out what was asked for twice, would
        # keep an estimate that is too small for ever: with it everything is asked for twice. What
        # was lost again takes some round trips; that is the lesser part on any usable line.
        self._answers_s.append(min(MAX_RTT_S, now - entry.first_asked_at))
        self.rtt_s = sorted(self._answers_s)[len(self._answers_s) // 3]

    def _patience_s(self, tries: int) -> float:
        """From a packet's request number ``tries`` to its next."""
        round_trip_s = max(MIN_INTERVAL_S, self.rtt_s + LATE_S)
        again_s = min(AGAIN_S, round_trip_s / 2)
        if tries == 1:
            return round_trip_s
        return round_trip_s - again_s if tries % 2 else again_s

    def _forget_old(self) -> bool:
        """Drop what is too old or too much. True if something was given up."""
        assert self._highest is not None
        oldest = self._highest - MAX_AGE
        stale = sum(sequence < oldest for sequence in self._missing)
        stale = max(stale, len(self._missing) - MAX_MISSING)
        for sequence in list(self._missing)[:stale]:  # in order: the oldest come first
            del self._missing[sequence]
        self.given_up += stale
        return stale > 0
