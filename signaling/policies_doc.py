"""Writes ``docs/policies.md`` from the policy table: ``python -m signaling.policies_doc``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
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
or connect token). `server` is Roda itself: see "What runs as the server".

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

SERVER_WORK: Mapping[str, str] = {
    "accounts": "Log-in, log-out, passwords: who asks is nobody yet, or proves it right here.",
    "external_accounts": "The same for people whom an identity provider vouches for.",
    "sessions": "The name of the host and how many there are, of a session that the actor's"
    " policies show. Why a link works no more, where they do not show it: *ended* and *expired* are"
    " said, and nothing else. The acts of a call's host, to whom the owner may have handed it over,"
    " which no row says of a session. Ends for which nobody asks: its time, being empty.",
    "registration": "The lock that lets one seat go to one person; whether that is free, whether"
    " the session runs. The row itself is inserted, or renamed, as the actor: their policies"
    " decide. The state of a row already there is the server's to write, since nobody may admit"
    " themselves."
    " The row of a connect token, which Roda itself has signed for this one.",
    "presence": "States of participants, as the rooms, their hosts and the sweeper decide; the"
    " policies let their owners change the name alone.",
    "live_bookkeeper": "The acts of a call's host, as above, after the room has asked who hosts.",
    "care": "Whether the therapist of a new inquiry or plan is one. The row is inserted as the"
    " actor.",
    "acquaintances": "Names of people whom rows that the actor's policies show have named.",
    "audit": "The trail, which nobody writes but Roda.",
}
"""What works as the server, by module of `signaling`, and why it cannot as the actor."""

_ROLES: tuple[ActorRole, ...] = get_args(ActorRole)


def render() -> str:
    """The whole document."""
    parts = [INTRODUCTION, _server_work(), _matrix()]
    parts.extend(_table(table.name) for table in policy.TABLES)
    return "\n".join(parts)


def _server_work() -> str:
    lines = [
        "## What runs as the server\n",
        "Every other statement runs as the person who asks. These have no such person, or what they"
        " do is not that person's to decide:\n",
        "| in `signaling/` | what, and why |",
        "|---|---|",
        *(f"| `{name}.py` | {why} |" for name, why in SERVER_WORK.items()),
    ]
    return "\n".join(lines) + "\n"


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
