"""What a room hears of its connections' tracks and transports. Pure, like `signaling.rooms`."""

from __future__ import annotations

from collections.abc import Iterable

from signaling.errors import RodaError
from signaling.protocol import PeerTracks, Track, TrackMuted, TransportState
from signaling.room_values import Effects, Member, Send
from signaling.rooms import Room


def set_tracks(room: Room, connection_id: str, tracks: Iterable[Track]) -> Effects:
    """A connection's published tracks, all of them. Others hear of what changed only."""
    member = room.members.get(connection_id)
    if member is None:
        return []
    before, after = member.tracks, tuple(tracks)
    member.tracks = after
    if before == after or member.presence not in ("in_room", "lost"):
        return []
    if [(t.track_id, t.source) for t in before] == [(t.track_id, t.source) for t in after]:
        return [
            effect
            for track, old in zip(after, before, strict=True)
            if track.muted != old.muted
            for effect in _tell_muted(room, member, track, by_host=False)
        ]
    return room.to_others(
        connection_id, PeerTracks(connection_id=connection_id, tracks=list(after))
    )


def mute_track(
    room: Room, connection_id: str, track_id: str, muted: bool, by_host: bool = False
) -> Effects:
    """Note a track's mute state; nothing when it was so already. The owner is told as well
    when it was the host's doing. Raises `RodaError` (``track_unknown``)."""
    member = room.member(connection_id)
    index = next((i for i, t in enumerate(member.tracks) if t.track_id == track_id), None)
    if index is None:
        raise RodaError("track_unknown", track_id)
    if member.tracks[index].muted == muted:
        return []
    track = member.tracks[index].model_copy(update={"muted": muted})
    member.tracks = (*member.tracks[:index], track, *member.tracks[index + 1 :])
    return _tell_muted(room, member, track, by_host)


def transport_state(room: Room, state: TransportState) -> Effects:
    """One transport's new state, to its owner; to the others too when it tells them
    something about the tile they see."""
    member = room.members.get(state.connection_id)
    if member is None:
        return []
    member.transports[state.transport] = state.state
    effects: Effects = [Send(state.connection_id, state)]
    if member.presence in ("in_room", "lost") and state.state in (
        "connected",
        "disconnected",
        "failed",
    ):
        effects += room.to_others(state.connection_id, state)
    return effects


def _tell_muted(room: Room, member: Member, track: Track, by_host: bool) -> Effects:
    message = TrackMuted(
        connection_id=member.connection_id,
        track_id=track.track_id,
        muted=track.muted,
        by_host=by_host,
    )
    own: Effects = [Send(member.connection_id, message)] if by_host else []
    return own + room.to_others(member.connection_id, message)
