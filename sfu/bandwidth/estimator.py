"""How much one subscribe transport's line carries, from what its receiver reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import Literal

from sfu.bandwidth.acknowledgements import ArrivedRun
from sfu.bandwidth.aimd import AimdRateController
from sfu.bandwidth.application_limit import ApplicationLimit
from sfu.bandwidth.fallback import ReportLimit
from sfu.bandwidth.loss_based import LossBasedController
from sfu.bandwidth.overuse import UsageState
from sfu.bandwidth.path_signals import Gathered, PathSignals, Signals
from sfu.bandwidth.probing import Padding, Prober
from sfu.bandwidth.sent_packets import SentLog
from sfu.bandwidth.settings import EstimatorSettings
from sfu.bandwidth.silence import BACKOFF, SilenceBackoff
from sfu.bandwidth.standing_queue import CONGESTED_S
from sfu.bandwidth.sustained import SustainedPadding
from sfu.wire.transport_feedback import TransportFeedback

Source = Literal["none", "report", "remb", "feedback"]

QUIET_AFTER_DECREASE_S = 1.5  # before the next probe
PROBE_GRACE_S = 0.3  # after a probe's result, its own queue is no news
BLIND_GROWTH_LOSS = 0.07  # beyond it only a probe's success raises the rate
PROBE_PROOF_S = 1.0  # so long the path is held to carry what a probe has shown
FALLEN = 0.95  # of the REMB before: a receiver lowers it where its line is full
FRESH_S = 0.3  # since feedback came
AT_EASE_S = 0.5  # between decisions while feedback says nothing that asks for one


class BandwidthEstimator:
    """One subscribe transport's downlink. ``now`` is seconds of a monotonic clock throughout.

    Everything sent is noted in `sent`; what the client reports goes to `on_feedback`, `on_remb` and
    `on_report`, of which the best one heard decides; `probe` is called on every tick.

    Feedback comes up to twenty times a second, and nearly always says that all is well: `signals`
    take it, and the rate is decided on when they ask for it, while a probe is under way, and else
    every `AT_EASE_S`.
    """

    def __init__(
        self,
        settings: EstimatorSettings | None = None,
        make_signals: Callable[[SentLog], Signals] = PathSignals,
    ) -> None:
        self.settings = settings or EstimatorSettings()
        self.sent = SentLog()
        self.signals = make_signals(self.sent)
        self.wanted_bps = self.settings.max_bps
        """The rate that would be of use: no probe goes beyond it. 0 or less: don't probe."""
        self.limited_at = -inf
        """When the line last showed its limit, by delay or loss; not known from reports alone."""
        self.source: Source = "none"
        self._bps = self.settings.start_bps
        self._decide_at = 0.0
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
        return self.signals.state if self.source == "feedback" else self._reports.state

    @property
    def round_trip_s(self) -> float:
        """From a packet's departure to its feedback, the receiver's interval included."""
        return self.signals.round_trip_s

    @property
    def acknowledged_bps(self) -> float | None:
        """The rate at which packets arrive, None until known; by transport-wide feedback only."""
        return self.signals.acknowledged_bps

    @property
    def queue_s(self) -> float | None:
        """How long packets wait in the line, at least; by transport-wide feedback only."""
        return self.signals.queue_s if self.source == "feedback" else None

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
        return self.signals.unknown

    # --- what the client reports ----------------------------------------------------------------

    def on_feedback(self, feedback: TransportFeedback, now: float) -> None:
        """Transport-wide feedback; whatever is in it, it does no harm."""
        if self.signals.take(feedback, now):
            self.on_signals(self.signals.urgent, now)

    def on_signals(self, urgent: bool, now: float) -> None:
        """The signals have taken feedback, which told something new."""
        rate_before = self._silence.heard(now)
        awaited = urgent or rate_before is not None or self.signals.attentive
        if awaited or now >= self._decide_at:
            arrived = () if self._prober.idle else self.signals.newest
            self._decide(arrived, rate_before, now)

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
        if self.signals.pending:
            self._silence.heard(self.signals.heard_at)
            if now >= self._decide_at:
                self._decide((), None, now)
        if self._silence.due(self.sent.last_sent_at, self.round_trip_s, self._bps, now):
            self._prober.abort(now)
            self._aimd.set(BACKOFF * self._bps, now)
            self._remb_bps = min(self._remb_bps, BACKOFF * self._bps)
            self._set(BACKOFF * self._bps, now)
        padding = self._padding(now)
        self.signals.attentive = not self._is_at_ease
        return padding

    def is_resting(self, now: float) -> bool:
        """Whether `probe` need not be called for a quarter of a second: there is nothing to climb
        to, and feedback comes and says that all is well."""
        wanted = min(self.wanted_bps, self.settings.max_bps)
        fresh = now - self.signals.heard_at < FRESH_S
        return wanted <= self._bps and fresh and not self.signals.attentive

    # --- inside ---------------------------------------------------------------------------------

    @property
    def _is_at_ease(self) -> bool:
        """Whether feedback that is not urgent may wait for the next decision."""
        steady = self._aimd.state == "increase" and self._silence.rate_before is None
        return steady and self.source == "feedback" and self._prober.idle

    def _padding(self, now: float) -> list[Padding]:
        wanted = min(self.wanted_bps, self.settings.max_bps)
        if wanted <= self._bps and self._prober.idle and not self._sustained.sending:
            return []  # nothing to climb to
        quiet = self._quiet(now)
        if self.source in ("remb", "report"):
            return self._sustained.tick(self._bps, wanted, quiet, now)
        return self._prober.tick(self._bps, wanted, quiet, self.round_trip_s, now)

    def _decide(self, arrived: Sequence[ArrivedRun], rate_before: float | None, now: float) -> None:
        """On the rate, by what the signals have gathered.

        :param arrived: by the newest feedback, while a probe is under way
        :param rate_before: of the silence that has just ended"""
        self._decide_at = now + AT_EASE_S
        self.source = "feedback"
        gathered = self.signals.gather()
        silent = self._after_silence(rate_before)
        self._aimd.round_trip_s = self.signals.round_trip_s
        limited = self._update_limit(now)
        explained = self._prober.explains(arrived)
        probed = self._prober.on_arrived(arrived, self._bps, now)
        if probed is not None:
            self._probed_bps, self._probed_at = probed, now
        if self._congested(gathered.overused, explained, now):
            self._decrease(limited, now)
        elif probed is not None and probed > self._bps:
            self._aimd.set(probed, now)
        else:
            calm: UsageState = "underuse" if self.signals.state == "underuse" else "normal"
            unproven = limited or gathered.overused or self._loss.loss > BLIND_GROWTH_LOSS
            self._aimd.update(calm, self.signals.acknowledged_bps, unproven, now)
        if not silent:
            self._update_loss(gathered)
        if self._loss.cap_bps < self._aimd.bps:
            self.limited_at = now
        self._set(min(self._aimd.bps, self._loss.cap_bps), now)
        self.signals.attentive = not self._is_at_ease

    def _quiet(self, now: float) -> bool:
        decreased_at = self._aimd.decreased_at
        recently = decreased_at is not None and now - decreased_at < QUIET_AFTER_DECREASE_S
        silent = self._silence.rate_before is not None
        limited_by_loss = self._loss.cap_bps < inf
        return not recently and not silent and not limited_by_loss and self.state != "overuse"

    def _congested(self, overused: bool, explained: bool, now: float) -> bool:
        """Whether to slow down; a probe's own short queue is no reason to."""
        if self.signals.queue_s > CONGESTED_S:
            return True
        return overused and not explained and now >= self._probed_at + PROBE_GRACE_S

    def _decrease(self, limited: bool, now: float) -> None:
        self.limited_at = now
        carried = self.signals.acknowledged_bps
        if carried is not None and now < self._probed_at + PROBE_PROOF_S:
            carried = max(carried, self._probed_bps)
        self._aimd.update("overuse", carried, limited, now, self.signals.queue_s)
        if self.signals.queue_s > CONGESTED_S:
            self._prober.abort(now)

    def _update_limit(self, now: float) -> bool:
        return self._limit.update(self.sent.bytes_sent, self._bps, now)

    def _update_loss(self, gathered: Gathered) -> None:
        packets, lost, size_bytes, sent_at, _ = gathered
        if self._loss.note(packets, lost, size_bytes, sent_at):
            self._loss.update(self._bps, self.signals.acknowledged_bps)

    def _after_silence(self, rate_before: float | None) -> bool:
        """What was lost in the silence says nothing of the rate: forget it, and try the old one."""
        if rate_before is None:
            return False
        self._loss.reset()
        self.signals.forget_rate()
        self._prober.try_soon(rate_before)
        return True

    def _set(self, bps: float, now: float) -> None:
        self._bps = min(max(bps, self.settings.min_bps), self.settings.max_bps)
        if self._bps != self._aimd.bps:
            self._aimd.set(self._bps, now)
