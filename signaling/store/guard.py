"""How a statement is made to obey the row policies, before it is sent.

`PolicyGuard` writes the policies into the statement: SQLite's way. `OpenGuard` leaves it as it is:
for PostgreSQL, which enforces the policies itself, and for the server's own work, which they all
allow.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol, cast

from sqlalchemy import (
    Alias,
    ClauseElement,
    Delete,
    FromClause,
    Insert,
    Join,
    Select,
    Subquery,
    Table,
    Update,
    and_,
    insert,
    literal,
    select,
)
from sqlalchemy.sql.visitors import replacement_traverse

from signaling import policy
from signaling.actors import Actor
from signaling.policy_terms import BoundTerms, Condition, Row

Source = tuple[Table, Row]  # a table of a FROM, and its columns there
Insertion = tuple[Insert, Mapping[str, Any] | None]  # a statement, and values not in it


_INSERTS = {table: insert(table) for table in policy.TABLES}


class Guard(Protocol):
    """Statements in, statements out that touch only what the actor may touch."""

    def select(self, statement: Select[Any]) -> Select[Any]: ...
    def update(self, statement: Update) -> Update: ...
    def delete(self, statement: Delete) -> Delete: ...
    def insert(self, table: Table, values: Mapping[str, Any]) -> Insertion: ...


class OpenGuard:
    """Statements as they are."""

    def select(self, statement: Select[Any]) -> Select[Any]:
        return statement

    def update(self, statement: Update) -> Update:
        return statement

    def delete(self, statement: Delete) -> Delete:
        return statement

    def insert(self, table: Table, values: Mapping[str, Any]) -> Insertion:
        if any(isinstance(value, ClauseElement) for value in values.values()):
            return insert(table).values(**values), None
        return _INSERTS[table], values  # the same statement each time: it is compiled once


class PolicyGuard:
    """Statements in which every table, of subqueries too, shows only the actor's rows.

    Columns that decide a policy cannot be changed (`policy.unchangeable`), so a row that may be
    changed may also be kept as changed."""

    def __init__(self, actor: Actor, now: datetime) -> None:
        self._role = actor.role
        self._terms = BoundTerms(actor, now)

    def select(self, statement: Select[Any]) -> Select[Any]:
        """Raises TypeError for what cannot be filtered in place: outer joins."""
        return self._select(statement, frozenset())

    def update(self, statement: Update) -> Update:
        return statement.where(self._changeable(statement.table, "update"))

    def delete(self, statement: Delete) -> Delete:
        return statement.where(self._changeable(statement.table, "delete"))

    def insert(self, table: Table, values: Mapping[str, Any]) -> Insertion:
        """INSERT … SELECT … WHERE, so that the policy is checked in the same statement."""
        row = {column.name: literal(values.get(column.name), column.type) for column in table.c}
        allowed = policy.condition(table, "insert", row, self._role, self._terms)
        source = select(*(row[name] for name in values)).where(allowed)
        return insert(table).from_select(list(values), source, include_defaults=False), None

    def _changeable(self, table: Any, verb: policy.Verb) -> Condition:
        row = policy.columns_of(table)
        verbs: tuple[policy.Verb, ...] = (verb, "select")
        return and_(*(policy.condition(table, one, row, self._role, self._terms) for one in verbs))

    def _select(self, statement: Select[Any], around: frozenset[FromClause]) -> Select[Any]:
        sources = [source for source in statement.get_final_froms() if source not in around]
        inside = around.union(*(_parts(source) for source in sources))

        def guard_inner(element: Any, **kw: Any) -> Any:
            inner = isinstance(element, Select) and element is not statement
            return self._select(element, inside) if inner else None

        guarded = cast(Select[Any], replacement_traverse(statement, {}, guard_inner))
        for source in sources:
            for table, row in _sources(source):
                allowed = policy.condition(table, "select", row, self._role, self._terms)
                guarded = guarded.where(allowed)
        return guarded


def _parts(source: FromClause) -> frozenset[FromClause]:
    if isinstance(source, Join):
        return _parts(source.left) | _parts(source.right)
    return frozenset({source})


def _sources(source: FromClause) -> list[Source]:
    """The tables of one FROM element, joins taken apart."""
    if isinstance(source, Table):
        return [(source, policy.columns_of(source))]
    if isinstance(source, Alias) and isinstance(source.element, Table):
        return [(source.element, dict(source.c.items()))]
    if isinstance(source, Join) and not (source.isouter or source.full):
        return _sources(source.left) + _sources(source.right)
    if isinstance(source, Subquery):
        return []  # its own SELECT has been guarded
    raise TypeError(f"cannot apply row policies to {type(source).__name__}")
