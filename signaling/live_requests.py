"""What each request does: one handler a message, found by its type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfu.net.media_api import MediaConnection, PublishedSection, Wish
from signaling import protocol, room_host, room_signals, room_tracks
from signaling.errors import RodaError
from signaling.live_client import Answer, Handler, LiveClient
from signaling.live_connection import LiveConnection, forwarded, media_stats, published
from signaling.live_room import LiveRoom
from signaling.protocol import Message


def _seated(client: LiveClient) -> tuple[LiveRoom, LiveConnection]:
    """The client's room and connection. Raises ``not_joined``; ``connection_closed`` when the
    connection is gone from the room."""
    if client.room is None or client.connection is None:
        raise RodaError("not_joined")
    if client.connection.client is not client:
        raise RodaError("connection_closed")
    return client.room, client.connection


def _media(client: LiveClient) -> tuple[LiveRoom, LiveConnection, MediaConnection]:
    """Raises ``not_joined`` for those who wait as well."""
    room, connection = _seated(client)
    if connection.media is None:
        raise RodaError("not_joined", "no media")
    return room, connection, connection.media


def _fields(message: Message) -> dict[str, Any]:
    return {name: getattr(message, name) for name in type(message).model_fields}


async def _join(client: LiveClient, request: protocol.Join) -> Answer:
    if client.connection is not None:
        raise RodaError("already_joined")
    room = await client.rooms.live_room(client.seat.session_id)
    connection, result, after = await room.join(
        client, client.seat, client.log, client.resume, expired=client.expired
    )
    client.room, client.connection = room, connection
    return Answer(_fields(result), after)


async def _publish_offer(client: LiveClient, request: protocol.PublishOffer) -> Answer:
    room, connection, media = _media(client)
    sections = [PublishedSection(t.mid, t.source, t.muted) for t in request.tracks]
    sdp, tracks = await media.publish(request.sdp, sections)
    connection.step("publish_answered")
    room.tracks_changed(connection.connection_id, [published(track) for track in tracks])
    result = protocol.PublishResult(sdp=sdp, tracks=[forwarded(track) for track in tracks])
    return Answer(_fields(result))


async def _subscribe_answer(client: LiveClient, request: protocol.SubscribeAnswer) -> Answer:
    _, connection, media = _media(client)
    await connection.accept_answer(media, request.offer_id, request.sdp)
    connection.step("subscribe_answered")
    return Answer()


async def _ice_candidate(client: LiveClient, request: protocol.IceCandidate) -> Answer:
    _, _, media = _media(client)
    media.add_candidate(request.transport, request.candidate)
    return Answer()


async def _restart_ice(client: LiveClient, request: protocol.RestartIce) -> Answer:
    _, _, media = _media(client)
    media.restart_subscribe()
    return Answer()


async def _set_muted(client: LiveClient, request: protocol.SetMuted) -> Answer:
    room, connection, media = _media(client)
    media.set_muted(request.track_id, request.muted)
    room.perform(
        room_tracks.mute_track(room.room, connection.connection_id, request.track_id, request.muted)
    )
    return Answer()


async def _set_wishes(client: LiveClient, request: protocol.SetWishes) -> Answer:
    _, _, media = _media(client)
    for track in request.tracks:
        wish = Wish(track.width, track.height, track.paused, track.pinned)
        media.prefer(track.track_id, wish)
    return Answer()


async def _report_timeline(client: LiveClient, request: protocol.ReportTimeline) -> Answer:
    client.current_log.timeline.add(
        request.step, request.at_ms, "client", request.outcome, request.detail
    )
    return Answer()


async def _get_timeline(client: LiveClient, request: protocol.GetTimeline) -> Answer:
    return Answer({"entries": client.current_log.timeline.entries()})


async def _get_stats(client: LiveClient, request: protocol.GetStats) -> Answer:
    _, _, media = _media(client)
    return Answer(_fields(protocol.StatsResult(stats=media_stats(media))))


async def _chat(client: LiveClient, request: protocol.SendChat) -> Answer:
    room, connection = _seated(client)
    sent_at = client.clock.wall_text()
    room.perform(room_signals.post_chat(room.room, connection.connection_id, request.text, sent_at))
    return Answer()


async def _raise_hand(client: LiveClient, request: protocol.RaiseHand) -> Answer:
    room, connection = _seated(client)
    room.perform(room_signals.raise_hand(room.room, connection.connection_id, request.raised))
    return Answer()


async def _report_status(client: LiveClient, request: protocol.ReportStatus) -> Answer:
    room, connection = _seated(client)
    by = connection.connection_id
    room.perform(room_signals.report_status(room.room, by, request.status))
    return Answer()


async def _leave(client: LiveClient, request: protocol.Leave) -> Answer:
    room, connection = _seated(client)
    return Answer(after=lambda: room.leave(connection, "left"), leaves=True)


async def _end_session(client: LiveClient, request: protocol.EndSession) -> Answer:
    room, connection = _seated(client)
    room_host.require_host(room.room, connection.connection_id)
    await room.world.bookkeeper.end_session(room.session_id, "host", connection.seat.user_id)
    return Answer(after=lambda: room.end("session_ended", "host"))


async def _admit(client: LiveClient, request: protocol.Admit) -> Answer:
    room, connection = _seated(client)
    effects = room_host.admit(room.room, connection.connection_id, request.participant_id)
    room.perform(effects, by=connection.seat.user_id)
    return Answer()


async def _admit_all(client: LiveClient, request: protocol.AdmitAll) -> Answer:
    room, connection = _seated(client)
    effects = room_host.admit_all(room.room, connection.connection_id)
    room.perform(effects, by=connection.seat.user_id)
    return Answer()


async def _decline(client: LiveClient, request: protocol.Decline) -> Answer:
    room, connection = _seated(client)
    host, who = connection.connection_id, request.participant_id
    room.perform(room_host.decline(room.room, host, who, room.now), by=connection.seat.user_id)
    return Answer()


async def _send_back(client: LiveClient, request: protocol.SendBack) -> Answer:
    room, connection = _seated(client)
    host, who = connection.connection_id, request.participant_id
    room.perform(room_host.send_back(room.room, host, who, room.now), by=connection.seat.user_id)
    return Answer()


async def _remove(client: LiveClient, request: protocol.RemoveParticipant) -> Answer:
    room, connection = _seated(client)
    by, who = connection.connection_id, request.participant_id
    person = room_host.removable_person(room.room, by, who)
    if request.bar:
        # Kept before they are told, so that no return slips through.
        await room.world.bookkeeper.bar(room.session_id, who, connection.seat.user_id)
    effects = room_host.remove(room.room, person, request.bar, room.now)
    room.perform(effects, by=connection.seat.user_id)
    return Answer()


async def _mute_participant(client: LiveClient, request: protocol.MuteParticipant) -> Answer:
    room, connection = _seated(client)
    room.perform(room_host.mute(room.room, connection.connection_id, request.participant_id))
    return Answer()


async def _ask_to_unmute(client: LiveClient, request: protocol.AskToUnmute) -> Answer:
    room, connection = _seated(client)
    by = connection.connection_id
    room.perform(room_host.ask_to_unmute(room.room, by, request.participant_id))
    return Answer()


async def _lock_session(client: LiveClient, request: protocol.LockSession) -> Answer:
    room, connection = _seated(client)
    room_host.require_host(room.room, connection.connection_id)
    await room.world.bookkeeper.set_locked(room.session_id, request.locked, connection.seat.user_id)
    room.perform(room.room.set_locked(request.locked))
    return Answer()


async def _hand_over(client: LiveClient, request: protocol.HandOver) -> Answer:
    room, connection = _seated(client)
    by, who = connection.connection_id, request.participant_id
    person = room_host.check_hand_over(room.room, by, who)
    # Kept before they are told. Whoever leaves meanwhile is host on returning.
    await room.world.bookkeeper.hand_over(room.session_id, who, connection.seat.user_id)
    room.perform(room_host.make_host(room.room, person))
    return Answer()


async def _take_hosting(client: LiveClient, request: protocol.TakeHosting) -> Answer:
    room, connection = _seated(client)
    person = room_host.check_take_hosting(room.room, connection.connection_id)
    await room.world.bookkeeper.hand_over(room.session_id, person.participant_id, person.user_id)
    room.perform(room_host.make_host(room.room, person))
    return Answer()


async def _extend_session(client: LiveClient, request: protocol.ExtendSession) -> Answer:
    room, connection = _seated(client)
    room_host.require_host(room.room, connection.connection_id)
    await room.world.bookkeeper.extend(room.session_id, request.minutes, connection.seat.user_id)
    return Answer()


HANDLERS: Mapping[type, Handler] = {
    protocol.Join: _join,
    protocol.PublishOffer: _publish_offer,
    protocol.SubscribeAnswer: _subscribe_answer,
    protocol.IceCandidate: _ice_candidate,
    protocol.RestartIce: _restart_ice,
    protocol.SetMuted: _set_muted,
    protocol.SetWishes: _set_wishes,
    protocol.ReportTimeline: _report_timeline,
    protocol.GetTimeline: _get_timeline,
    protocol.GetStats: _get_stats,
    protocol.SendChat: _chat,
    protocol.RaiseHand: _raise_hand,
    protocol.ReportStatus: _report_status,
    protocol.Leave: _leave,
    protocol.EndSession: _end_session,
    protocol.Admit: _admit,
    protocol.AdmitAll: _admit_all,
    protocol.Decline: _decline,
    protocol.SendBack: _send_back,
    protocol.RemoveParticipant: _remove,
    protocol.MuteParticipant: _mute_participant,
    protocol.AskToUnmute: _ask_to_unmute,
    protocol.LockSession: _lock_session,
    protocol.ExtendSession: _extend_session,
    protocol.HandOver: _hand_over,
    protocol.TakeHosting: _take_hosting,
}
