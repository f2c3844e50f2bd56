"""``/metrics``: every number of this server, by one table that ``docs/metrics.md`` follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from signaling.live_metrics import LiveMetrics

Numbers = Callable[[], Mapping[str, object]]


class Described(NamedTuple):
    """A metric's name without ``roda_`` (and, of a counter, without ``_total``), and its words."""

    name: str
    help: str
    label: str = ""


GAUGES: Mapping[str, Described] = {
    "rooms": Described("sessions_live", "Sessions with at least one connection."),
    "participants": Described("participants", "People in calls; their windows count once."),
    "connections": Described("connections", "Connections in calls and waiting rooms."),
    "waiting": Described("participants_waiting", "People in waiting rooms."),
    "sockets": Described("websockets", "Open signaling WebSockets."),
    "whip": Described("whip_connections", "Connections that publish by WHIP."),
    "whep": Described("whep_connections", "Connections that play by WHEP."),
}
"""Counts of the hub and of the media resources, by their names there."""

COUNTERS: Mapping[str, Described] = {
    "joins": Described(
        "joins", "Joins answered: in_call, waiting, or resumed after a lost socket.", "result"
    ),
    "requests": Described("signaling_requests", "Requests over WebSockets, by type.", "type"),
    "refusals": Described("signaling_refusals", "Requests refused, by error code.", "code"),
    "closes": Described(
        "connections_closed", "Connections ended: left, lost, or an error code.", "reason"
    ),
    "failed_steps": Described("join_step_failures", "Steps of joins that failed.", "step"),
}
"""The live rooms' counters, by their names there."""

STEPS = Described(
    "join_step_seconds", "Time from a socket's acceptance to each step the server saw.", "step"
)

MEDIA_GAUGES: Mapping[str, Described] = {
    "rooms": Described("media_rooms", "Rooms of the media server."),
    "connections": Described("media_connections", "Connections of the media server."),
    "tracks": Described("media_tracks", "Published tracks."),
    "filtered_tracks": Described(
        "media_filtered_tracks", "Tracks forwarded to somebody without some of their layers."
    ),
    "paced": Described(
        "media_paced_connections", "Connections whose line is so thin that pictures wait for it."
    ),
    "native_forwarding": Described(
        "media_native_forwarding", "1 if packets are forwarded by the loop in C, 0 if in Python."
    ),
    "tcp_connections": Described("media_tcp_connections", "Open connections for media over TCP."),
    "tcp_strangers": Described(
        "media_tcp_strangers", "Those of them that have not proved to be a participant's yet."
    ),
}

MEDIA_COUNTERS: Mapping[str, Described] = {
    "datagrams_received": Described("media_datagrams_received", "Datagrams read."),
    "datagrams_unknown": Described("media_datagrams_unknown", "Datagrams of no known peer."),
    "stun_refused": Described("media_stun_refused", "STUN requests refused."),
    "handler_failures": Described("media_handler_failures", "Datagrams whose handling failed."),
    "datagrams_sent": Described("media_datagrams_sent", "Datagrams sent."),
    "send_calls": Described("media_send_calls", "System calls that sent them."),
    "datagrams_blocked": Described("media_datagrams_blocked", "Datagrams the full socket dropped."),
    "datagrams_failed": Described("media_datagrams_failed", "Datagrams the system refused."),
    "tcp_accepted": Described("media_tcp_accepted", "Connections for media over TCP accepted."),
    "tcp_expired": Described(
        "media_tcp_expired", "TCP connections closed because they proved nothing in time."
    ),
    "tcp_evicted": Described(
        "media_tcp_evicted", "TCP connections closed to make room for newer ones."
    ),
    "tcp_malformed": Described("media_tcp_malformed", "TCP connections closed for bad framing."),
    "tcp_blocked": Described("media_tcp_blocked", "Datagrams a slow TCP connection dropped."),
    "packets_forwarded_in": Described("media_packets_received", "RTP packets to be forwarded."),
    "packets_forwarded_out": Described("media_packets_forwarded", "RTP packets forwarded."),
    "nacked_by_us": Described("media_nacked_packets_sent", "Packets asked of publishers again."),
    "nacked_by_subscribers": Described(
        "media_nacked_packets_received", "Packets subscribers asked for again."
    ),
    "packets_dropped": Described(
        "media_packets_dropped",
        "Publishers' RTP packets of no track, doubled, malformed, too long or out of all sequence.",
    ),
    "packets_rejected": Described(
        "media_packets_rejected", "Packets forged, replayed, malformed or of one SSRC too many."
    ),
    "unknown_feedback": Described(
        "media_unknown_feedback", "Packets that feedback told of and that were never sent."
    ),
    "packets_resent": Described("media_packets_resent", "Packets sent again to subscribers."),
    "packets_left_out": Described(
        "media_packets_left_out", "Packets of layers that a subscriber does without."
    ),
    "fillers_sent": Described(
        "media_fillers_sent", "Padding sent in the place of such packets that came late."
    ),
    "packets_paced": Described(
        "media_packets_paced", "Packets of pictures that waited for a thin line."
    ),
    "pacer_refused": Described(
        "media_pacer_refused", "Packets that found the queue for a thin line full."
    ),
    "keyframe_requests_sent": Described(
        "media_keyframe_requests_sent", "Keyframes asked of publishers."
    ),
    "keyframe_requests_received": Described(
        "media_keyframe_requests_received", "Keyframes that subscribers asked for."
    ),
}

LOG_COUNTERS: Mapping[str, Described] = {
    "dropped": Described(
        "log_lines_dropped", "Lines of the log dropped because nobody read those before them."
    ),
}


class Gauges(Collector):
    """Numbers of now, read at each scrape."""

    def __init__(self, numbers: Numbers, described: Mapping[str, Described]) -> None:
        self._numbers = numbers
        self._described = described

    def collect(self) -> Iterable[Metric]:
        values = self._numbers()
        for key, metric in self._described.items():
            gauge = GaugeMetricFamily(f"roda_{metric.name}", metric.help)
            gauge.add_metric([], _number(values.get(key)))
            yield gauge


class Counts(Collector):
    """Numbers that only grow, kept elsewhere."""

    def __init__(self, numbers: Numbers, described: Mapping[str, Described]) -> None:
        self._numbers = numbers
        self._described = described

    def collect(self) -> Iterable[Metric]:
        values = self._numbers()
        for key, metric in self._described.items():
            counter = CounterMetricFamily(f"roda_{metric.name}", metric.help)
            counter.add_metric([], _number(values.get(key)))
            yield counter


class LiveCounts(Collector):
    """The live rooms' counters and the times of joins."""

    def __init__(self, metrics: LiveMetrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        counters, steps = self._metrics.read()
        for key, metric in COUNTERS.items():
            counter = CounterMetricFamily(f"roda_{metric.name}", metric.help, labels=[metric.label])
            for label, count in counters.get(key, {}).items():
                counter.add_metric([label], count)
            yield counter
        times = HistogramMetricFamily(f"roda_{STEPS.name}", STEPS.help, labels=[STEPS.label])
        for step, histogram in steps.items():
            times.add_metric([step], histogram.cumulative(), histogram.total_s)
        yield times


def registry_of(
    hub_counts: Numbers, live: LiveMetrics, media_stats: Numbers, log_counts: Numbers = dict
) -> CollectorRegistry:
    """Every metric of one server."""
    registry = CollectorRegistry()
    registry.register(Gauges(hub_counts, GAUGES))
    registry.register(LiveCounts(live))
    registry.register(Gauges(media_stats, MEDIA_GAUGES))
    registry.register(Counts(media_stats, MEDIA_COUNTERS))
    registry.register(Counts(log_counts, LOG_COUNTERS))
    return registry


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
