"""Whom a person knows: by an inquiry, a treatment plan, or a session they share."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, select

from signaling.actors import SERVER, Actor
from signaling.store.statements import StoredRow
from signaling.store.store import Store, Transaction
from signaling.store.tables import instant_session_participants as participants
from signaling.store.tables import instant_sessions as sessions
from signaling.store.tables import patient_inquiries, profiles, treatment_plans

LIST_LIMIT = 200
RECENT = 200  # sessions, inquiries and plans looked at: the newest


class Acquaintances:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, actor: Actor) -> Sequence[StoredRow]:
        """``id``, ``full_name`` and ``role`` of the people the actor knows, by name, at most
        `LIST_LIMIT`. Who they are is read as the row policies let the actor; their names were
        told them in the session, inquiry or plan already."""
        async with self._store.reading(actor) as transaction:
            known = {row["id"] for query in _ties(actor) for row in await transaction.rows(query)}
            known.discard(actor.user_id)
            await transaction.become(SERVER)
            return await _named(transaction, known)


async def _named(transaction: Transaction, ids: set[str]) -> Sequence[StoredRow]:
    query = select(profiles.c.id, profiles.c.full_name, profiles.c.role)
    query = query.where(profiles.c.id.in_(sorted(ids))).order_by(profiles.c.full_name)
    return await transaction.rows(query.limit(LIST_LIMIT))


def _ties(actor: Actor) -> list[Select[tuple[str]]]:
    """Who shares a row with the actor; among them are the actor, and the same person again."""
    found: list[Select[tuple[str]]] = []
    for table in (patient_inquiries, treatment_plans):
        for mine, theirs in (("patient_id", "therapist_id"), ("therapist_id", "patient_id")):
            query = select(table.c[theirs].label("id")).where(table.c[mine] == actor.user_id)
            found.append(query.order_by(table.c.created_at.desc()).limit(RECENT))
    hosted = select(sessions.c.id).where(sessions.c.therapist_id == actor.user_id)
    hosted = hosted.order_by(sessions.c.created_at.desc()).limit(RECENT)
    guests = select(participants.c.user_id.label("id")).where(
        participants.c.session_id.in_(hosted), participants.c.user_id.is_not(None)
    )
    attended = select(participants.c.session_id).where(participants.c.user_id == actor.user_id)
    hosts = select(sessions.c.therapist_id.label("id")).where(sessions.c.id.in_(attended))
    hosts = hosts.order_by(sessions.c.created_at.desc()).limit(RECENT)
    return [*found, guests.distinct(), hosts]
