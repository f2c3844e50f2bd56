"""The row policies as PostgreSQL's own: roles, functions, grants, triggers, ``CREATE POLICY``.

The server works as the role `ROLE`, which owns nothing and does not bypass row security (PostgreSQL
manual, section 5.8). Who acts is told by settings of the transaction. Questions about other tables
are functions that run as the tables' owner, so that no policy calls itself.
"""

from __future__ import annotations

import hashlib
from typing import Final

from sqlalchemy import Connection, literal_column
from sqlalchemy.dialects import postgresql

from signaling import policy
from signaling.policy import Policy
from signaling.policy_terms import QUESTIONS, SETTING_PREFIX, Condition, SettingTerms
from signaling.store.engine import SERVER_ROLE as ROLE

_LOCK_KEY: Final = 7_082_002  # of the advisory lock that lets one `roda migrate` run at a time
_ACTOR_ROLE: Final = f"current_setting('{SETTING_PREFIX}.role', true)"

RECORDED: Final = f"SELECT obj_description(to_regnamespace('{SETTING_PREFIX}'), 'pg_namespace')"
BYPASSES: Final = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"

_CREATE_ROLE = f"""
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN
    CREATE ROLE {ROLE} NOLOGIN NOINHERIT;
  END IF;
  IF NOT pg_has_role(current_user, '{ROLE}', 'MEMBER') THEN
    GRANT {ROLE} TO CURRENT_USER;
  END IF;
END $$"""

_FUNCTION = """
CREATE FUNCTION {schema}.{name}(about text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = {tables}, pg_temp
AS $$ BEGIN RETURN {body}; END $$"""

_REFUSE_COLUMN = """
CREATE FUNCTION {schema}.refuse_column() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE insufficient_privilege USING MESSAGE = 'a column that is not yours to change';
END $$"""


def lock(connection: Connection) -> None:
    """Wait until no other migration runs; keep others waiting until the transaction ends."""
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK_KEY})")


def apply(connection: Connection) -> None:
    """Make the database enforce this program's policies; nothing when it does already."""
    if connection.exec_driver_sql(RECORDED).scalar() == fingerprint():
        return
    schema = connection.exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    existing = connection.exec_driver_sql(
        "SELECT policyname, tablename FROM pg_policies WHERE schemaname = current_schema()"
    )
    for name, table in existing.all():
        connection.exec_driver_sql(f'DROP POLICY "{name}" ON "{table}"')
    for statement in statements(schema):
        connection.exec_driver_sql(statement)
    comment = f"COMMENT ON SCHEMA {SETTING_PREFIX} IS '{fingerprint()}'"
    connection.exec_driver_sql(comment)


def problem(recorded: str | None, bypasses: bool) -> str | None:
    """Why the server must not work on a connection, or None, given what it answers to `RECORDED`
    and to `BYPASSES`."""
    if recorded != fingerprint():
        return "the database enforces other row policies than this server's: run `roda migrate`"
    return f"the database role bypasses row security: grant it {ROLE}" if bypasses else None


def statements(schema: str) -> list[str]:
    """All there is to do in a database whose tables are in ``schema`` (quoted where needed)."""
    own = SETTING_PREFIX
    made = [
        _CREATE_ROLE,
        f"DROP SCHEMA IF EXISTS {own} CASCADE",
        f"CREATE SCHEMA {own}",
        *(_function(name, schema) for name in QUESTIONS),
        _REFUSE_COLUMN.format(schema=own),
        f"REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {own} FROM PUBLIC",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {own} TO {ROLE}",
        f"GRANT USAGE ON SCHEMA {own}, {schema} TO {ROLE}",
        f"GRANT SELECT ON alembic_version TO {ROLE}",
    ]
    for table in policy.TABLES:
        name = table.name
        made.append(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        made.append(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {ROLE}")
        made.extend(_column_trigger(name, policy.unchangeable(table)))
    made.extend(_policy(one) for one in policy.POLICIES)
    return made


def fingerprint() -> str:
    """Says which policies a database enforces."""
    return hashlib.sha256("\n".join(statements("public")).encode()).hexdigest()


def _function(name: str, tables: str) -> str:
    body = _sql(QUESTIONS[name](SettingTerms(), literal_column("about")))
    return _FUNCTION.format(schema=SETTING_PREFIX, name=name, tables=tables, body=body)


def _column_trigger(table: str, refused: frozenset[str]) -> list[str]:
    trigger = f"{table}_columns"
    made = [f"DROP TRIGGER IF EXISTS {trigger} ON {table}"]
    if refused:
        columns = ", ".join(sorted(refused))
        made.append(
            f"CREATE TRIGGER {trigger} BEFORE UPDATE OF {columns} ON {table} FOR EACH STATEMENT"
            f" WHEN ({_ACTOR_ROLE} IS DISTINCT FROM 'server')"
            f" EXECUTE FUNCTION {SETTING_PREFIX}.refuse_column()"
        )
    return made


def _policy(one: Policy) -> str:
    roles = ", ".join(f"'{role}'" for role in sorted(one.roles))
    row = policy.columns_of(one.table)
    allowed = f"{_ACTOR_ROLE} IN ({roles}) AND ({_sql(one.allows(row, SettingTerms()))})"
    verb = one.verbs[0].upper() if len(one.verbs) == 1 else "ALL"
    clause = "WITH CHECK" if verb == "INSERT" else "USING"
    return f"CREATE POLICY {one.name} ON {one.table.name} FOR {verb} TO {ROLE} {clause} ({allowed})"


def _sql(condition: Condition) -> str:
    compiled = condition.compile(
        dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
        compile_kwargs={"literal_binds": True},
    )
    return str(compiled)
