"""A session as use cases and the live rooms see it, and how it is read off its row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, bindparam, func, select

from signaling.errors import RodaError
from signaling.session_state import RUNNING, SessionEvent, SessionState, may, next_state, state_of
from signaling.store.statements import StoredRow
from signaling.store.tables import instant_session_participants as participants
from signaling.store.tables import instant_sessions as sessions
from signaling.store.tables import profiles

LinkState = Literal["active", "locked", "full", "ended", "expired"]


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session as use cases and the live rooms see it. ``people`` counts active participants;
    ``begun``: somebody has been in the call."""

    session_id: str
    session_token: str
    name: str
    host_id: str
    host_name: str
    expires_at: datetime
    created_at: datetime
    ended_at: datetime | None
    end_reason: str | None
    max_participants: int
    waiting_room_enabled: bool
    recording_enabled: bool
    locked: bool
    is_active: bool
    people: int = 0
    begun: bool = False

    def life(self, now: datetime) -> SessionState:
        """Where the session is in its life."""
        return state_of(
            is_active=self.is_active,
            end_reason=self.end_reason,
            expires_at=self.expires_at,
            begun=self.begun,
            now=now,
        )

    def state(self, now: datetime) -> LinkState:
        """What a holder of the link is told."""
        life = self.life(now)
        if life == "ended" or life == "expired":
            return life
        if self.locked:
            return "locked"
        return "full" if self.people >= self.max_participants else "active"


def check_running(view: SessionView, now: datetime) -> None:
    """Raises `RodaError` ``session_ended`` or ``session_expired``."""
    life = view.life(now)
    if life not in RUNNING:
        raise RodaError(f"session_{life}")


def after(view: SessionView, event: SessionEvent, now: datetime) -> SessionState:
    """The state ``event`` leads to. Raises `RodaError` ``session_ended`` or ``session_expired``
    where it comes too late; `SessionTransitionError` where it comes too early."""
    life = view.life(now)
    if not may(life, event):
        check_running(view, now)
    return next_state(life, event)


def _view_query() -> Select[Any]:
    people = (
        select(func.count(participants.c.id))
        .where(participants.c.session_id == sessions.c.id, participants.c.is_active)
        .scalar_subquery()
    )
    return select(
        sessions,
        profiles.c.full_name.label("host_name"),
        people.label("people"),
        begun().label("begun"),
    ).join_from(sessions, profiles, sessions.c.therapist_id == profiles.c.id)


def begun() -> ColumnElement[bool]:
    """Somebody has been in the session's call."""
    been_in = (participants.c.session_id == sessions.c.id, participants.c.joined_at.is_not(None))
    return select(participants.c.id).where(*been_in).exists()


VIEW = _view_query()
LOCKED_BY_TOKEN = VIEW.where(sessions.c.session_token == bindparam("token")).with_for_update(
    of=sessions, key_share=True
)


def view_of(row: StoredRow) -> SessionView:
    return SessionView(
        session_id=row["id"],
        name=row["session_name"],
        host_id=row["therapist_id"],
        **{
            key: row[key]
            for key in SessionView.__slots__
            if key not in ("session_id", "name", "host_id")
        },
    )
