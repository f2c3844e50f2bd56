"""Which packets of one incoming stream are missing, and when to ask for them (RFC 4585)."""

from __future__ import annotations

from dataclasses import dataclass

MAX_MISSING = 512  # more at once is not loss but an interruption
MAX_AGE = 1024  # sequence numbers; a publisher's own history is not longer
MAX_TRIES = 10
FIRST_DELAY_S = 0.0  # a gap is asked for at once: reordering is rare, and duplicates harmless
MIN_INTERVAL_S = 0.02
DEFAULT_RTT_S = 0.1
MAX_RTT_S = 1.0
_RTT_GAIN = 0.125  # RFC 6298's alpha


@dataclass(slots=True)
class _Missing:
    tries: int
    next_at: float
    first_asked_at: float


class NackGenerator:
    """Keeps the gaps of one stream. Sequence numbers here are extended: they never wrap."""

    __slots__ = ("_highest", "_missing", "exhausted", "given_up", "recovered", "requested", "rtt_s")

    def __init__(self) -> None:
        self._missing: dict[int, _Missing] = {}
        self._highest: int | None = None
        self.rtt_s = DEFAULT_RTT_S  # smoothed time from asking to getting
        self.requested = 0
        self.recovered = 0
        self.given_up = 0
        self.exhausted = False  # set when `due` gives a packet up; whoever asks resets it

    def restarted(self) -> NackGenerator:
        """One for the same publisher's new numbering: the counters and the round trip stay."""
        fresh = NackGenerator()
        fresh.rtt_s = self.rtt_s
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
            entry.next_at = now + max(MIN_INTERVAL_S, self.rtt_s)
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
        # keep an estimate that is too small for ever: with it everything is asked for twice.
        took_s = min(MAX_RTT_S, now - entry.first_asked_at)
        self.rtt_s += _RTT_GAIN * (took_s - self.rtt_s)

    def _forget_old(self) -> bool:
        """Drop what is too old or too much. True if something was given up."""
        assert self._highest is not None
        oldest = self._highest - MAX_AGE
        stale = [sequence for sequence in self._missing if sequence < oldest]
        stale += list(self._missing)[: max(0, len(self._missing) - len(stale) - MAX_MISSING)]
        for sequence in stale:
            self._missing.pop(sequence, None)
        self.given_up += len(stale)
        return bool(stale)
