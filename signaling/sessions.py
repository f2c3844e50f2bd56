"""Sessions: start, look at, list, extend, lock, end."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select

from signaling import audit
from signaling.actors import ANONYMOUS, SERVER, Actor
from signaling.errors import RodaError
from signaling.live_port import LivePort
from signaling.names import clean_name, is_identifier
from signaling.presence import leave_behind
from signaling.session_state import END_REASONS, EndReason
from signaling.session_views import (
    LOCKED_BY_TOKEN,
    VIEW,
    SessionView,
    after,
    begun,
    check_running,
    view_of,
)
from signaling.store.statements import StoredRow
from signaling.store.store import Store, Transaction
from signaling.store.tables import instant_session_participants as participants
from signaling.store.tables import instant_sessions as sessions

MIN_PARTICIPANTS, MAX_PARTICIPANTS, DEFAULT_PARTICIPANTS = 2, 200, 10
MAX_DURATION_MINUTES, DEFAULT_DURATION_MINUTES = 24 * 60, 60
MAX_ACTIVE_SESSIONS = 500  # of one host
LIST_LIMIT = 200


@dataclass(frozen=True, slots=True)
class NewSession:
    """What a host chooses when starting a session."""

    session_name: str
    max_participants: int = DEFAULT_PARTICIPANTS
    duration_minutes: int = DEFAULT_DURATION_MINUTES
    waiting_room_enabled: bool = True
    recording_enabled: bool = False


class _Act(NamedTuple):
    """A change of a session, for the audit trail."""

    event: audit.AuditEvent
    by: str | None  # the profile, where the server acts for it
    detail: str = ""


class Sessions:
    def __init__(self, store: Store, live: LivePort) -> None:
        self._store = store
        self._live = live

    @property
    def now(self) -> datetime:
        return self._store.now()

    async def create(
        self, actor: Actor, wanted: NewSession, max_minutes: int = MAX_DURATION_MINUTES
    ) -> SessionView:
        """Raises `RodaError`: ``forbidden``, ``name_required``, ``name_too_long``,
        ``duration_out_of_range``, ``invalid_request``, ``too_many_sessions``."""
        name = clean_name(wanted.session_name)
        _check_minutes(wanted.duration_minutes, max_minutes)
        if not MIN_PARTICIPANTS <= wanted.max_participants <= MAX_PARTICIPANTS:
            raise RodaError("invalid_request", "max_participants out of range")
        async with self._store.transaction(actor) as transaction:
            await self._check_host_limit(transaction)
            now, session_id = transaction.now, str(uuid.uuid4())
            await transaction.insert(
                sessions,
                {
                    "id": session_id,
                    "session_name": name,
                    "session_token": secrets.token_urlsafe(24),
                    "therapist_id": actor.user_id,
                    "is_active": True,
                    "expires_at": now + timedelta(minutes=wanted.duration_minutes),
                    "max_participants": wanted.max_participants,
                    "waiting_room_enabled": wanted.waiting_room_enabled,
                    "recording_enabled": wanted.recording_enabled,
                    "locked": False,
                    "created_at": now,
                    "updated_at": now,
                },
            )
            await audit.append(
                transaction, "session_created", session_id=session_id, actor_id=actor.user_id
            )
        return await self.live_view(session_id)

    async def own(self, actor: Actor) -> list[SessionView]:
        """The sessions the actor hosts, newest first, at most `LIST_LIMIT`."""
        return await self._list(sessions.c.therapist_id == actor.user_id, actor)

    async def attended(self, actor: Actor) -> list[SessionView]:
        """Sessions of others that the actor takes or took part in, newest first, at most
        `LIST_LIMIT`; without those they were sent away from."""
        part = participants.c
        mine = (part.user_id == actor.user_id) & part.state.not_in(("removed", "barred"))
        seen = select(sessions.c.id).where(
            sessions.c.therapist_id != actor.user_id,
            sessions.c.id.in_(select(part.session_id).where(mine)),
        )
        newest = seen.order_by(sessions.c.created_at.desc()).limit(LIST_LIMIT)
        async with self._store.reading(actor) as transaction:
            ids = [row["id"] for row in await transaction.rows(newest)]
        return await self._list(sessions.c.id.in_(ids), SERVER)

    async def get(self, actor: Actor, session_id: str) -> SessionView:
        """A session the actor may see; ``session_not_found`` otherwise."""
        if not is_identifier(session_id):
            raise RodaError("session_not_found")
        asking = replace(actor, session_id=session_id)
        view, seen = await self._look(asking, sessions.c.id == session_id)
        if not seen:
            raise RodaError("session_not_found")
        return view

    async def by_token(self, token: str) -> SessionView:
        """The session of a share link, which its holder may see. Raises `RodaError`
        ``session_not_found``, and for a link that works no more ``session_ended``,
        ``session_expired``."""
        if not is_identifier(token):
            raise RodaError("session_not_found")
        holder = replace(ANONYMOUS, session_token=token)
        view, seen = await self._look(holder, sessions.c.session_token == token)
        if not seen:
            check_running(view, self.now)
            raise RodaError("session_not_found", "not to be seen")
        return view

    async def locked_by_token(self, transaction: Transaction, token: str) -> SessionView:
        """The session of a share link, within a transaction of the server's until whose end nobody
        else changes the session or locks it so. ``people`` may be older than the lock, so who
        counts on it keeps others out before."""
        rows = await transaction.rows(LOCKED_BY_TOKEN, {"token": token})
        if not rows:
            raise RodaError("session_not_found")
        return view_of(rows[0])

    async def live_view(self, session_id: str) -> SessionView:
        """The session, for the server's own use; ``session_not_found`` if there is none."""
        return await self._one(sessions.c.id == session_id)

    async def all_active(self) -> list[SessionView]:
        """Every running session, newest first, at most `LIST_LIMIT`: for the operator."""
        return await self._list(sessions.c.is_active.is_(True), SERVER)

    async def extend(
        self, actor: Actor, session_id: str, minutes: int, by: str | None = None
    ) -> SessionView:
        """``by``, here and below: whose act it is, where the server acts for a room's host.
        Raises `RodaError`: ``duration_out_of_range``, ``not_host``, ``session_ended`` …"""
        _check_minutes(minutes)
        view = await self.get(actor, session_id)
        after(view, "extend", self.now)
        expires_at = view.expires_at + timedelta(minutes=minutes)
        if expires_at > self.now + timedelta(minutes=MAX_DURATION_MINUTES):
            raise RodaError("duration_out_of_range")
        act = _Act("session_extended", by, str(minutes))
        await self._change(actor, session_id, {"expires_at": expires_at}, act)
        await self._live.session_changed(session_id)
        return replace(view, expires_at=expires_at)

    async def set_locked(self, session_id: str, locked: bool, by: str | None = None) -> None:
        """Refuse new participants, or allow them again. Raises ``session_ended`` …"""
        after(await self.live_view(session_id), "lock" if locked else "unlock", self.now)
        act = _Act("session_locked" if locked else "session_unlocked", by)
        await self._change(SERVER, session_id, {"locked": locked}, act)
        await self._live.session_changed(session_id)

    async def end(
        self,
        session_id: str,
        reason: EndReason,
        actor: Actor = SERVER,
        by: str | None = None,
    ) -> None:
        """End the session and tell everyone in it; again is harmless. Raises ``not_host``."""
        expired = after(await self.live_view(session_id), END_REASONS[reason], self.now)
        reason = "expired" if expired == "expired" else reason
        async with self._store.transaction(actor) as transaction:
            where, now = sessions.c.id == session_id, transaction.now
            values = {
                "is_active": False,
                "updated_at": now,
                "ended_at": func.coalesce(sessions.c.ended_at, now),
                "end_reason": func.coalesce(sessions.c.end_reason, reason),
            }
            first = await transaction.update(sessions, where & sessions.c.is_active, values)
            if not (first or await transaction.update(sessions, where, values)):
                raise RodaError("not_host")
            if first:
                await _append(transaction, actor, session_id, _Act("session_ended", by, reason))
        await self._close_participants(session_id)
        await self._live.session_ended(session_id, reason)

    async def end_expired(self) -> int:
        """End every session whose time is over; how many there were."""
        async with self._store.reading(SERVER) as transaction:
            over = (sessions.c.is_active.is_(True), sessions.c.expires_at <= transaction.now)
            due = await transaction.rows(select(sessions.c.id).where(*over).limit(LIST_LIMIT))
        for row in due:
            await self.end(row["id"], "expired")
        return len(due)

    async def left_empty(self, unchanged_since: datetime) -> list[str]:
        """Running sessions that had begun, in which nobody is present and of which nothing has
        changed since then; at most `LIST_LIMIT` ids."""
        rows_of = participants.c.session_id == sessions.c.id
        changed = participants.c.is_active | (participants.c.updated_at > unchanged_since)
        query = select(sessions.c.id).where(
            sessions.c.is_active.is_(True),
            sessions.c.updated_at <= unchanged_since,
            begun(),
            ~select(participants.c.id).where(rows_of, changed).exists(),
        )
        async with self._store.reading(SERVER) as transaction:
            rows = await transaction.rows(query.limit(LIST_LIMIT))
        return [row["id"] for row in rows]

    async def _check_host_limit(self, transaction: Transaction) -> None:
        mine = (
            sessions.c.therapist_id == transaction.actor.user_id,
            sessions.c.is_active.is_(True),
            sessions.c.expires_at > transaction.now,
        )
        row = await transaction.row(select(func.count(sessions.c.id).label("n")).where(*mine))
        if row and row["n"] >= MAX_ACTIVE_SESSIONS:
            raise RodaError("too_many_sessions")

    async def _change(
        self, actor: Actor, session_id: str, values: dict[str, Any], act: _Act
    ) -> None:
        async with self._store.transaction(actor) as transaction:
            changed = await transaction.update(
                sessions, sessions.c.id == session_id, {**values, "updated_at": transaction.now}
            )
            if not changed:
                raise RodaError("not_host")
            await _append(transaction, actor, session_id, act)

    async def _close_participants(self, session_id: str) -> None:
        async with self._store.transaction(SERVER) as transaction:
            present = (participants.c.session_id == session_id) & participants.c.is_active
            await leave_behind(transaction, present)

    async def _look(self, actor: Actor, where: ColumnElement[bool]) -> tuple[SessionView, bool]:
        """A session, and whether the actor may see it. What belongs to it in other tables (its
        host's name, how many there are) is the server's to tell, or not. Raises `RodaError`
        ``session_not_found`` where there is none."""
        async with self._store.reading(actor) as transaction:
            seen = await transaction.row(select(sessions.c.id).where(where))
            await transaction.become(SERVER)
            row = await transaction.row(VIEW.where(where))
        if not row:
            raise RodaError("session_not_found")
        return view_of(row), seen is not None

    async def _one(self, where: ColumnElement[bool]) -> SessionView:
        async with self._store.reading(SERVER) as transaction:
            row = await transaction.row(VIEW.where(where))
        if not row:
            raise RodaError("session_not_found")
        return view_of(row)

    async def _list(self, where: ColumnElement[bool], actor: Actor) -> list[SessionView]:
        query = VIEW.where(where).order_by(sessions.c.created_at.desc())
        async with self._store.reading(actor) as transaction:
            rows: Sequence[StoredRow] = await transaction.rows(query.limit(LIST_LIMIT))
        return [view_of(row) for row in rows]


async def _append(transaction: Transaction, actor: Actor, session_id: str, act: _Act) -> None:
    actor_id = actor.user_id or act.by
    await audit.append(
        transaction, act.event, session_id=session_id, actor_id=actor_id, detail=act.detail
    )


def _check_minutes(minutes: int, most: int = MAX_DURATION_MINUTES) -> None:
    if not 1 <= minutes <= most:
        raise RodaError("duration_out_of_range")
