"""The audit trail: written in the transaction of the act itself, read as the policies allow."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import RowMapping, select

from signaling.actors import SERVER, Actor
from signaling.store.store import Store, Transaction
from signaling.store.tables import audit_events

MAX_DETAIL_CHARS = 500
LIST_LIMIT = 1000


async def append(
    transaction: Transaction,
    event: str,
    session_id: str | None,
    participant_id: str | None = None,
    detail: str = "",
) -> None:
    """Record that the transaction's actor did ``event`` (at most 32 characters). ``detail`` holds
    no tokens and no names. Only the server writes the trail; the actor goes on afterwards."""
    actor = transaction.actor
    row = {
        "id": str(uuid.uuid4()),
        "occurred_at": transaction.now,
        "event": event,
        "session_id": session_id,
        "actor_id": actor.user_id,
        "participant_id": participant_id,
        "detail": detail[:MAX_DETAIL_CHARS],
    }
    await transaction.become(SERVER)
    await transaction.insert(audit_events, row)
    await transaction.become(actor)


async def events_of(store: Store, actor: Actor, session_id: str) -> Sequence[RowMapping]:
    """The session's events the actor may see, newest first, at most `LIST_LIMIT`."""
    query = select(audit_events).where(audit_events.c.session_id == session_id)
    async with store.reading(actor) as transaction:
        newest_first = query.order_by(audit_events.c.occurred_at.desc())
        return await transaction.rows(newest_first.limit(LIST_LIMIT))
