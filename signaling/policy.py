"""Row policies: one table that decides every read and write of sessions and participants.

A policy allows a verb on a table's row where its condition holds for the actor; a row is allowed
when any policy of that table and verb allows it. Conditions are SQLAlchemy expressions over the
row's columns (for an insert: over the new values) and over `Terms`, the actor's own values as the
database sees them, so that the same table filters statements and can be emitted as SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, String, Table, and_, false, literal, or_, select

from signaling.actors import Actor, ActorRole
from signaling.store.tables import (
    UtcDateTime,
    instant_session_participants,
    instant_sessions,
)

Verb = Literal["select", "insert", "update", "delete"]
Condition = ColumnElement[bool]
Row = Mapping[str, Any]  # column name → column, or the value to be inserted

AUTHENTICATED: frozenset[ActorRole] = frozenset({"therapist", "patient", "admin"})
ANYONE: frozenset[ActorRole] = AUTHENTICATED | {"anonymous"}
THERAPISTS: frozenset[ActorRole] = frozenset({"therapist", "admin"})
SERVER_ONLY: frozenset[ActorRole] = frozenset({"server"})


class Terms:
    """The actor as expressions, and the questions policies ask about other tables."""

    def __init__(self, actor: Actor, now: datetime) -> None:
        self.user_id: ColumnElement[str | None] = literal(actor.user_id, String)
        self.session_token: ColumnElement[str | None] = literal(actor.session_token, String)
        self.participant_id: ColumnElement[str | None] = literal(actor.participant_id, String)
        self.now: ColumnElement[datetime] = literal(now, UtcDateTime())

    def running(self, session: Row) -> Condition:
        """The session row is active and unexpired."""
        return and_(session["is_active"].is_(True), session["expires_at"] > self.now)

    def session_is_running(self, session_id: Any) -> Condition:
        columns = instant_sessions.alias("running").c
        return self._any(columns, columns.id == session_id, self.running(_row(columns)))

    def hosts(self, session_id: Any) -> Condition:
        """The actor owns the session."""
        columns = instant_sessions.alias("hosted").c
        return self._any(columns, columns.id == session_id, columns.therapist_id == self.user_id)

    def holds_token_of(self, session_id: Any) -> Condition:
        """The actor presents the token of that session, and it is running."""
        columns = instant_sessions.alias("held").c
        return self._any(
            columns,
            columns.id == session_id,
            columns.session_token == self.session_token,
            self.running(_row(columns)),
        )

    def takes_part_in(self, session_id: Any) -> Condition:
        """The actor is or was in the session."""
        columns = instant_session_participants.alias("own").c
        own = or_(columns.user_id == self.user_id, columns.id == self.participant_id)
        return self._any(columns, columns.session_id == session_id, own)

    def is_in(self, session_id: Any) -> Condition:
        """The actor is in the session now."""
        columns = instant_session_participants.alias("present").c
        own = or_(columns.user_id == self.user_id, columns.id == self.participant_id)
        return self._any(columns, columns.session_id == session_id, own, columns.is_active)

    def _any(self, columns: Any, *conditions: Condition) -> Condition:
        return select(columns.id).where(*conditions).exists()


@dataclass(frozen=True, slots=True)
class Policy:
    """One named rule: ``roles`` may do ``verbs`` on ``table``'s rows where ``allows`` holds."""

    name: str
    table: Table
    verbs: frozenset[Verb]
    roles: frozenset[ActorRole]
    allows: Callable[[Row, Terms], Condition]


def _own(row: Row, terms: Terms) -> Condition:
    return or_(
        row["user_id"] == terms.user_id,
        and_(row["user_id"].is_(None), row["id"] == terms.participant_id),
    )


def _participants_visible(row: Row, terms: Terms) -> Condition:
    session_id = row["session_id"]
    in_running = and_(terms.is_in(session_id), terms.session_is_running(session_id))
    return or_(
        _own(row, terms), terms.hosts(session_id), in_running, terms.holds_token_of(session_id)
    )


def _everything(row: Row, terms: Terms) -> Condition:
    return literal(True).is_(True)


def _policy(
    name: str,
    table: Table,
    verbs: Verb | tuple[Verb, ...],
    roles: frozenset[ActorRole],
    allows: Callable[[Row, Terms], Condition],
) -> Policy:
    chosen = frozenset((verbs,) if isinstance(verbs, str) else verbs)
    return Policy(name, table, chosen, roles, allows)


_ALL: tuple[Verb, ...] = ("select", "insert", "update", "delete")

POLICIES: tuple[Policy, ...] = (
    _policy(
        "instant_sessions_select_therapist",
        instant_sessions,
        "select",
        AUTHENTICATED,
        lambda row, terms: row["therapist_id"] == terms.user_id,
    ),
    _policy(
        "instant_sessions_select_participant",
        instant_sessions,
        "select",
        AUTHENTICATED,
        lambda row, terms: terms.takes_part_in(row["id"]),
    ),
    _policy(
        "instant_sessions_select_shared_link",
        instant_sessions,
        "select",
        frozenset({"anonymous"}),
        lambda row, terms: and_(row["session_token"] == terms.session_token, terms.running(row)),
    ),
    _policy(
        "instant_sessions_select_by_id",
        instant_sessions,
        "select",
        AUTHENTICATED,
        lambda row, terms: terms.running(row),
    ),
    _policy(
        "instant_sessions_insert_therapist",
        instant_sessions,
        "insert",
        THERAPISTS,
        lambda row, terms: row["therapist_id"] == terms.user_id,
    ),
    _policy(
        "instant_sessions_update_therapist",
        instant_sessions,
        "update",
        THERAPISTS,
        lambda row, terms: row["therapist_id"] == terms.user_id,
    ),
    _policy(
        "instant_participants_select_by_session",
        instant_session_participants,
        "select",
        ANYONE,
        _participants_visible,
    ),
    _policy(
        "instant_participants_insert_authenticated",
        instant_session_participants,
        "insert",
        AUTHENTICATED,
        lambda row, terms: and_(
            row["user_id"] == terms.user_id, terms.session_is_running(row["session_id"])
        ),
    ),
    _policy(
        "instant_participants_insert_anon",
        instant_session_participants,
        "insert",
        frozenset({"anonymous"}),
        lambda row, terms: and_(row["user_id"].is_(None), terms.holds_token_of(row["session_id"])),
    ),
    _policy(
        "instant_participants_update_own",
        instant_session_participants,
        "update",
        ANYONE,
        _own,
    ),
    _policy(
        "instant_participants_delete_own",
        instant_session_participants,
        "delete",
        ANYONE,
        _own,
    ),
    _policy(
        "instant_participants_delete_therapist",
        instant_session_participants,
        "delete",
        THERAPISTS,
        lambda row, terms: terms.hosts(row["session_id"]),
    ),
    _policy("instant_sessions_server", instant_sessions, _ALL, SERVER_ONLY, _everything),
    _policy(
        "instant_participants_server",
        instant_session_participants,
        _ALL,
        SERVER_ONLY,
        _everything,
    ),
)

GUARDED: frozenset[Table] = frozenset(policy.table for policy in POLICIES)


def condition(table: Table, verb: Verb, row: Row, actor: Actor, now: datetime) -> Condition:
    """Where ``actor`` may do ``verb`` on ``row`` of ``table`` (a table without policies: only
    the server)."""
    if table not in GUARDED:
        return literal(True).is_(True) if actor.role == "server" else false()
    terms = Terms(actor, now)
    chosen = [
        policy.allows(row, terms)
        for policy in POLICIES
        if policy.table is table and verb in policy.verbs and actor.role in policy.roles
    ]
    return or_(*chosen) if chosen else false()


def _row(columns: Any) -> Row:
    return dict(columns.items())


def columns_of(table: Table) -> Row:
    """The row of a select, update or delete: the table's own columns."""
    return _row(table.c)
