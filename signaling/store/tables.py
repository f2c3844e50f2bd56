"""The tables, one definition for SQLite and PostgreSQL. Ids are UUID version 4 strings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC `datetime`; SQLite, which has no time zones, stores it naive."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        aware = value.astimezone(UTC)
        return aware.replace(tzinfo=None) if dialect.name == "sqlite" else aware

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        stored: datetime = value
        return stored.replace(tzinfo=UTC) if stored.tzinfo is None else stored.astimezone(UTC)


def _id() -> Column[str]:
    return Column("id", String(36), primary_key=True)


def _time(name: str, *, nullable: bool = False) -> Column[datetime]:
    return Column(name, UtcDateTime(), nullable=nullable)


def _care_parties(table: str) -> list[Column[Any] | Index]:
    """The patient and the therapist a row is about, each a real profile, each an index; and the
    times that order them."""
    return [
        Column("patient_id", ForeignKey("profiles.id"), nullable=False),
        Column("therapist_id", ForeignKey("profiles.id"), nullable=False),
        _time("created_at"),
        _time("updated_at"),
        Index(f"ix_{table}_patient_id_created_at", "patient_id", "created_at"),
        Index(f"ix_{table}_therapist_id_created_at", "therapist_id", "created_at"),
    ]


profiles = Table(
    "profiles",
    metadata,
    _id(),
    Column("email", String(254), nullable=False, unique=True),  # lower case
    Column("full_name", String(100), nullable=False),
    Column("role", String(16), nullable=False),
    _time("created_at"),
    _time("updated_at"),
    CheckConstraint("role IN ('therapist', 'patient', 'admin')", name="role"),
)

credentials = Table(
    "credentials",
    metadata,
    Column("profile_id", ForeignKey("profiles.id", ondelete="CASCADE"), primary_key=True),
    Column("password_hash", Text, nullable=False),
    _time("changed_at"),
)

logins = Table(
    "logins",
    metadata,
    Column("token_hash", String(64), primary_key=True),  # SHA-256 of the token, hexadecimal
    Column("profile_id", ForeignKey("profiles.id", ondelete="CASCADE"), nullable=False),
    _time("created_at"),
    _time("expires_at"),
    Index("ix_logins_profile_id", "profile_id"),
    Index("ix_logins_expires_at", "expires_at"),
)

instant_sessions = Table(
    "instant_sessions",
    metadata,
    _id(),
    Column("session_name", String(100), nullable=False),
    Column("session_token", String(64), nullable=False, unique=True),
    Column("therapist_id", ForeignKey("profiles.id"), nullable=False),
    Column("is_active", Boolean, nullable=False, server_default=text("true")),
    _time("expires_at"),
    Column("max_participants", Integer, nullable=False),
    Column("waiting_room_enabled", Boolean, nullable=False),
    Column("recording_enabled", Boolean, nullable=False),
    Column("locked", Boolean, nullable=False, server_default=text("false")),
    _time("created_at"),
    _time("updated_at"),
    _time("ended_at", nullable=True),
    Column("end_reason", String(32)),
    CheckConstraint("max_participants BETWEEN 2 AND 200", name="max_participants"),
    Index("ix_instant_sessions_therapist_id_created_at", "therapist_id", "created_at"),
    Index("ix_instant_sessions_is_active_expires_at", "is_active", "expires_at"),
)

instant_session_participants = Table(
    "instant_session_participants",
    metadata,
    _id(),
    Column("session_id", ForeignKey("instant_sessions.id", ondelete="CASCADE"), nullable=False),
    Column("user_id", ForeignKey("profiles.id")),
    Column("participant_name", String(100), nullable=False),
    Column("role", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("is_active", Boolean, nullable=False, server_default=text("true")),
    _time("created_at"),
    _time("updated_at"),
    _time("joined_at", nullable=True),
    _time("left_at", nullable=True),
    CheckConstraint("role IN ('host', 'participant')", name="role"),
    CheckConstraint(
        "state IN ('waiting', 'admitted', 'in_call', 'away', 'left', 'removed', 'barred')",
        name="state",
    ),
    Index("ix_instant_session_participants_session_id", "session_id", "is_active"),
    Index("ix_instant_session_participants_user_id", "user_id"),
)

patient_inquiries = Table(
    "patient_inquiries",
    metadata,
    _id(),
    *_care_parties("patient_inquiries"),
    Column("subject", String(200), nullable=False),
    Column("message", Text, nullable=False),
    Column("status", String(16), nullable=False),
    CheckConstraint("status IN ('open', 'answered', 'closed')", name="status"),
)

treatment_plans = Table(
    "treatment_plans",
    metadata,
    _id(),
    *_care_parties("treatment_plans"),
    Column("title", String(200), nullable=False),
    Column("description", Text, nullable=False),
    Column("status", String(16), nullable=False),
    CheckConstraint("status IN ('draft', 'active', 'completed', 'cancelled')", name="status"),
)

audit_events = Table(
    "audit_events",
    metadata,
    _id(),
    _time("occurred_at"),
    Column("event", String(32), nullable=False),
    Column("session_id", ForeignKey("instant_sessions.id", ondelete="SET NULL")),
    Column("actor_id", ForeignKey("profiles.id", ondelete="SET NULL")),  # None: guest, or Roda
    Column("participant_id", String(36)),  # whom it befell; the row may be gone by then
    Column("detail", Text, nullable=False, server_default=text("''")),
    Index("ix_audit_events_session_id_occurred_at", "session_id", "occurred_at"),
    Index("ix_audit_events_actor_id", "actor_id"),
    Index("ix_audit_events_occurred_at", "occurred_at"),
)

# Two partial indexes stand in the migrations only, since naming their PostgreSQL option here would
# load that dialect, 2 MB, into every server: uq_instant_session_participants_session_user (one row
# a user and session, where user_id is not null) and ix_instant_session_participants_present.
