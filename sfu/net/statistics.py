"""A connection's numbers, for the page, the bots and the metrics."""

from __future__ import annotations

from itertools import zip_longest

from sfu.consumer import Consumer
from sfu.encoding import Encoding
from sfu.frame_role import Layer
from sfu.net.publish_transport import PublishTransport
from sfu.net.subscribe_transport import SubscribeTransport
from sfu.net.transport import Transport
from sfu.producer import Producer
from sfu.subscriber import Section


def connection_stats(
    publish: PublishTransport | None, subscribe: SubscribeTransport
) -> dict[str, object]:
    """``publish`` and ``subscribe``, each with its transport's state and its tracks."""
    published = [] if publish is None else list(publish.publisher.producers.values())
    return {
        "publish": {
            **_transport(publish),
            **_ignored(publish),
            "tracks": [_producer(p) for p in published],
        },
        "subscribe": {
            **_transport(subscribe),
            **_line(subscribe),
            "tracks": [_section(s) for s in subscribe.subscriber.sections],
        },
    }


def _transport(transport: Transport | None) -> dict[str, object]:
    if transport is None or not transport.started:
        return {"state": "new"}
    return {
        "state": transport.state,
        "srtp_profile": transport.srtp_profile,
        "way": None if transport.path is None else transport.path.way,
        "rejected_packets": transport.rejected_packets,
    }


def _ignored(publish: PublishTransport | None) -> dict[str, object]:
    if publish is None:
        return {}
    publisher = publish.publisher
    return {
        "unknown_packets": publisher.unknown_packets,
        "invalid_packets": publisher.invalid_packets,
        "probes": publisher.probes,
    }


def _line(subscribe: SubscribeTransport) -> dict[str, object]:
    measured = [section.consumer.round_trip_s for section in subscribe.subscriber.sections]
    known = [round_trip for round_trip in measured if round_trip is not None]
    return {
        "estimate_bps": subscribe.budget_bps,
        "estimate_source": subscribe.estimator.source,
        "round_trip_ms": 1000 * min(known) if known else None,
        "paced": subscribe.pacer is not None,
        "packets_waiting": 0 if subscribe.pacer is None else subscribe.pacer.waiting,
    }


def _stream_layer(layer: Layer | None) -> dict[str, int] | None:
    return None if layer is None else {"spatial": layer[0], "temporal": layer[1]}


def _layer(producer: Producer, encoding: Encoding | None) -> str | None:
    if encoding is None or encoding.index >= len(producer.rids):
        return None
    return producer.rids[encoding.index]


def _producer(producer: Producer) -> dict[str, object]:
    return {
        "track_id": producer.track_id,
        "kind": producer.kind,
        "source": producer.source,
        "codec": producer.codec.name,
        "muted": producer.muted,
        "encodings": [
            {"rid": rid, **_encoding(encoding)}
            for rid, encoding in zip_longest(producer.rids, producer.encodings)
        ],
    }


def _encoding(encoding: Encoding) -> dict[str, object]:
    common: dict[str, object] = {
        "bitrate_bps": encoding.rate.bps,
        "width": encoding.size[0],
        "height": encoding.size[1],
        "keyframes_asked": encoding.keyframes.asked,
        "keyframes_merged": encoding.keyframes.merged,
        "oversized": encoding.oversized,
        "strays": encoding.strays,
        "layers": [
            {
                "spatial": each.layer[0],
                "temporal": each.layer[1],
                "bitrate_bps": each.bps,
                "width": each.size[0],
                "height": each.size[1],
            }
            for each in encoding.layer_rates.layers
        ],
    }
    stream = encoding.stream
    if stream is None:
        return common
    return common | {
        "packets": stream.packets,
        "bytes": stream.bytes,
        "packets_lost": stream.packets_lost,
        "duplicates": stream.duplicates,
        "retransmitted": stream.retransmitted,
        "jitter_ms": 1000 * stream.jitter_ticks / stream.clock_rate,
        "nacks_sent": stream.nack.requested,
        "recovered": stream.nack.recovered,
    }


def _section(section: Section) -> dict[str, object]:
    consumer: Consumer = section.consumer
    plan = consumer.plan
    round_trip, left_out = consumer.round_trip_s, consumer.left_out
    flowing = None if consumer.filter is None else consumer.filter.choice.layer
    return {
        "track_id": section.producer.track_id,
        "connection_id": section.producer.connection_id,
        "kind": section.producer.kind,
        "codec": "red" if plan is not None and plan.red else section.producer.codec.name,
        "refused": consumer.refused,
        "started": consumer.has_started,
        "layer": _layer(section.producer, consumer.encoding),
        "wanted_layer": _layer(section.producer, consumer.wanted),
        "stream_layer": _stream_layer(flowing),
        "wanted_stream_layer": _stream_layer(consumer.layer),
        "packets_left_out": left_out.packets,
        "frames_left_out": left_out.frames,
        "fillers": left_out.fillers,
        "packets": plan.packets_sent if plan else 0,
        "bytes": plan.bytes_sent if plan else 0,
        "dropped": plan.dropped if plan else 0,
        "nacks_received": consumer.resending.nacks,
        "resent": consumer.resending.resent,
        "resends_refused": consumer.resending.refused,
        "keyframe_requests": consumer.keyframe_requests,
        "packets_lost": consumer.packets_lost,
        "fraction_lost": consumer.fraction_lost,
        "jitter_ms": 1000 * consumer.jitter_ticks / section.producer.codec.clock_rate,
        "round_trip_ms": None if round_trip is None else 1000 * round_trip,
    }
