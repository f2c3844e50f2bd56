"""Climbing by trying: short clusters of packets at a higher rate, filled up with padding
(libwebrtc's probe controller and probe bitrate estimator)."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

from sfu.bandwidth.acknowledgements import ArrivedRun
from sfu.bandwidth.sent_packets import SentLog

CLUSTER_S = 0.05
MIN_PACKETS = 5
MAX_PADDING_PACKET = 1200  # bytes
MIN_PADDING_PACKET = 200
MAX_CLUSTER_BYTES = 256_000
MAX_STEP_S = 0.02  # a late tick sends no more than this at once
RESULT_TIMEOUT_S = 1.0  # beyond the round trip
MIN_REPORTED = 0.8  # share of a cluster's bytes that must have arrived
PACE = 1.1  # of what is tried, so that what is measured in the end is not less
GROWTH = 2.0
SUCCESS = 0.7  # of what was tried: then try on at once
INTERVAL_S = 3.0
MAX_INTERVAL_S = 5.0  # between tries that fail
BACKOFF = 1.3
GRACE_S = 0.15  # what left so shortly after a cluster waits behind it


class Padding(NamedTuple):
    """Padding to send now: ``size_bytes`` in packets of ``packet_bytes`` at most, not faster than
    ``pace_bps``; each is noted in the `SentLog` like any other packet."""

    size_bytes: int
    packet_bytes: int
    pace_bps: float


class _Cluster:
    """One try: everything that left between two numbers, media and padding alike."""

    __slots__ = (
        "arrived",
        "arrived_bytes",
        "end",
        "ended_at",
        "first",
        "first_arrival",
        "first_bytes",
        "last_arrival",
        "last_bytes",
        "last_sent",
        "sent_bytes",
        "started_at",
        "target_bps",
        "ticked_at",
    )

    def __init__(self, target_bps: float, log: SentLog, now: float) -> None:
        self.target_bps = target_bps
        self.first = log.next_number
        self.started_at = self.ticked_at = now
        self.sent_bytes = log.bytes_sent  # before it; once ended, of it
        self.end: int | None = None  # number behind the last, once all has left
        self.ended_at = 0.0
        self.arrived = 0
        self.arrived_bytes = 0.0
        self.first_arrival = self.last_arrival = 0.0
        self.first_bytes = self.last_bytes = 0.0
        self.last_sent = now


class Prober:
    """When to try which rate, what to pad for it, and what came of it."""

    __slots__ = ("_cluster", "_interval_s", "_log", "_next_at", "_next_bps", "failed", "succeeded")

    def __init__(self, log: SentLog, first_bps: float) -> None:
        self._log = log
        self._cluster: _Cluster | None = None
        self._next_bps: float | None = first_bps  # to try at once, no matter the interval
        self._next_at = 0.0
        self._interval_s = INTERVAL_S
        self.succeeded = 0
        self.failed = 0

    @property
    def sending(self) -> bool:
        """Whether a cluster is being sent, so that the next tick should come within 10 ms."""
        return self._cluster is not None and self._cluster.end is None

    @property
    def idle(self) -> bool:
        """Whether no cluster is under way, nor its result waited for."""
        return self._cluster is None

    def explains(self, arrived: Sequence[ArrivedRun]) -> bool:
        """Whether a queue that ``arrived`` has met may be a cluster's own."""
        cluster = self._cluster
        if cluster is None or not arrived:
            return False
        ended_at = inf if cluster.end is None else cluster.ended_at
        return cluster.started_at <= arrived[-1].sent_at <= ended_at + GRACE_S

    def try_soon(self, bps: float) -> None:
        """Try ``bps`` as soon as the path is quiet."""
        self._next_bps = bps

    def abort(self, now: float) -> None:
        """Congestion: what is under way counts for nothing."""
        if self._cluster is not None:
            self._finish(False, now)
        self._next_bps = None

    def tick(
        self, estimate_bps: float, wanted_bps: float, quiet: bool, round_trip_s: float, now: float
    ) -> list[Padding]:
        """What padding to send now: nothing, or one entry.

        :param wanted_bps: the rate that would be of use; no try goes beyond
        :param quiet: whether the path shows no congestion; nothing begins otherwise
        """
        cluster = self._cluster
        if cluster is None:
            target = self._due(estimate_bps, wanted_bps, now) if quiet else None
            if target is None:
                return []
            cluster = self._cluster = _Cluster(target, self._log, now)
            self._log.joins = False
        if cluster.end is None:
            return self._pad(cluster, now)
        if now - cluster.ended_at > RESULT_TIMEOUT_S + round_trip_s:
            self._finish(False, now)
        return []

    def on_arrived(
        self, arrived: Sequence[ArrivedRun], estimate_bps: float, now: float
    ) -> float | None:
        """The rate that the path was seen to carry, once a cluster's result is complete."""
        cluster = self._cluster
        if cluster is None:
            return None
        _collect(cluster, arrived)
        last = max((run.end for run in arrived), default=0)
        if cluster.end is None or last < cluster.end:
            return None
        rate = _result(cluster)
        if rate is None:
            self._finish(False, now)
            return None
        success = rate > estimate_bps and rate >= SUCCESS * cluster.target_bps
        self._finish(success, now)
        if success:
            self._next_bps = GROWTH * rate
        return rate

    def _due(self, estimate_bps: float, wanted_bps: float, now: float) -> float | None:
        if wanted_bps <= estimate_bps or not self._log.next_number:
            return None
        at_once = self._next_bps
        if at_once is None and now < self._next_at:
            return None
        self._next_bps = None
        goal = GROWTH * estimate_bps if at_once is None else at_once
        goal = min(goal, wanted_bps)
        return goal if goal > estimate_bps else None

    def _pad(self, cluster: _Cluster, now: float) -> list[Padding]:
        log = self._log
        elapsed = now - cluster.started_at
        sent = log.bytes_sent - cluster.sent_bytes
        whole = min(PACE * cluster.target_bps * CLUSTER_S / 8, MAX_CLUSTER_BYTES)
        packets = log.next_number - cluster.first
        if (sent >= whole and packets >= MIN_PACKETS) or elapsed > 4 * CLUSTER_S:
            cluster.end = log.next_number
            log.joins = True
            cluster.sent_bytes = sent
            cluster.ended_at = now
            cluster.last_sent = log.last_sent_at or now
            return []
        step = min(max(now - cluster.ticked_at, 0.001), MAX_STEP_S)
        cluster.ticked_at = now
        size = min(max(whole / (MIN_PACKETS + 1), MIN_PADDING_PACKET), MAX_PADDING_PACKET)
        pace_bps = PACE * cluster.target_bps
        behind = pace_bps * elapsed / 8 + size - sent
        most = max(pace_bps * step / 8, size)
        due = min(behind, most)
        if due < size:
            return []
        return [Padding(round(due), round(size), pace_bps)]

    def _finish(self, success: bool, now: float) -> None:
        self._cluster = None
        self._log.joins = True
        if success:
            self.succeeded += 1
            self._interval_s = INTERVAL_S
        else:
            self.failed += 1
            self._interval_s = min(self._interval_s * BACKOFF, MAX_INTERVAL_S)
        self._next_at = now + self._interval_s


def _collect(cluster: _Cluster, arrived: Sequence[ArrivedRun]) -> None:
    for run in arrived:
        inside = run.first >= cluster.first and (cluster.end is None or run.first < cluster.end)
        if not inside:
            continue
        each = run.size_bytes / run.packets
        if not cluster.arrived or run.first_arrival < cluster.first_arrival:
            cluster.first_arrival, cluster.first_bytes = run.first_arrival, each
        if not cluster.arrived or run.last_arrival >= cluster.last_arrival:
            cluster.last_arrival = run.last_arrival
        cluster.arrived += run.packets
        cluster.arrived_bytes += run.size_bytes
        cluster.last_bytes = run.size_bytes


def _result(cluster: _Cluster) -> float | None:
    """The lower of the rates at which the cluster left and arrived, None if too little did."""
    if cluster.arrived < MIN_PACKETS - 1:
        return None
    if cluster.arrived_bytes < MIN_REPORTED * cluster.sent_bytes:
        return None
    received_s = cluster.last_arrival - cluster.first_arrival
    sent_s = cluster.last_sent - cluster.started_at
    if received_s <= 0 and sent_s <= 0:
        return None
    received = (cluster.arrived_bytes - cluster.first_bytes) * 8 / max(received_s, 1e-3)
    # A run leaves at one instant: the last one adds to the bytes but not to the time.
    sent = (cluster.arrived_bytes - cluster.last_bytes) * 8 / max(sent_s, 1e-3)
    rate = min(received, sent, cluster.target_bps)
    return 0.95 * received if received < 0.9 * sent else rate
