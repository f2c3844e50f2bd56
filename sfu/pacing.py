"""Which subscribers are paced: those whose line is a thin one."""

from __future__ import annotations

from sfu.pacer import Pacer, Waiting

PACE_BELOW_BPS = 1_000_000.0  # a keyframe of 60 kB takes half a second of such a line
LEAVE_ABOVE_BPS = 1_500_000.0
LIMITED_S = 20.0  # so long after it was full a line counts as a thin one


def paces(estimate_bps: float | None, limited_for_s: float, already: bool) -> bool:
    """Whether a subscriber needs a pacer, or needs the one it has ``already``.

    :param limited_for_s: since its line last was full. An estimate may as well be low because
        nothing has shown more yet: then frames would be held back for nothing."""
    if estimate_bps is None or limited_for_s > LIMITED_S:
        return False
    return estimate_bps < (LEAVE_ABOVE_BPS if already else PACE_BELOW_BPS)


class Pacing:
    """One subscriber's pacer, while it needs one. ``now`` is seconds of a monotonic clock."""

    def __init__(self) -> None:
        self.pacer: Pacer | None = None

    def update(
        self, estimate_bps: float | None, sound_bps: float, limited_at: float, now: float
    ) -> list[Waiting | bytes]:
        """Begin or end to pace, or go on by a new estimate; what has to leave at once because
        nothing is held back any more.

        :param estimate_bps: what the line carries; None while that is not known
        :param sound_bps: what of it sound takes, which is not paced
        :param limited_at: when the line last was full
        """
        if estimate_bps and paces(estimate_bps, now - limited_at, self.pacer is not None):
            self.pacer = self.pacer or Pacer()
            self.pacer.estimate(estimate_bps, sound_bps)
            return []
        return self.stop()

    def stop(self) -> list[Waiting | bytes]:
        """Pace no more; what waited."""
        pacer, self.pacer = self.pacer, None
        return [] if pacer is None else pacer.drain()
