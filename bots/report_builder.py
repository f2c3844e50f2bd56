"""Putting a bot's final report together."""

from __future__ import annotations

from collections.abc import Sequence

from bots.errors import BotError
from bots.remote_track import RemoteTrack
from bots.report import BotReport, ErrorReport, PublishReport, StepReport
from bots.timeline import Timeline

_JOIN_ENDS_WITH = ("first_remote_frame", "publish_connected", "subscribe_connected", "joined")


async def build_report(
    *,
    name: str,
    connected: bool,
    media_flowed: bool,
    duration_s: float,
    participant_id: str | None,
    connection_id: str | None,
    peers: int,
    ice_servers: int,
    published: PublishReport,
    remote: Sequence[RemoteTrack],
    timeline: Timeline,
    error: BotError | None,
) -> BotReport:
    tracks = [await track.report() for track in remote]
    return BotReport(
        name=name,
        connected=connected,
        media_flowed=media_flowed,
        join_ms=join_ms(timeline),
        duration_s=round(duration_s, 3),
        participant_id=participant_id,
        connection_id=connection_id,
        peers=peers,
        ice_servers=ice_servers,
        published=published,
        packets_received=sum(track.packets for track in tracks),
        packets_lost=sum(track.packets_lost for track in tracks),
        frames_decoded=sum(track.frames for track in tracks if track.decoded),
        tracks=tracks,
        steps=step_reports(timeline),
        error=ErrorReport(code=error.code, message=error.message, remedy=error.remedy)
        if error
        else None,
    )


def step_reports(timeline: Timeline) -> list[StepReport]:
    return [
        StepReport(
            step=entry.step,
            at_ms=round(timeline.since_start_ms(entry), 1),
            outcome=entry.outcome,
            detail=entry.detail,
        )
        for entry in timeline.entries
    ]


def join_ms(timeline: Timeline) -> float | None:
    """Time of the step that made the join complete: the furthest one that was reached."""
    for step in _JOIN_ENDS_WITH:
        for entry in timeline.entries:
            if entry.step == step and entry.outcome == "ok":
                return round(timeline.since_start_ms(entry), 1)
    return None
