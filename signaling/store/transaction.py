"""One actor's transaction. Every statement obeys the row policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    Select,
    Table,
    delete,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError

from signaling import policy
from signaling.actors import Actor
from signaling.errors import RodaError
from signaling.policy_terms import SETTING_PREFIX, BoundTerms, SettingTerms, Terms
from signaling.store import faults
from signaling.store.engine import Connection
from signaling.store.guard import Guard, OpenGuard, PolicyGuard
from signaling.store.statements import Result, StoredRow


class Transaction:
    """Statements of ``actor`` at ``now``. On PostgreSQL the actor is a setting of the
    transaction, which ends with it: no later user of the connection can meet it."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self.now = now
        self._guard: Guard = OpenGuard()

    async def become(self, actor: Actor, one_at_a_time: str | None = None) -> None:
        """Go on as ``actor``. ``one_at_a_time``: see `Connection.tell`."""
        self.actor = actor
        if self._enforced:
            await self._connection.tell(_actor_settings(actor, self.now), one_at_a_time)
        elif actor.role == "server":
            self._guard = OpenGuard()
        else:
            self._guard = PolicyGuard(actor, self.now)

    async def rows(
        self, statement: Select[Any], values: Mapping[str, Any] | None = None
    ) -> Sequence[StoredRow]:
        """The rows the actor may see. ``values``: of the statement's parameters, if it has any;
        a statement made once and given values is cheaper than one made each time."""
        return (await self._execute(self._guard.select(statement), values)).rows

    async def row(self, statement: Select[Any]) -> StoredRow | None:
        """The first row the actor may see."""
        found = await self.rows(statement.limit(1))
        return found[0] if found else None

    async def insert(self, table: Table, values: Mapping[str, Any]) -> None:
        """Add a row. Raises `RodaError` ``forbidden`` (no policy allows it),
        ``reference_not_found``; `ConflictError` where its unique values are taken."""
        result = await self._execute(*self._guard.insert(table, values))
        if result.changed != 1:
            raise RodaError("forbidden", f"insert into {table.name} refused by policy")

    async def update(
        self, table: Table, where: ColumnElement[bool], values: Mapping[str, Any]
    ) -> int:
        """Change the rows the actor may change; how many there were. Raises `RodaError`
        ``forbidden`` for a column that is not the actor's to name, ``reference_not_found``."""
        refused = values.keys() & policy.unchangeable(table)
        if refused and self.actor.role != "server":
            raise RodaError("forbidden", f"columns of {table.name}: {', '.join(sorted(refused))}")
        statement = update(table).where(where).values(**values)
        return (await self._execute(self._guard.update(statement))).changed

    async def delete(self, table: Table, where: ColumnElement[bool]) -> int:
        """Delete the rows the actor may delete; how many there were."""
        statement = self._guard.delete(delete(table).where(where))
        return (await self._execute(statement)).changed

    async def may_delete(self, table: Table, where: ColumnElement[bool]) -> bool:
        """Whether the policies let the actor delete the row: asked where a row is closed and
        kept instead."""
        terms: Terms = SettingTerms() if self._enforced else BoundTerms(self.actor, self.now)
        row = policy.columns_of(table)
        allowed = policy.condition(table, "delete", row, self.actor.role, terms)
        return await self.row(select(*table.primary_key).where(where, allowed)) is not None

    async def lock(self, table: Table, where: ColumnElement[bool]) -> None:
        """Keep others from changing these rows, and from this same lock, until the transaction
        ends. Rows may still be added that refer to them. (SQLite has one writer at a time, so
        there it is nothing.)"""
        if self._connection.dialect == "postgresql":
            key = select(*table.primary_key).where(where).with_for_update(key_share=True)
            await self._execute(key)

    @property
    def _enforced(self) -> bool:
        return self._connection.dialect == "postgresql"

    async def _execute(
        self, statement: Executable, values: Mapping[str, Any] | None = None
    ) -> Result:
        try:
            return await self._connection.execute(statement, values)
        except DBAPIError as exc:
            meant = faults.meaning(exc)
            if meant is None:
                raise
            raise meant from exc


def _actor_settings(actor: Actor, now: datetime) -> dict[str, str]:
    settings = {
        "role": actor.role,
        "user_id": actor.user_id or "",
        "session_token": actor.session_token or "",
        "participant_id": actor.participant_id or "",
        "session_id": actor.session_id or "",
        "now": now.isoformat(),
    }
    return {f"{SETTING_PREFIX}.{name}": value for name, value in settings.items()}
