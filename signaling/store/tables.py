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
# One row a user and session: the unique index uq_instant_session_participants_session_user, where
# user_id is not null, stands in the migrations only. Naming its PostgreSQL option here would load
# that dialect, 2 MB, into every server.
