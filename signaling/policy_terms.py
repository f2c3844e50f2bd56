"""What row policies are made of: the actor's values, and questions about other tables.

Each question is written once, in `QUESTIONS`. SQLite's statements hold it inline, with the
actor's values bound; PostgreSQL has it as a function of its own name, over the actor that the
transaction has set (`signaling.store.policy_ddl`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import (
    Boolean,
    ColumnElement,
    String,
    and_,
    func,
    literal,
    literal_column,
    or_,
    select,
)

from signaling.actors import Actor
from signaling.store.tables import (
    UtcDateTime,
    instant_session_participants,
    instant_sessions,
    patient_inquiries,
    treatment_plans,
)

Condition = ColumnElement[bool]
Row = Mapping[str, Any]  # column name → column, or the value to be inserted
SETTING_PREFIX = "roda"  # of PostgreSQL's per-transaction settings, and schema of the functions


class Terms(Protocol):
    """The actor as expressions, as one database sees them."""

    @property
    def user_id(self) -> ColumnElement[Any]: ...
    @property
    def session_token(self) -> ColumnElement[Any]: ...
    @property
    def participant_id(self) -> ColumnElement[Any]: ...
    @property
    def session_id(self) -> ColumnElement[Any]: ...
    @property
    def now(self) -> ColumnElement[Any]: ...

    def ask(self, question: str, about: Any) -> Condition:
        """The answer to a question of `QUESTIONS` about the row of that id."""
        ...


class BoundTerms:
    """The actor's values in the statement itself."""

    def __init__(self, actor: Actor, now: datetime) -> None:
        self.user_id: ColumnElement[Any] = literal(actor.user_id, String)
        self.session_token: ColumnElement[Any] = literal(actor.session_token, String)
        self.participant_id: ColumnElement[Any] = literal(actor.participant_id, String)
        self.session_id: ColumnElement[Any] = literal(actor.session_id, String)
        self.now: ColumnElement[Any] = literal(now, UtcDateTime())

    def ask(self, question: str, about: Any) -> Condition:
        return QUESTIONS[question](self, about)


class SettingTerms:
    """The actor's values in the transaction's settings, unset ones being null."""

    def __init__(self) -> None:
        self.user_id = _setting("user_id")
        self.session_token = _setting("session_token")
        self.participant_id = _setting("participant_id")
        self.session_id = _setting("session_id")
        self.now: ColumnElement[Any] = literal_column(f"{_setting('now')}::timestamptz")

    def ask(self, question: str, about: Any) -> Condition:
        function = getattr(getattr(func, SETTING_PREFIX), question)
        answer: Condition = function(about, type_=Boolean)
        return answer


def _setting(name: str) -> ColumnElement[Any]:
    # A setting that an earlier transaction of the connection had is then empty, not null.
    return literal_column(f"nullif(current_setting('{SETTING_PREFIX}.{name}', true), '')", String)


def running(row: Row, terms: Terms) -> Condition:
    """The session row is active and unexpired."""
    return and_(row["is_active"].is_(True), row["expires_at"] > terms.now)


# Named apart from the tables, so that a question may be asked of the same table's rows.
_SESSION = instant_sessions.alias("session_asked").c
_SEAT = instant_session_participants.alias("seat_asked").c
_CARE = (patient_inquiries.alias("inquiry_asked").c, treatment_plans.alias("plan_asked").c)


def _session_where(about: Any, condition: Condition) -> Condition:
    return select(_SESSION.id).where(_SESSION.id == about, condition).exists()


def _is_running(terms: Terms, about: Any) -> Condition:
    return _session_where(about, running(_row(_SESSION), terms))


def _hosts(terms: Terms, about: Any) -> Condition:
    return _session_where(about, _SESSION.therapist_id == terms.user_id)


def _holds_token_of(terms: Terms, about: Any) -> Condition:
    held = _SESSION.session_token == terms.session_token
    return _session_where(about, and_(held, running(_row(_SESSION), terms)))


def _has_open_door(terms: Terms, about: Any) -> Condition:
    return _session_where(about, _SESSION.waiting_room_enabled.is_(False))


def _takes_part_in(terms: Terms, about: Any) -> Condition:
    return select(_SEAT.id).where(_SEAT.session_id == about, _mine(terms)).exists()


def _is_in(terms: Terms, about: Any) -> Condition:
    mine = _mine(terms)
    return select(_SEAT.id).where(_SEAT.session_id == about, mine, _SEAT.is_active).exists()


def _mine(terms: Terms) -> Condition:
    guest = and_(_SEAT.user_id.is_(None), _SEAT.id == terms.participant_id)
    return or_(_SEAT.user_id == terms.user_id, guest)


def _shares_care_with(terms: Terms, about: Any) -> Condition:
    found: list[Condition] = []
    for one in _CARE:
        pairs = ((one.patient_id, one.therapist_id), (one.therapist_id, one.patient_id))
        for own, other in pairs:
            found.append(select(one.id).where(own == terms.user_id, other == about).exists())
    return or_(*found)


QUESTIONS: Mapping[str, Callable[[Terms, Any], Condition]] = {
    "is_running": _is_running,  # the session is active and unexpired
    "hosts": _hosts,  # the actor owns the session
    "holds_token_of": _holds_token_of,  # presents the session's token, and it is running
    "has_open_door": _has_open_door,  # the session has no waiting room
    "takes_part_in": _takes_part_in,  # the actor is or was in the session
    "is_in": _is_in,  # the actor is in the session now
    "shares_care_with": _shares_care_with,  # an inquiry or plan names both profiles
}


def _row(columns: Any) -> Row:
    return dict(columns.items())
