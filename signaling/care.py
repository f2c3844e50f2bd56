"""Inquiries and treatment plans: rows between one patient and one therapist, as policies allow."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import Select, Table, select

from signaling.actors import SERVER, Actor
from signaling.errors import RodaError
from signaling.policy import THERAPISTS
from signaling.store.statements import StoredRow
from signaling.store.store import Store
from signaling.store.tables import patient_inquiries, profiles, treatment_plans

InquiryStatus = Literal["open", "answered", "closed"]
PlanStatus = Literal["draft", "active", "completed", "cancelled"]

LIST_LIMIT = 200
_SHOWN = ("id", "full_name", "role")  # of a patient or therapist; their e-mail is not


class CareRows:
    """The rows of one table: `patient_inquiries` or `treatment_plans`."""

    def __init__(self, store: Store, table: Table, first_status: str) -> None:
        self._store = store
        self._table = table
        self._first_status = first_status

    async def add(
        self, actor: Actor, patient_id: str, therapist_id: str, words: Mapping[str, str]
    ) -> StoredRow | None:
        """Add a row; ``words`` are its texts by column. Raises `RodaError`: ``forbidden`` (the
        actor is neither of the two), ``reference_not_found`` (there is no such person, or the
        therapist is none)."""
        if actor.user_id not in (patient_id, therapist_id):
            raise RodaError("forbidden", "neither the patient nor the therapist")
        async with self._store.transaction(SERVER) as transaction:
            found = profiles.c.id == therapist_id
            therapist = await transaction.row(select(profiles.c.role).where(found))
            if therapist is None or therapist["role"] not in THERAPISTS:
                raise RodaError("reference_not_found", "therapist_id")
            await transaction.become(actor)
            row_id, now = str(uuid.uuid4()), transaction.now
            row = {"id": row_id, "patient_id": patient_id, "therapist_id": therapist_id}
            times = {"created_at": now, "updated_at": now}
            await transaction.insert(
                self._table, {**row, **words, **times, "status": self._first_status}
            )
            return await transaction.row(select(self._table).where(self._table.c.id == row_id))

    async def set_status(self, actor: Actor, row_id: str, status: str) -> StoredRow:
        """The row with its new status. Raises `RodaError` ``not_found`` where the actor may not
        see it; ``status`` must be one of the table's."""
        one = self._table.c.id == row_id
        async with self._store.transaction(actor) as transaction:
            values = {"status": status, "updated_at": transaction.now}
            changed = await transaction.update(self._table, one, values)
            row = await transaction.row(select(self._table).where(one)) if changed else None
        if row is None:
            raise RodaError("not_found", self._table.name)
        return row

    async def visible(self, actor: Actor, *, expand: bool = False) -> Sequence[StoredRow]:
        """The rows the actor may see, newest first, at most `LIST_LIMIT`. ``expand`` joins both
        people in the same query, as ``patient_…`` and ``therapist_…``."""
        query = _with_people(self._table) if expand else select(self._table)
        query = query.order_by(self._table.c.created_at.desc())
        async with self._store.reading(actor) as transaction:
            return await transaction.rows(query.limit(LIST_LIMIT))


def inquiries(store: Store) -> CareRows:
    return CareRows(store, patient_inquiries, "open")


def treatment_plans_of(store: Store) -> CareRows:
    return CareRows(store, treatment_plans, "draft")


def _with_people(table: Table) -> Select[Any]:
    patient, therapist = profiles.alias("patient"), profiles.alias("therapist")
    shown = [
        person.c[name].label(f"{label}_{name}")
        for person, label in ((patient, "patient"), (therapist, "therapist"))
        for name in _SHOWN
        if name != "id"
    ]
    source = table.join(patient, patient.c.id == table.c.patient_id)
    source = source.join(therapist, therapist.c.id == table.c.therapist_id)
    return select(table, *shown).select_from(source)
