"""Who a bearer token of another identity provider speaks of: OpenID Connect, Supabase.

Pure: verified claims in, a person out. Claims are untrusted in form even where they are signed.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from signaling.actors import ProfileRole
from signaling.errors import RodaError
from signaling.names import MAX_NAME_CHARS, clean_name

Claims = Mapping[str, Any]

MAX_SUBJECT_CHARS = 255  # OpenID Connect Core 1.0 section 2
MAX_EMAIL_CHARS = 254
MAX_ROLES = 50  # of one token that are looked at
# A user can write their own user_metadata, so a name may come from there, but never a role.
NAME_CLAIMS = ("user_metadata.full_name", "user_metadata.name", "name", "preferred_username")
_HIGHEST_FIRST: tuple[ProfileRole, ...] = ("admin", "therapist", "patient")


@dataclass(frozen=True, slots=True)
class ExternalRules:
    """What tokens must say. ``role_claim``: a claim's name, or its path with dots; ``skew_s``: how
    far the provider's clock may be off, in seconds."""

    issuer: str
    audience: str
    role_claim: str = "app_metadata.role"
    skew_s: float = 60.0


@dataclass(frozen=True, slots=True)
class ExternalPerson:
    """``profile_id`` follows from issuer and subject alone; ``role`` is None where the token names
    none of Roda's."""

    profile_id: str
    email: str
    full_name: str
    role: ProfileRole | None


def check_claims(claims: Claims, rules: ExternalRules, now: float) -> None:
    """Raises `RodaError` ``not_authenticated`` unless the token is of this issuer, for this
    audience, and good at ``now`` (seconds since 1970; RFC 7519 section 4.1)."""
    audiences = claims.get("aud")
    if isinstance(audiences, str):
        audiences = [audiences]
    expires = _time(claims, "exp", math.nan)
    refusals = {
        "issuer": claims.get("iss") != rules.issuer,
        "audience": not isinstance(audiences, list) or rules.audience not in audiences,
        "expired": not now < expires + rules.skew_s,  # also where it never expires
        "not yet valid": not _time(claims, "nbf", now) <= now + rules.skew_s,
        "of the future": not _time(claims, "iat", now) <= now + rules.skew_s,
    }
    refused = [why for why, holds in refusals.items() if holds]
    if refused:
        raise RodaError("not_authenticated", f"external token: {', '.join(refused)}")


def person_of(claims: Claims, rules: ExternalRules) -> ExternalPerson:
    """The person of verified claims. Raises `RodaError` ``not_authenticated`` without a subject."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT_CHARS:
        raise RodaError("not_authenticated", "external token: subject")
    profile_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{rules.issuer}\n{subject}"))
    email = _email(claims.get("email")) or f"{profile_id}@external.invalid"  # RFC 6761 section 6.4
    names = [found(claims, name) for name in NAME_CLAIMS]
    full_name = next(filter(None, map(_name, names)), email.partition("@")[0][:MAX_NAME_CHARS])
    return ExternalPerson(profile_id, email, full_name, _role(found(claims, rules.role_claim)))


def found(claims: Claims, name: str) -> Any:
    """A claim by its name or, where there is none, by its path; None where neither is."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _role(value: Any) -> ProfileRole | None:
    """The highest of Roda's roles among one or several."""
    given = value[:MAX_ROLES] if isinstance(value, list) else [value]
    return next((role for role in _HIGHEST_FIRST if role in given), None)


def _name(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        return clean_name(value[:MAX_NAME_CHARS])
    except RodaError:
        return None


def _email(value: Any) -> str | None:
    """An address fit to be kept; None for what is none."""
    if not isinstance(value, str) or len(value) > MAX_EMAIL_CHARS or not value.isprintable():
        return None
    email = value.strip().lower()
    local, _, domain = email.rpartition("@")
    return email if local and "." in domain and " " not in email else None


def _time(claims: Claims, name: str, missing: float) -> float:
    """A NumericDate; NaN, which no comparison holds for, where the claim is something else."""
    value = claims.get(name, missing)
    return float(value) if type(value) in (int, float) and abs(value) < 1e15 else math.nan
