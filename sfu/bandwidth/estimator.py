"""How much one subscribe transport's line carries, from what its receiver reports."""

from __future__ import annotations

from math import inf
from typing import Literal

from sfu.bandwidth.acknowledged_rate import AcknowledgedRate
from sfu.bandwidth.acknowledgements import Acknowledgement, Acknowledger
from sfu.bandwidth.aimd import AimdRateController
from sfu.bandwidth.application_limit import ApplicationLimit
from sfu.bandwidth.delay_based import DelayDetector
from sfu.bandwidth.fallback import ReportLimit
from sfu.bandwidth.loss_based import LossBasedController
from sfu.bandwidth.overuse import UsageState
from sfu.bandwidth.probing import Padding, Prober
from sfu.bandwidth.sent_packets import SentLog
from sfu.bandwidth.settings import EstimatorSettings
from sfu.bandwidth.silence import BACKOFF, SilenceBackoff
from sfu.bandwidth.standing_queue import StandingQueue
from sfu.bandwidth.sustained import SustainedPadding
from sfu.wire.transport_feedback import TransportFeedback

Source = Literal["none", "report", "remb", "feedback"]

QUIET_AFTER_DECREASE_S = 1.5  # before the next probe
PROBE_GRACE_S = 0.3  # after a probe's result, its own queue is no news
BLIND_GROWTH_LOSS = 0.07  # beyond it only a probe's success raises the rate
PROBE_PROOF_S = 1.0  # so long the path is held to carry what a probe has shown
FALLEN = 0.95  # of the REMB before: a receiver lowers it where its line is full
MAX_ROUND_TRIP_S = 2.0  # longer ones are a stalled feedback's rather than the path's


class BandwidthEstimator:
    """One subscribe transport's downlink. ``now`` is seconds of a monotonic clock throughout.

    Everything sent is noted in `sent`; what the client reports goes to `on_feedback`, `on_remb` and
    `on_report`, of which the best one heard decides; `probe` is called on every tick.
    """

    def __init__(self, settings: EstimatorSettings | None = None) -> None:
        self.settings = settings or EstimatorSettings()
        self.sent = SentLog()
        self.wanted_bps = self.settings.max_bps
        """The rate that would be of use: no probe goes beyond it. 0 or less: don't probe."""
        self.limited_at = -inf
        """When the line last showed its limit, by delay or loss; not known from reports alone."""
        self.source: Source = "none"
        self.round_trip_s = 0.2
        """From a packet's departure to its feedback, the receiver's interval included."""
        self._bps = self.settings.start_bps
        self._acknowledger = Acknowledger(self.sent)
        self._delay = DelayDetector()
        self._queue = StandingQueue()
        self._rate = AcknowledgedRate()
        self._aimd = AimdRateController(self._bps)
        self._loss = LossBasedController()
        self._limit = ApplicationLimit()
        self._silence = SilenceBackoff()
        self._prober = Prober(self.sent, self.settings.first_probe_bps)
        self._probed_bps = 0.0
        self._probed_at = -inf
        self._sustained = SustainedPadding(self.sent)
        self._remb_bps = inf
        self._reports = ReportLimit()

    # --- what it knows --------------------------------------------------------------------------

    @property
    def estimate_bps(self) -> float:
        """Bits per second the line carries, always within the settings' bounds."""
        return self._bps

    @property
    def state(self) -> UsageState:
        """Whether the path's queue grows (overuse), drains (underuse) or neither."""
        return self._delay.state if self.source == "feedback" else self._reports.state

    @property
    def acknowledged_bps(self) -> float | None:
        """The rate at which packets arrive, None until known; by transport-wide feedback only."""
        return self._rate.bps

    @property
    def queue_s(self) -> float | None:
        """How long packets wait in the line, at least; by transport-wide feedback only."""
        return self._queue.queue_s if self.source == "feedback" else None

    @property
    def loss(self) -> float:
        """Share of the packets lost lately, 0..1."""
        return self._loss.loss if self.source == "feedback" else self._reports.loss

    @property
    def probing(self) -> bool:
        """Whether a probe is being sent, so that `probe` should be called every 5–10 ms."""
        return self._prober.sending or self._sustained.sending

    @property
    def probes_succeeded(self) -> int:
        """How many probes have raised the estimate."""
        return self._prober.succeeded

    @property
    def unknown_packets(self) -> int:
        """How many packets feedback reported that were never sent, or are forgotten."""
        return self._acknowledger.unknown

    # --- what the client reports ----------------------------------------------------------------

    def on_feedback(self, feedback: TransportFeedback, now: float) -> None:
        """Transport-wide feedback; whatever is in it, it does no harm."""
        report = self._acknowledger.take(feedback)
        if report is None:
            return
        self.source = "feedback"
        silent = self._after_silence(self._silence.heard(now))
        if report.runs:
            self._measure_round_trip(now - report.runs[-1].sent_at)
        limited = self._update_limit(now)
        arrived_bytes = sum([run.size_bytes for run in report.runs])
        self._update_rate(report, arrived_bytes)
        overused = self._delay.update(report.runs)
        self._queue.update(report.runs)
        explained = self._prober.explains(report.runs)
        probed = self._prober.on_acknowledged(report, self._bps, now)
        if probed is not None:
            self._probed_bps, self._probed_at = probed, now
        if self._congested(overused, explained, now):
            self._decrease(limited, now)
        elif probed is not None and probed > self._bps:
            self._aimd.set(probed, now)
        else:
            calm: UsageState = "underuse" if self._delay.state == "underuse" else "normal"
            unproven = limited or overused or self._loss.loss > BLIND_GROWTH_LOSS
            self._aimd.update(calm, self._rate.bps, unproven, now)
        if not silent:
            self._update_loss(report, arrived_bytes)
        if self._loss.cap_bps < self._aimd.bps:
            self.limited_at = now
        self._set(min(self._aimd.bps, self._loss.cap_bps), now)

    def on_remb(self, bps: float, now: float) -> None:
        """Receiver estimated maximum bitrate, used where no transport-wide feedback comes."""
        if self.source == "feedback" or not 0 <= bps < inf:
            return
        if self.source != "remb":
            self._reports = ReportLimit()  # until now it was the estimate itself
        self.source = "remb"
        self._after_silence(self._silence.heard(now))
        self._update_limit(now)
        if bps < FALLEN * self._remb_bps < inf or self._reports.cap_bps < bps:
            self.limited_at = now
        self._remb_bps = bps
        self._set(min(bps, self._reports.cap_bps), now)

    def on_report(self, fraction_lost: float, now: float) -> None:
        """A receiver report's loss, 0..1: the last fallback, and a bound beside REMB."""
        if self.source == "feedback" or not 0 <= fraction_lost <= 1:
            return
        self._update_limit(now)
        sent_bps = None if self.source == "remb" else self._limit.sent_bps
        cap = self._reports.update(fraction_lost, self._bps, sent_bps, now)
        if self.source == "none":
            self.source = "report"
        self._set(min(self._remb_bps, cap), now)

    # --- every tick -----------------------------------------------------------------------------

    def probe(self, now: float) -> list[Padding]:
        """What padding to send now, at most one entry; to be called on every tick, and every
        5–10 ms while `probing`. It is here, too, that silence is noticed."""
        if self._silence.due(self.sent.last_sent_at, self.round_trip_s, self._bps, now):
            self._prober.abort(now)
            self._aimd.set(BACKOFF * self._bps, now)
            self._remb_bps = min(self._remb_bps, BACKOFF * self._bps)
            self._set(BACKOFF * self._bps, now)
        wanted = min(self.wanted_bps, self.settings.max_bps)
        if wanted <= self._bps and self._prober.idle and not self._sustained.sending:
            return []  # nothing to climb to
        quiet = self._quiet(now)
        if self.source in ("remb", "report"):
            return self._sustained.tick(self._bps, wanted, quiet, now)
        return self._prober.tick(self._bps, wanted, quiet, self.round_trip_s, now)

    # --- inside ---------------------------------------------------------------------------------

    def _quiet(self, now: float) -> bool:
        decreased_at = self._aimd.decreased_at
        recently = decreased_at is not None and now - decreased_at < QUIET_AFTER_DECREASE_S
        silent = self._silence.rate_before is not None
        limited_by_loss = self._loss.cap_bps < inf
        return not recently and not silent and not limited_by_loss and self.state != "overuse"

    def _congested(self, overused: bool, explained: bool, now: float) -> bool:
        """Whether to slow down; a probe's own short queue is no reason to."""
        if self._queue.congested:
            return True
        return overused and not explained and now >= self._probed_at + PROBE_GRACE_S

    def _decrease(self, limited: bool, now: float) -> None:
        self.limited_at = now
        carried = self._rate.bps
        if carried is not None and now < self._probed_at + PROBE_PROOF_S:
            carried = max(carried, self._probed_bps)
        self._aimd.update("overuse", carried, limited, now, self._queue.queue_s)
        if self._queue.congested:
            self._prober.abort(now)

    def _measure_round_trip(self, sample_s: float) -> None:
        sample_s = min(max(sample_s, 0.0), MAX_ROUND_TRIP_S)
        self.round_trip_s += 0.125 * (sample_s - self.round_trip_s)
        self._aimd.round_trip_s = self.round_trip_s

    def _update_limit(self, now: float) -> bool:
        return self._limit.update(self.sent.bytes_sent, self._bps, now)

    def _update_rate(self, report: Acknowledgement, arrived_bytes: float) -> None:
        """Bytes that turned up late, or whose feedback was lost, count as arrived just now."""
        if report.runs:
            size = arrived_bytes + report.late_bytes + report.unreported_bytes
            self._rate.update(max([run.last_arrival for run in report.runs]), size)

    def _update_loss(self, report: Acknowledgement, arrived_bytes: float) -> None:
        count = sum([run.packets for run in report.runs])
        size = arrived_bytes * report.packets / count if count else 0.0
        sent_at = report.runs[-1].sent_at if report.runs else None
        if self._loss.note(report.packets, report.lost, size, sent_at):
            self._loss.update(self._bps, self._rate.bps)

    def _after_silence(self, rate_before: float | None) -> bool:
        """What was lost in the silence says nothing of the rate: forget it, and try the old one."""
        if rate_before is None:
            return False
        self._loss.reset()
        self._rate = AcknowledgedRate()
        self._prober.try_soon(rate_before)
        return True

    def _set(self, bps: float, now: float) -> None:
        self._bps = min(max(bps, self.settings.min_bps), self.settings.max_bps)
        if self._bps != self._aimd.bps:
            self._aimd.set(self._bps, now)
