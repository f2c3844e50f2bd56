"""The audit trail: written in the transaction of the act itself, read by the host and admins.

An event says who did what to whom, and holds no names, no tokens and no e-mail addresses.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from sqlalchemy import select

from signaling.actors import SERVER, Actor
from signaling.errors import RodaError
from signaling.names import is_identifier
from signaling.seats import ParticipantState
from signaling.store.statements import StoredRow
from signaling.store.store import Store, Transaction
from signaling.store.tables import audit_events

AuditEvent = Literal[
    "account_created",
    "role_changed",  # by the identity provider; detail: the new one
    "logged_in",
    "logged_out",
    "logged_out_everywhere",
    "password_changed",
    "session_created",
    "session_extended",
    "session_locked",
    "session_unlocked",
    "session_ended",
    "hosting_handed_over",
    "participant_registered",
    "participant_admitted",
    "participant_joined",
    "participant_sent_back",
    "participant_left",
    "participant_removed",
    "participant_barred",
]
EVENTS: tuple[AuditEvent, ...] = get_args(AuditEvent)
LIST_LIMIT = 1000

_OUTSIDE: frozenset[ParticipantState] = frozenset({"waiting", "removed", "barred"})
_INSIDE: frozenset[ParticipantState] = frozenset({"in_call", "away"})
_ENDINGS: Mapping[ParticipantState, AuditEvent] = {
    "left": "participant_left",
    "removed": "participant_removed",
    "barred": "participant_barred",
}
_OWN_ACTS: frozenset[AuditEvent] = frozenset({"participant_joined", "participant_left"})


@dataclass(frozen=True, slots=True)
class Audited:
    """One event as the API shows it. ``actor_id`` is a profile's id, None for a guest or Roda;
    ``participant_id`` says whom it befell."""

    id: str
    occurred_at: datetime
    event: str
    session_id: str | None
    actor_id: str | None
    participant_id: str | None
    detail: str


class AuditTrail:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def of_session(self, actor: Actor, session_id: str) -> list[Audited]:
        """The session's events, newest first, at most `LIST_LIMIT`. Raises `RodaError`
        ``session_not_found`` where the actor may not see them: every session has events."""
        if not is_identifier(session_id):
            raise RodaError("session_not_found")
        query = select(audit_events).where(audit_events.c.session_id == session_id)
        newest_first = query.order_by(audit_events.c.occurred_at.desc()).limit(LIST_LIMIT)
        async with self._store.reading(actor) as transaction:
            rows = await transaction.rows(newest_first)
        if not rows:
            raise RodaError("session_not_found")
        return [Audited(**{name: row[name] for name in Audited.__slots__}) for row in rows]


async def append(
    transaction: Transaction,
    event: AuditEvent,
    *,
    session_id: str | None = None,
    actor_id: str | None = None,
    participant_id: str | None = None,
    detail: str = "",
    place: int = 0,
) -> None:
    """Record an act in its own transaction. Only the server writes the trail; the transaction's
    actor goes on afterwards. ``place`` orders several acts of one moment."""
    actor = transaction.actor
    row = {
        "id": str(uuid.uuid4()),
        "occurred_at": transaction.now + timedelta(microseconds=place),
        "event": event,
        "session_id": session_id,
        "actor_id": actor_id,
        "participant_id": participant_id,
        "detail": detail,
    }
    if actor != SERVER:
        await transaction.become(SERVER)
    await transaction.insert(audit_events, row)
    if actor != SERVER:
        await transaction.become(actor)


async def append_moves(
    transaction: Transaction, before: StoredRow, after: ParticipantState, by: str | None = None
) -> None:
    """Record what a participant's change of state means. ``before`` is the row's id, session_id,
    user_id and state; ``by`` the profile whose act it is, where it is another's."""
    for place, event in enumerate(events_of(before["state"], after)):
        declined = event == "participant_removed" and before["state"] == "waiting"
        await append(
            transaction,
            event,
            session_id=before["session_id"],
            actor_id=before["user_id"] if event in _OWN_ACTS else by,
            participant_id=before["id"],
            detail="waiting" if declined else "",
            place=place,
        )


def events_of(before: ParticipantState, after: ParticipantState) -> tuple[AuditEvent, ...]:
    """The acts that lead from one state to another. A socket lost and found again, and asking to
    be let in, are none."""
    if before == after:
        return ()
    if after in _ENDINGS:
        return (_ENDINGS[after],)
    if after == "waiting":
        return () if before in ("removed", "barred") else ("participant_sent_back",)
    found: list[AuditEvent] = ["participant_admitted"] if before in _OUTSIDE else []
    if after in _INSIDE and before not in _INSIDE:
        found.append("participant_joined")
    return tuple(found)
