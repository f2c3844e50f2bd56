"""One incoming RTP stream: its statistics, and what the publisher must be told of it."""

from __future__ import annotations

from sfu.nack import NackGenerator
from sfu.wire.ntp import compact_ntp
from sfu.wire.rtcp_reports import ReportBlock
from sfu.wire.seq import Unwrapper, ts_diff

_JITTER_GAIN = 1 / 16  # RFC 3550 section 6.4.1
MAX_JUMP = 3000  # RFC 3550 appendix A.1, MAX_DROPOUT: a further jump is a restarted stream
MAX_LATE = 2000  # behind the highest by more than this is a replay, or a restarted stream
_WINDOW = 2048  # numbers remembered; a power of two above MAX_LATE
_NEVER = -(1 << 62)  # no sequence number
_RESTART_AFTER = 2  # packets in sequence that prove a restart (MIN_SEQUENTIAL)


class ReceiveStream:
    """Counts one SSRC's packets as RFC 3550 appendix A.1, A.3 and A.8 say."""

    def __init__(self, ssrc: int, clock_rate: int) -> None:
        self.ssrc = ssrc
        self.clock_rate = clock_rate
        self.nack = NackGenerator()
        self.packets = 0  # each counted once, retransmissions too
        self.bytes = 0
        self.duplicates = 0
        self.retransmitted = 0
        self.jitter_ticks = 0.0
        self._unwrapper = Unwrapper()
        self._seen = [_NEVER] * _WINDOW
        self._base: int | None = None
        self._received = 0  # as RFC 3550 counts: with duplicates, without what RTX repaired
        self._expected_before = 0
        self._received_before = 0
        self._fraction_lost = 0
        self._transit: int | None = None
        self._stray: int | None = None
        self._strays = 0
        self._last_report: tuple[int, float] | None = None  # compact NTP, arrival
        self.sender_report: tuple[int, int, float] | None = None  # NTP, RTP, arrival
        self.gave_up = False  # set when only a keyframe can repair; the producer resets it
        self.restarted = False  # set when the numbering began anew; the producer resets it

    def accept(
        self, sequence16: int, timestamp: int, size: int, now: float, *, retransmitted: bool = False
    ) -> int | None:
        """Note a packet's arrival; ``now`` in seconds.

        :param retransmitted: it came on the retransmission stream (RFC 4588), which has its own
            statistics: it repairs this stream's loss but does not unsay it, nor is it jitter

        Returns its extended sequence number, or None if it is a duplicate, or so far from the
        others that it is dropped until a second one proves that the stream has restarted."""
        highest = self._unwrapper.highest
        if highest is not None:
            ahead = ((sequence16 - highest + 0x8000) & 0xFFFF) - 0x8000
            if not -MAX_LATE < ahead < MAX_JUMP:
                if retransmitted or not self._proves_restart(sequence16):
                    return None
            elif not retransmitted:
                self._strays = 0
        sequence = self._unwrapper.unwrap(sequence16)
        if self._base is None:
            self._base = sequence
        if not retransmitted:
            self._received += 1
            self._measure_jitter(timestamp, now)
        if self._seen[sequence % _WINDOW] == sequence:
            self.duplicates += 1
            return None
        self._seen[sequence % _WINDOW] = sequence
        self.packets += 1
        self.retransmitted += retransmitted
        self.bytes += size
        if self.nack.received(sequence, now):
            self.gave_up = True
        return sequence

    def note_sender_report(self, ntp: int, rtp: int, now: float) -> None:
        """A sender report came: ``ntp`` 64 bits, ``rtp`` its timestamp."""
        self._last_report = (compact_ntp(ntp), now)
        self.sender_report = (ntp, rtp, now)

    @property
    def packets_lost(self) -> int:
        """Cumulative loss, negative where duplicates were counted; fits 24 bits signed."""
        if self._base is None:
            return 0
        lost = self.highest_extended - self._base + 1 - self._received
        return max(-0x800000, min(0x7FFFFF, lost))

    @property
    def fraction_lost(self) -> float:
        """Of the last report's interval, 0..1."""
        return self._fraction_lost / 256

    def report(self, now: float) -> ReportBlock:
        """What the next receiver report says of this stream; begins the next interval."""
        expected = 0 if self._base is None else self.highest_extended - self._base + 1
        expected_now = expected - self._expected_before
        received_now = self._received - self._received_before
        self._expected_before, self._received_before = expected, self._received
        lost_now = expected_now - received_now
        self._fraction_lost = (
            0 if expected_now <= 0 or lost_now <= 0 else min(255, (lost_now << 8) // expected_now)
        )
        lsr = dlsr = 0
        if self._last_report is not None:
            lsr, arrival = self._last_report
            dlsr = min(0xFFFFFFFF, max(0, int((now - arrival) * 65536)))
        return ReportBlock(
            ssrc=self.ssrc,
            fraction_lost=self._fraction_lost,
            packets_lost=self.packets_lost,
            highest_sequence=self.highest_extended & 0xFFFFFFFF,
            jitter=min(0xFFFFFFFF, int(self.jitter_ticks)),
            lsr=lsr,
            dlsr=dlsr,
        )

    @property
    def highest_extended(self) -> int:
        return self._unwrapper.highest or 0

    def _proves_restart(self, sequence16: int) -> bool:
        in_row = self._stray is not None and sequence16 == (self._stray + 1) & 0xFFFF
        self._strays = self._strays + 1 if in_row else 1
        self._stray = sequence16
        if self._strays < _RESTART_AFTER:
            return False
        self._restart(sequence16)
        return True

    def _restart(self, sequence16: int) -> None:
        """The publisher has begun a new numbering: ours goes on without going back."""
        top = self.highest_extended
        start = (top & ~0xFFFF) + sequence16
        if start <= top:
            start += 0x10000
        self._unwrapper.highest = start - 1
        self.nack = self.nack.restarted()
        self._base = start
        self._received = self._received_before = self._expected_before = 0
        self._strays = 0
        self._stray = None
        self._transit = None
        self.sender_report = None
        self.gave_up = self.restarted = True

    def _measure_jitter(self, timestamp: int, now: float) -> None:
        arrival = int(now * self.clock_rate)
        transit = arrival - timestamp
        if self._transit is not None:
            change = abs(ts_diff(transit & 0xFFFFFFFF, self._transit & 0xFFFFFFFF))
            if change < self.clock_rate * 10:
                self.jitter_ticks += (change - self.jitter_ticks) * _JITTER_GAIN
        self._transit = transit
