"""Inquiries, treatment plans and the audit trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from signaling.store.tables import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_PRESENT_INDEX = "ix_instant_session_participants_present"  # what the sweeper looks through


def upgrade() -> None:
    _care_table(
        "patient_inquiries",
        (
            sa.Column("subject", sa.String(200), nullable=False),
            sa.Column("message", sa.Text, nullable=False),
        ),
        "status IN ('open', 'answered', 'closed')",
    )
    _care_table(
        "treatment_plans",
        (
            sa.Column("title", sa.String(200), nullable=False),
            sa.Column("description", sa.Text, nullable=False),
        ),
        "status IN ('draft', 'active', 'completed', 'cancelled')",
    )
    _audit()
    op.create_index(
        _PRESENT_INDEX,
        "instant_session_participants",
        ["updated_at"],
        sqlite_where=sa.text("is_active"),
        postgresql_where=sa.text("is_active"),
    )


def downgrade() -> None:
    op.drop_index(_PRESENT_INDEX, "instant_session_participants")
    for table in ("audit_events", "treatment_plans", "patient_inquiries"):
        op.drop_table(table)


def _care_table(table: str, words: tuple[sa.Column[str], ...], status: str) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("patient_id", sa.String(36), nullable=False),
        sa.Column("therapist_id", sa.String(36), nullable=False),
        *words,
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["patient_id"], ["profiles.id"], name=f"fk_{table}_patient_id"),
        sa.ForeignKeyConstraint(["therapist_id"], ["profiles.id"], name=f"fk_{table}_therapist_id"),
        sa.CheckConstraint(status, name=op.f(f"ck_{table}_status")),
    )
    for party in ("patient_id", "therapist_id"):
        op.create_index(f"ix_{table}_{party}_created_at", table, [party, "created_at"])


def _audit() -> None:
    table = "audit_events"
    op.create_table(
        table,
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("session_id", sa.String(36)),
        sa.Column("actor_id", sa.String(36)),
        sa.Column("participant_id", sa.String(36)),
        sa.Column("detail", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["instant_sessions.id"],
            name=f"fk_{table}_session_id",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["profiles.id"], name=f"fk_{table}_actor_id", ondelete="SET NULL"
        ),
    )
    op.create_index(f"ix_{table}_session_id_occurred_at", table, ["session_id", "occurred_at"])
    op.create_index(f"ix_{table}_actor_id", table, ["actor_id"])
    op.create_index(f"ix_{table}_occurred_at", table, ["occurred_at"])
