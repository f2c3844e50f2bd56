"""Statistics of one connection: its transports and their tracks.

Counters run from the track's or transport's beginning. ``jitter_ms`` is interarrival jitter (RFC
3550 section 6.4.1), ``round_trip_ms`` comes of sender and receiver reports, null until known.
"""

from __future__ import annotations

from typing import Literal

from signaling.protocol.values import Identifier, Kind, Message, Source, Way


class StreamLayer(Message):
    """A layer inside a stream, counted from 0; what it depends on is taken in."""

    spatial: int
    temporal: int


class LayerStats(StreamLayer):
    """What a layer takes with all it depends on; zeros where its size is not told."""

    bitrate_bps: float
    width: int
    height: int


class EncodingStats(Message):
    """One stream of a published track: the only one, or a simulcast layer.

    ``retransmitted``: RTX packets that brought something missing; ``recovered``: lost packets that
    came after all; ``keyframes_asked``: PLIs sent, into which ``keyframes_merged`` more requests of
    subscribers went. ``oversized`` and ``strays`` were not forwarded. ``layers`` are those inside
    the stream, lowest first; none where it has but one. Of layers that were never sent, only the
    bitrate and what was asked are there."""

    rid: str | None
    bitrate_bps: float
    width: int
    height: int
    keyframes_asked: int
    keyframes_merged: int
    oversized: int
    strays: int
    layers: list[LayerStats] = []
    packets: int = 0
    bytes: int = 0
    packets_lost: int = 0
    duplicates: int = 0
    retransmitted: int = 0
    jitter_ms: float = 0.0
    nacks_sent: int = 0
    recovered: int = 0


class PublishedTrackStats(Message):
    """One track the connection publishes; ``encodings`` lowest first."""

    track_id: Identifier
    kind: Kind
    source: Source
    codec: str
    muted: bool
    encodings: list[EncodingStats]


class SubscribedTrackStats(Message):
    """One track forwarded to the connection.

    ``codec``: as it is sent, ``red`` for redundant Opus (RFC 2198).
    ``refused``: the client's answer took no section for it. ``layer`` flows now, ``wanted_layer``
    from its next keyframe on; null: none, or without simulcast. ``stream_layer`` is what flows of
    that stream's own layers, ``wanted_stream_layer`` the most it is to have of the wanted one's;
    null: all of them, or nothing. ``packets_left_out`` and ``frames_left_out`` were of other
    layers, and ``fillers`` were sent where such packets came late. ``resent``: packets sent again
    for the client's NACKs. ``packets_lost``, ``fraction_lost`` (0–1) and ``jitter_ms`` are what the
    client reports."""

    track_id: Identifier
    connection_id: Identifier
    kind: Kind
    codec: str
    refused: bool
    started: bool
    layer: str | None
    wanted_layer: str | None
    stream_layer: StreamLayer | None
    wanted_stream_layer: StreamLayer | None
    packets_left_out: int
    frames_left_out: int
    fillers: int
    packets: int
    bytes: int
    dropped: int
    nacks_received: int
    resent: int
    resends_refused: int
    keyframe_requests: int
    packets_lost: int
    fraction_lost: float
    jitter_ms: float
    round_trip_ms: float | None


class PublishStats(Message):
    """The transport on which the client sends. ``way``: how the server reaches it, null while there
    is no path; a relay of the client's own counts as UDP. ``rejected_packets`` failed their
    authentication or were malformed, ``unknown_packets`` belong to no track; ``probes`` had
    nothing in them."""

    state: Literal["new", "connecting", "connected", "disconnected", "failed", "closed"]
    srtp_profile: str | None = None
    way: Way | None = None
    rejected_packets: int = 0
    unknown_packets: int = 0
    invalid_packets: int = 0
    probes: int = 0
    tracks: list[PublishedTrackStats]


class SubscribeStats(Message):
    """The transport on which the client receives. ``estimate_bps`` is what its line carries, by
    ``estimate_source``; ``round_trip_ms`` the shortest of its tracks'. ``paced``: the line is so
    thin that pictures wait for it, at present ``packets_waiting``."""

    state: Literal["new", "connecting", "connected", "disconnected", "failed", "closed"]
    srtp_profile: str | None = None
    way: Way | None = None
    rejected_packets: int = 0
    estimate_bps: float | None = None
    estimate_source: Literal["none", "report", "remb", "feedback"] = "none"
    round_trip_ms: float | None = None
    paced: bool = False
    packets_waiting: int = 0
    tracks: list[SubscribedTrackStats]


class ConnectionStats(Message):
    """Both transports of a connection."""

    publish: PublishStats
    subscribe: SubscribeStats
