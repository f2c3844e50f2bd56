"""Participants' rows as lives go on: what the rooms, the host and the sweeper decide of them.

Who may do it has been decided before: these are the server's own writes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select

from signaling import audit
from signaling.actors import SERVER
from signaling.participant_state import LEFT_BEHIND, PRESENT, ParticipantEvent, may, next_state
from signaling.seats import ParticipantState
from signaling.store.statements import StoredRow
from signaling.store.store import Store, Transaction
from signaling.store.tables import instant_session_participants as participants
from signaling.store.tables import instant_sessions as sessions

GONE: frozenset[ParticipantState] = frozenset({"left", "removed", "barred"})
STALE_LIMIT = 500  # rows closed in one sweep


class Presence:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def record(
        self,
        participant_id: str,
        state: ParticipantState,
        present: bool,
        by: str | None = None,
    ) -> None:
        """Keep what the live room came to. ``present``: they hold a seat or a place; ``by``: the
        profile whose act it is, where it is another's.

        A removal stands until the next registration, a bar for good, whatever a room still has
        to write."""
        async with self._store.transaction(SERVER) as transaction:
            where = (participants.c.id == participant_id) & _may_become(state)
            values = _values(state, present and state not in GONE, transaction.now)
            before = await self._locked(transaction, participant_id)
            if before and await transaction.update(participants, where, values):
                await audit.append_moves(transaction, before, state, by)

    async def move(
        self, participant_id: str, event: ParticipantEvent, by: str | None = None
    ) -> None:
        """Change a participant's state by the table; an event that means nothing leaves it. The
        participant is present no longer. ``by``: the profile whose act it is, where known."""
        async with self._store.transaction(SERVER) as transaction:
            row = await self._locked(transaction, participant_id)
            if row is None:
                return
            state: ParticipantState = row["state"]
            state = next_state(state, event) if may(state, event) else state
            where = participants.c.id == participant_id
            await transaction.update(participants, where, _values(state, False, transaction.now))
            await audit.append_moves(transaction, row, state, by)

    async def hand_over(self, session_id: str, participant_id: str, by: str | None = None) -> None:
        """Make this participant the host, and whoever was so an ordinary one, together. ``by``:
        the profile whose act it is."""
        async with self._store.transaction(SERVER) as transaction:
            await audit.append(
                transaction,
                "hosting_handed_over",
                session_id=session_id,
                actor_id=by,
                participant_id=participant_id,
            )
            in_session = participants.c.session_id == session_id
            role = case((participants.c.id == participant_id, "host"), else_="participant")
            concerned = (participants.c.id == participant_id) | (participants.c.role == "host")
            values = {"role": role, "updated_at": transaction.now}
            await transaction.update(participants, in_session & concerned, values)

    async def _locked(self, transaction: Transaction, participant_id: str) -> StoredRow | None:
        """What the audit trail wants to know of the row, which nobody else changes meanwhile."""
        where = participants.c.id == participant_id
        await transaction.lock(participants, where)
        columns = (participants.c[name] for name in ("id", "session_id", "user_id", "state"))
        return await transaction.row(select(*columns).where(where))

    async def close_all(self) -> int:
        """After a start: nobody is connected, so nobody is present. How many rows there were."""
        async with self._store.transaction(SERVER) as transaction:
            return await leave_behind(transaction, participants.c.is_active)

    async def close_stale(self, unchanged_since: datetime, connected: Collection[str]) -> int:
        """Close rows of running sessions that have not changed since then and whose participant
        is not among the ``connected``; how many there were."""
        running = select(sessions.c.id).where(sessions.c.is_active.is_(True))
        stale = participants.c.is_active & (participants.c.updated_at <= unchanged_since)
        query = select(participants.c.id).where(stale, participants.c.session_id.in_(running))
        async with self._store.reading(SERVER) as transaction:
            # So many that the connected cannot hide the others.
            rows = await transaction.rows(query.limit(len(connected) + STALE_LIMIT))
        gone = [row["id"] for row in rows if row["id"] not in connected][:STALE_LIMIT]
        if not gone:
            return 0
        async with self._store.transaction(SERVER) as transaction:
            # Looked at again: they may have come back meanwhile.
            return await leave_behind(transaction, stale & participants.c.id.in_(gone))


async def leave_behind(transaction: Transaction, where: ColumnElement[bool]) -> int:
    """Close rows whose people are gone, by the table's ``leave``; how many there were. Who was in
    the call has left it, for the audit trail too."""
    await transaction.lock(participants, where)
    columns = (participants.c[name] for name in ("id", "session_id", "user_id", "state"))
    inside = participants.c.state.in_(sorted(PRESENT))
    for row in await transaction.rows(select(*columns).where(where, inside)):
        await audit.append_moves(transaction, row, LEFT_BEHIND[row["state"]])
    left = case(LEFT_BEHIND, value=participants.c.state, else_=participants.c.state)
    now = transaction.now
    values = {"state": left, "is_active": False, "left_at": now, "updated_at": now}
    return await transaction.update(participants, where, values)


def _may_become(state: ParticipantState) -> ColumnElement[bool]:
    if state == "barred":
        return participants.c.id.is_not(None)
    if state == "removed":
        return participants.c.state != "barred"
    return and_(participants.c.state != "removed", participants.c.state != "barred")


def _values(state: ParticipantState, present: bool, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {
        "state": state,
        "is_active": present,
        "left_at": None if present else now,
        "updated_at": now,
    }
    if state == "in_call":
        values["joined_at"] = func.coalesce(participants.c.joined_at, now)
    return values
