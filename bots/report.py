"""What a bot tells at its end; ``roda bot --json`` prints it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from signaling.protocol import ConnectionStats, Kind, Source


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StepReport(_Part):
    """``at_ms`` since the bot started."""

    step: str
    at_ms: float
    outcome: str
    detail: str = ""


class PublishReport(_Part):
    """Sums over the published tracks. ``packets_lost`` is what the server reported back."""

    tracks: int = 0
    packets: int = 0
    octets: int = 0
    packets_lost: int = 0


class RemoteTrackReport(_Part):
    """One track received. ``packets_lost`` counts before retransmission repaired anything.

    ``frames`` are decoded ones, or those counted by marker bit when ``decoded`` is false; then
    colour, frequency and level are unknown. Colour is that of the latest frame's middle, 0 to 255.
    """

    track_id: str
    connection_id: str
    kind: Kind
    source: Source
    decoded: bool
    ended: bool
    packets: int
    packets_lost: int
    frames: int
    mean_colour: tuple[int, int, int] | None = None
    dominant_frequency_hz: float | None = None
    level_dbfs: float | None = None


class ErrorReport(_Part):
    code: str
    message: str
    remedy: str = ""


class BotReport(_Part):
    """``connected``: every transport that was needed came up. ``media_flowed``: see
    `bots.bot.Bot.media_flowed`. ``join_ms``: from the start to the first remote frame, or to the
    publish transport's connection when nobody else sends. ``server``: what the server counts of
    this connection, where it was asked (`bots.bot.Bot.server_stats`)."""

    name: str
    connected: bool
    media_flowed: bool
    join_ms: float | None
    duration_s: float
    participant_id: str | None
    connection_id: str | None
    peers: int
    ice_servers: int
    published: PublishReport
    packets_received: int
    packets_lost: int
    frames_decoded: int
    tracks: list[RemoteTrackReport]
    steps: list[StepReport]
    error: ErrorReport | None = None
    server: ConnectionStats | None = None
