"""Writes ``docs/policies.md`` from the policy table: ``python -m signaling.policies_doc``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

from signaling import policy
from signaling.actors import ActorRole

PATH = Path(__file__).parent.parent / "docs" / "policies.md"

INTRODUCTION = """# Who may see and change what

Generated from `signaling/policy.py` by `python -m signaling.policies_doc`; a test fails when it is
stale.

A policy allows verbs on rows of one table, to actors of some roles, where its condition holds. A
row is allowed when any policy of its table and verb allows it; what no policy allows is refused.
Who changes or deletes a row must also be allowed to see it. Reads leave out what may not be seen;
updates and deletions leave out what may not be touched; an insertion that is not allowed, and an
update that names a column which is not the actor's to change, are refused as `forbidden`.

An actor is a profile's role and id, or anonymous; and what they present: the session token of a
share link, the id of the one session they ask for, the place of a guest (proved by a signed cookie
or connect token). `server` is Roda itself: log-in, the lives of sessions and participants, the
reasons given to holders of a link that works no more.

**SQLite**: Roda adds the conditions to every statement, subqueries included.

**PostgreSQL**: the database enforces them by row level security. `roda migrate` makes the role
`roda_server`, which owns no table and bypasses nothing, one function a question about another
table (schema `roda`), the policies below, and triggers for the columns. The server works as that
role whoever logs in, tells the database the actor by settings that end with the transaction, and
does not start where other policies are in force or its role would bypass them.

- `RODA_DATABASE_URL` is the server's: any log-in that is a member of `roda_server`.
- `roda migrate` is run with the `RODA_DATABASE_URL` of the tables' owner. The first time it makes
  `roda_server`, which needs `CREATEROLE`; else let an administrator say
  `CREATE ROLE roda_server NOLOGIN` and `GRANT roda_server TO` the owner before.
- One log-in may be both; the server gives up the owner's rights when it connects, but whoever
  steals that log-in has them. Two are better:

```sql
CREATE ROLE roda_owner LOGIN CREATEROLE PASSWORD '…';
CREATE DATABASE roda OWNER roda_owner;
-- RODA_DATABASE_URL=postgresql://roda_owner:…@host/roda roda migrate
CREATE ROLE roda LOGIN NOINHERIT PASSWORD '…' IN ROLE roda_server;
-- RODA_DATABASE_URL=postgresql://roda:…@host/roda roda serve
```
"""

_ROLES: tuple[ActorRole, ...] = get_args(ActorRole)


def render() -> str:
    """The whole document."""
    parts = [INTRODUCTION, _matrix()]
    parts.extend(_table(table.name) for table in policy.TABLES)
    return "\n".join(parts)


def _matrix() -> str:
    """Role by table: the verbs that some policy allows on some rows."""
    lines = [
        "## At a glance\n",
        "What each role may do with some rows: **s**elect, **i**nsert, **u**pdate, **d**elete.\n",
        f"| table | {' | '.join(_ROLES)} |",
        "|---|" + "---|" * len(_ROLES),
    ]
    for table in policy.TABLES:
        cells = [_letters(table.name, role) for role in _ROLES]
        lines.append(f"| `{table.name}` | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _letters(table: str, role: ActorRole) -> str:
    verbs = {
        verb
        for one in policy.POLICIES
        if one.table.name == table and role in one.roles
        for verb in one.verbs
    }
    return "".join(verb[0] for verb in policy.VERBS if verb in verbs) or "–"


def _table(name: str) -> str:
    lines = [f"## `{name}`\n", "| policy | verbs | who | rows |", "|---|---|---|---|"]
    for one in policy.POLICIES:
        if one.table.name == name:
            who = ", ".join(role for role in _ROLES if role in one.roles)
            lines.append(f"| `{one.name}` | {', '.join(one.verbs)} | {who} | {_words(one)} |")
    return "\n".join(lines) + "\n"


def _words(one: policy.Policy) -> str:
    if one.columns is None:
        return one.words
    return f"{one.words}; columns {', '.join(f'`{name}`' for name in sorted(one.columns))}"


if __name__ == "__main__":
    PATH.write_text(render(), encoding="utf-8")
    sys.stdout.write(f"wrote {PATH}\n")
