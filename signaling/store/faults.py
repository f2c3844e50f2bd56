"""What a database's refusal means, the same for both."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.exc import DBAPIError

from signaling.errors import RodaError


class ConflictError(Exception):
    """A row with the same unique values is there already."""


_FORBIDDEN, _DANGLING, _TAKEN = "forbidden", "reference_not_found", "taken"
# SQLSTATE (PostgreSQL appendix A) and SQLite's extended result codes.
_MEANINGS: Mapping[str, str] = {
    "42501": _FORBIDDEN,
    "23503": _DANGLING,
    "23505": _TAKEN,
    "SQLITE_CONSTRAINT_FOREIGNKEY": _DANGLING,
    "SQLITE_CONSTRAINT_UNIQUE": _TAKEN,
    "SQLITE_CONSTRAINT_PRIMARYKEY": _TAKEN,
}


def meaning(exc: DBAPIError) -> Exception | None:
    """The `RodaError` (``forbidden``, ``reference_not_found``) or `ConflictError` that a refusal
    stands for; None when it stands for nothing a caller can cause."""
    names = ("sqlstate", "sqlite_errorname")
    codes = [str(getattr(exc.orig, name, "")) for name in names]
    found = next((_MEANINGS[code] for code in codes if code in _MEANINGS), None)
    if found == _TAKEN:
        return ConflictError(str(exc.orig))
    return RodaError(found, "refused by the database") if found else None
