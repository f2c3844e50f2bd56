"""Row policies: one table that decides every read and write.

A policy allows verbs on a table's row where its condition holds for the actor; a row is allowed
when any policy of that table and verb allows it. Conditions are SQLAlchemy expressions over the
row's columns (for an insert: over the new values) and over the actor's `Terms`. On SQLite they
filter every statement; PostgreSQL gets them as ``CREATE POLICY``.

As in PostgreSQL, who changes or deletes a row must also be allowed to see it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Table, and_, false, or_, true

from signaling.actors import ActorRole
from signaling.policy_terms import Condition, Row, Terms, running
from signaling.store.tables import (
    audit_events,
    credentials,
    instant_session_participants,
    instant_sessions,
    logins,
    patient_inquiries,
    profiles,
    treatment_plans,
)

Verb = Literal["select", "insert", "update", "delete"]
VERBS: tuple[Verb, ...] = ("select", "insert", "update", "delete")

AUTHENTICATED: frozenset[ActorRole] = frozenset({"therapist", "patient", "admin"})
ANONYMOUS: frozenset[ActorRole] = frozenset({"anonymous"})
ANYONE: frozenset[ActorRole] = AUTHENTICATED | ANONYMOUS
THERAPISTS: frozenset[ActorRole] = frozenset({"therapist", "admin"})
ADMINS: frozenset[ActorRole] = frozenset({"admin"})
SERVER_ONLY: frozenset[ActorRole] = frozenset({"server"})


@dataclass(frozen=True, slots=True)
class Policy:
    """One named rule: ``roles`` may do ``verbs`` on ``table``'s rows where ``allows`` holds;
    ``words`` say the same to people. An update may name ``columns`` only (None: all)."""

    name: str
    table: Table
    verbs: tuple[Verb, ...]
    roles: frozenset[ActorRole]
    words: str
    allows: Callable[[Row, Terms], Condition]
    columns: frozenset[str] | None = None


def _own_seat(row: Row, terms: Terms) -> Condition:
    guest = and_(row["user_id"].is_(None), row["id"] == terms.participant_id)
    return or_(row["user_id"] == terms.user_id, guest)


def _seats_visible(row: Row, terms: Terms) -> Condition:
    session_id = row["session_id"]
    return or_(
        _own_seat(row, terms),
        terms.ask("hosts", session_id),
        and_(terms.ask("is_in", session_id), terms.ask("is_running", session_id)),
        terms.ask("holds_token_of", session_id),
    )


def _newcomer(row: Row, terms: Terms) -> Condition:
    """Nobody makes themselves a host, or enters past the waiting room."""
    session_id = row["session_id"]
    hosts = terms.ask("hosts", session_id)
    waits = row["state"] == "waiting"
    admitted = and_(row["state"] == "admitted", or_(terms.ask("has_open_door", session_id), hosts))
    return and_(
        or_(row["role"] == "participant", hosts), or_(waits, admitted), row["joined_at"].is_(None)
    )


def _joins_as_self(row: Row, terms: Terms) -> Condition:
    own = and_(row["user_id"] == terms.user_id, terms.ask("is_running", row["session_id"]))
    return and_(own, _newcomer(row, terms))


def _joins_as_guest(row: Row, terms: Terms) -> Condition:
    held = and_(row["user_id"].is_(None), terms.ask("holds_token_of", row["session_id"]))
    return and_(held, _newcomer(row, terms))


def _own_session(row: Row, terms: Terms) -> Condition:
    own: Condition = row["therapist_id"] == terms.user_id
    return own


def _asked_for(row: Row, terms: Terms) -> Condition:
    asked = or_(row["id"] == terms.session_id, row["session_token"] == terms.session_token)
    return and_(asked, running(row, terms))


def _named(row: Row, terms: Terms) -> Condition:
    return or_(row["patient_id"] == terms.user_id, row["therapist_id"] == terms.user_id)


def _session_policies() -> list[Policy]:
    table = instant_sessions
    changeable = frozenset(table.c.keys()) - {"id", "session_token", "therapist_id", "created_at"}
    own = "own sessions"
    return [
        Policy(
            "instant_sessions_select_therapist",
            table,
            ("select",),
            AUTHENTICATED,
            own,
            _own_session,
        ),
        Policy(
            "instant_sessions_select_participant",
            table,
            ("select",),
            AUTHENTICATED,
            "sessions they are or were in",
            lambda row, terms: terms.ask("takes_part_in", row["id"]),
        ),
        Policy(
            "instant_sessions_select_shared_link",
            table,
            ("select",),
            ANONYMOUS,
            "the active, unexpired session whose token they present",
            lambda row, terms: and_(
                row["session_token"] == terms.session_token, running(row, terms)
            ),
        ),
        Policy(
            "instant_sessions_select_by_id",
            table,
            ("select",),
            AUTHENTICATED,
            "the active, unexpired session they ask for by its id or token",
            _asked_for,
        ),
        Policy(
            "instant_sessions_insert_therapist", table, ("insert",), THERAPISTS, own, _own_session
        ),
        Policy(
            "instant_sessions_update_therapist",
            table,
            ("update",),
            THERAPISTS,
            own,
            _own_session,
            changeable,
        ),
    ]


def _seat_policies() -> list[Policy]:
    table, name = instant_session_participants, "instant_participants"
    newcomer = "as a participant who waits (the host, or where there is no waiting room: admitted)"
    return [
        Policy(
            f"{name}_select_by_session",
            table,
            ("select",),
            ANYONE,
            "own row; all rows of sessions they host; rows of the active session they are in or"
            " whose token they present",
            _seats_visible,
        ),
        Policy(
            f"{name}_insert_authenticated",
            table,
            ("insert",),
            AUTHENTICATED,
            f"with their own user id, in active sessions, {newcomer}",
            _joins_as_self,
        ),
        Policy(
            f"{name}_insert_anon",
            table,
            ("insert",),
            ANONYMOUS,
            f"with no user id, in the active session whose token they present, {newcomer}",
            _joins_as_guest,
        ),
        Policy(
            f"{name}_update_own",
            table,
            ("update",),
            ANYONE,
            "own row",
            _own_seat,
            frozenset({"participant_name", "updated_at"}),
        ),
        Policy(f"{name}_delete_own", table, ("delete",), ANYONE, "own row", _own_seat),
        Policy(
            f"{name}_delete_therapist",
            table,
            ("delete",),
            THERAPISTS,
            "any row in sessions they host",
            lambda row, terms: terms.ask("hosts", row["session_id"]),
        ),
    ]


def _care_policies(table: Table) -> list[Policy]:
    words, name = "rows that name them as patient or therapist", table.name
    fixed = {"id", "patient_id", "therapist_id", "created_at"}
    changeable = frozenset(table.c.keys()) - fixed
    return [
        Policy(f"{name}_select", table, ("select",), AUTHENTICATED, words, _named),
        Policy(f"{name}_insert", table, ("insert",), AUTHENTICATED, words, _named),
        Policy(f"{name}_update", table, ("update",), AUTHENTICATED, words, _named, changeable),
    ]


def _account_policies() -> list[Policy]:
    return [
        Policy(
            "profiles_select_own",
            profiles,
            ("select",),
            AUTHENTICATED,
            "own profile",
            lambda row, terms: row["id"] == terms.user_id,
        ),
        Policy(
            "profiles_select_care",
            profiles,
            ("select",),
            AUTHENTICATED,
            "the other person of an inquiry or a treatment plan that names them",
            lambda row, terms: terms.ask("shares_care_with", row["id"]),
        ),
        Policy(
            "audit_events_select_host",
            audit_events,
            ("select",),
            THERAPISTS,
            "events of sessions they host",
            lambda row, terms: terms.ask("hosts", row["session_id"]),
        ),
        Policy(
            "audit_events_select_admin",
            audit_events,
            ("select",),
            ADMINS,
            "every event",
            lambda row, terms: true(),
        ),
    ]


def _server_policy(table: Table) -> Policy:
    words = "every row: Roda's own work, after the checks of its use cases"
    name = f"{table.name.replace('instant_session_', 'instant_')}_server"
    return Policy(name, table, VERBS, SERVER_ONLY, words, lambda row, terms: true())


TABLES: tuple[Table, ...] = (
    instant_sessions,
    instant_session_participants,
    patient_inquiries,
    treatment_plans,
    profiles,
    audit_events,
    credentials,
    logins,
)
"""Every table there is; one without policies of its own is the server's alone."""

POLICIES: tuple[Policy, ...] = (
    *_session_policies(),
    *_seat_policies(),
    *_care_policies(patient_inquiries),
    *_care_policies(treatment_plans),
    *_account_policies(),
    *(_server_policy(table) for table in TABLES),
)


def condition(table: Table, verb: Verb, row: Row, role: ActorRole, terms: Terms) -> Condition:
    """Where an actor of ``role`` may do ``verb`` on ``row`` of ``table``."""
    chosen = [
        policy.allows(row, terms)
        for policy in POLICIES
        if policy.table is table and verb in policy.verbs and role in policy.roles
    ]
    return or_(*chosen) if chosen else false()


def unchangeable(table: Table) -> frozenset[str]:
    """The columns that no actor but the server may name in an update."""
    updates = [
        policy for policy in POLICIES if policy.table is table and policy.columns is not None
    ]
    if not updates:
        return frozenset()
    changeable = frozenset[str]().union(*(policy.columns or frozenset() for policy in updates))
    return frozenset(table.c.keys()) - changeable


def columns_of(table: Table) -> Row:
    """The row of a select, update or delete: the table's own columns."""
    return dict(table.c.items())
