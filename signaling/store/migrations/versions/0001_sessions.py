"""Profiles, credentials, log-ins, instant sessions and their participants."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from signaling.store.tables import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_STATES = "'waiting', 'admitted', 'in_call', 'away', 'left', 'removed', 'barred'"


def _time(name: str, *, nullable: bool = False) -> sa.Column:  # type: ignore[type-arg]
    return sa.Column(name, UtcDateTime(), nullable=nullable)


def upgrade() -> None:
    _accounts()
    _sessions()
    _participants()


def downgrade() -> None:
    for table in (
        "instant_session_participants",
        "instant_sessions",
        "logins",
        "credentials",
        "profiles",
    ):
        op.drop_table(table)


def _accounts() -> None:
    op.create_table(
        "profiles",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("full_name", sa.String(100), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        _time("created_at"),
        _time("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_profiles"),
        sa.UniqueConstraint("email", name="uq_profiles_email"),
        sa.CheckConstraint(
            "role IN ('therapist', 'patient', 'admin')", name=op.f("ck_profiles_role")
        ),
    )
    op.create_table(
        "credentials",
        sa.Column("profile_id", sa.String(36), nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        _time("changed_at"),
        sa.PrimaryKeyConstraint("profile_id", name="pk_credentials"),
        sa.ForeignKeyConstraint(
            ["profile_id"],
            ["profiles.id"],
            name="fk_credentials_profile_id",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "logins",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("profile_id", sa.String(36), nullable=False),
        _time("created_at"),
        _time("expires_at"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_logins"),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["profiles.id"], name="fk_logins_profile_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_logins_profile_id", "logins", ["profile_id"])
    op.create_index("ix_logins_expires_at", "logins", ["expires_at"])


def _sessions() -> None:
    op.create_table(
        "instant_sessions",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("session_name", sa.String(100), nullable=False),
        sa.Column("session_token", sa.String(64), nullable=False),
        sa.Column("therapist_id", sa.String(36), nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.text("true")),
        _time("expires_at"),
        sa.Column("max_participants", sa.Integer, nullable=False),
        sa.Column("waiting_room_enabled", sa.Boolean, nullable=False),
        sa.Column("recording_enabled", sa.Boolean, nullable=False),
        sa.Column("locked", sa.Boolean, nullable=False, server_default=sa.text("false")),
        _time("created_at"),
        _time("updated_at"),
        _time("ended_at", nullable=True),
        sa.Column("end_reason", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name="pk_instant_sessions"),
        sa.UniqueConstraint("session_token", name="uq_instant_sessions_session_token"),
        sa.ForeignKeyConstraint(
            ["therapist_id"], ["profiles.id"], name="fk_instant_sessions_therapist_id"
        ),
        sa.CheckConstraint(
            "max_participants BETWEEN 2 AND 200", name=op.f("ck_instant_sessions_max_participants")
        ),
    )
    op.create_index(
        "ix_instant_sessions_therapist_id_created_at",
        "instant_sessions",
        ["therapist_id", "created_at"],
    )
    op.create_index(
        "ix_instant_sessions_is_active_expires_at",
        "instant_sessions",
        ["is_active", "expires_at"],
    )


def _participants() -> None:
    table = "instant_session_participants"
    op.create_table(
        table,
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("session_id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(36)),
        sa.Column("participant_name", sa.String(100), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.text("true")),
        _time("created_at"),
        _time("updated_at"),
        _time("joined_at", nullable=True),
        _time("left_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["instant_sessions.id"],
            name=f"fk_{table}_session_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["profiles.id"], name=f"fk_{table}_user_id"),
        sa.CheckConstraint("role IN ('host', 'participant')", name=op.f(f"ck_{table}_role")),
        sa.CheckConstraint(f"state IN ({_STATES})", name=op.f(f"ck_{table}_state")),
    )
    op.create_index(f"ix_{table}_session_id", table, ["session_id", "is_active"])
    op.create_index(f"ix_{table}_user_id", table, ["user_id"])
    known = sa.text("user_id IS NOT NULL")
    op.create_index(
        "uq_instant_session_participants_session_user",
        table,
        ["session_id", "user_id"],
        unique=True,
        sqlite_where=known,
        postgresql_where=known,
    )
