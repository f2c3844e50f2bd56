"""Values as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from signaling.audit import Audited
from signaling.http.context import context_of, share_url
from signaling.registration import Participant
from signaling.session_views import SessionView


def iso(value: datetime | None) -> str | None:
    """RFC 3339, in UTC, with milliseconds."""
    if value is None:
        return None
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def session_json(request: web.Request, view: SessionView) -> dict[str, Any]:
    """A session for its host: with its token."""
    now = context_of(request).services.sessions.now
    return {
        "id": view.session_id,
        "session_name": view.name,
        "session_token": view.session_token,
        "share_url": share_url(request, view.session_token),
        "therapist_id": view.host_id,
        "host_name": view.host_name,
        "is_active": view.is_active and view.expires_at > now,
        "state": view.state(now),
        "expires_at": iso(view.expires_at),
        "created_at": iso(view.created_at),
        "ended_at": iso(view.ended_at),
        "end_reason": view.end_reason,
        "max_participants": view.max_participants,
        "participants": view.people,
        "waiting_room_enabled": view.waiting_room_enabled,
        "recording_enabled": view.recording_enabled,
        "locked": view.locked,
    }


def attended_json(request: web.Request, view: SessionView) -> dict[str, Any]:
    """A session for somebody who takes or took part in it; its link they have been given."""
    shown = ("id", "session_name", "host_name", "share_url", "is_active", "state")
    times = ("expires_at", "created_at", "ended_at", "end_reason")
    whole = session_json(request, view)
    return {name: whole[name] for name in (*shown, *times)}


def connection_json(view: Mapping[str, Any]) -> dict[str, Any]:
    """A connection for its session's host."""
    opened_at = datetime.fromtimestamp(view["opened_at"], UTC)
    return {**view, "opened_at": iso(opened_at)}


def preview_json(request: web.Request, view: SessionView) -> dict[str, Any]:
    """What a holder of the link may know of a session that can be joined."""
    state = view.state(context_of(request).services.sessions.now)
    return {
        "id": view.session_id,
        "session_name": view.name,
        "host_name": view.host_name,
        "state": state,
        "is_active": True,
        "expires_at": iso(view.expires_at),
        "max_participants": view.max_participants,
        "waiting_room_enabled": view.waiting_room_enabled,
        "recording_enabled": view.recording_enabled,
    }


def audited_json(event: Audited) -> dict[str, Any]:
    return {**asdict(event), "occurred_at": iso(event.occurred_at)}


def participant_json(participant: Participant) -> dict[str, Any]:
    return {
        "id": participant.id,
        "session_id": participant.session_id,
        "user_id": participant.user_id,
        "participant_name": participant.participant_name,
        "role": participant.role,
        "state": participant.state,
        "is_active": participant.is_active,
        "joined_at": iso(participant.joined_at),
        "left_at": iso(participant.left_at),
    }
