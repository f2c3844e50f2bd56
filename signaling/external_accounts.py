"""Log-in by another identity provider's bearer token, mapped onto a profile on first sight."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import jwt
from jwt.types import Options
from sqlalchemy import select

from signaling import audit
from signaling.accounts import Profile
from signaling.actors import SERVER, ProfileRole
from signaling.errors import RodaError
from signaling.external_identity import ExternalPerson, ExternalRules, check_claims, person_of
from signaling.key_set import KeySet
from signaling.store.statements import StoredRow
from signaling.store.store import ConflictError, Store, Transaction
from signaling.store.tables import profiles

MAX_TOKEN_CHARS = 8000
MAX_KEY_ID_CHARS = 200
SHARED_SECRET_ALGORITHMS = ("HS256", "HS384", "HS512")
FIRST_ROLE: ProfileRole = "patient"  # of people whose token names no role
# Times, issuer and audience are checked by `check_claims`, against the server's own clock.
_SIGNATURE_ONLY: Options = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
}

Verify = Callable[[str], Awaitable[dict[str, Any]]]


class ExternalAccounts:
    """``verify`` gives the claims of a token whose signature is right: `by_secret`, `by_keys`."""

    def __init__(self, store: Store, rules: ExternalRules, verify: Verify) -> None:
        self._store = store
        self._rules = rules
        self._verify = verify

    def claims_issuer(self, token: str) -> bool:
        """Whether the token says that it is this provider's. It may be lying."""
        if len(token) > MAX_TOKEN_CHARS:
            return False
        try:
            claims = jwt.decode(token, options={"verify_signature": False})
        except jwt.PyJWTError:
            return False
        return bool(claims.get("iss") == self._rules.issuer)

    async def profile_of(self, token: str) -> Profile:
        """Whose token this is. Raises `RodaError`: ``not_authenticated``, ``email_taken`` (an
        account of Roda's own has the address), ``identity_provider_unreachable``."""
        try:
            claims = await self._verify(token)
        except (jwt.PyJWTError, ValueError, TypeError) as exc:
            raise RodaError("not_authenticated", type(exc).__name__) from exc
        check_claims(claims, self._rules, self._store.now().timestamp())
        person = person_of(claims, self._rules)
        return await self._known(person) or await self._first_sight(person)

    async def _known(self, person: ExternalPerson) -> Profile | None:
        async with self._store.reading(SERVER) as transaction:
            row = await transaction.row(_by_id(person))
        if row is None or person.role in (None, row["role"]):
            return _profile(row) if row else None
        async with self._store.transaction(SERVER) as transaction:
            return await self._new_role(transaction, person, person.role)

    async def _new_role(
        self, transaction: Transaction, person: ExternalPerson, role: ProfileRole | None
    ) -> Profile | None:
        """The provider decides on roles, also when it takes one back."""
        values = {"role": role, "updated_at": transaction.now}
        if await transaction.update(profiles, profiles.c.id == person.profile_id, values):
            await audit.append(
                transaction, "role_changed", actor_id=person.profile_id, detail=str(role)
            )
        row = await transaction.row(_by_id(person))
        return _profile(row) if row else None

    async def _first_sight(self, person: ExternalPerson) -> Profile:
        role = person.role or FIRST_ROLE
        profile = Profile(person.profile_id, person.email, person.full_name, role)
        try:
            async with self._store.transaction(SERVER) as transaction:
                now = transaction.now
                row = {"id": profile.id, "email": profile.email, "full_name": profile.full_name}
                times = {"created_at": now, "updated_at": now}
                await transaction.insert(profiles, {**row, "role": role, **times})
                await audit.append(
                    transaction, "account_created", actor_id=profile.id, detail=f"external {role}"
                )
        except ConflictError as exc:
            # Two first requests at once, or somebody else's address.
            known = await self._known(person)
            if known is None:
                raise RodaError("email_taken") from exc
            return known
        return profile


def by_secret(secret: str) -> Verify:
    """Verifies signatures made with a shared secret."""

    async def verify(token: str) -> dict[str, Any]:
        return _decoded(token, secret, SHARED_SECRET_ALGORITHMS)

    return verify


def by_keys(keys: KeySet) -> Verify:
    """Verifies signatures by the provider's public keys. The key says which algorithm it is for;
    a token that names another is refused."""

    async def verify(token: str) -> dict[str, Any]:
        key_id = jwt.get_unverified_header(token).get("kid")
        if not isinstance(key_id, str) or len(key_id) > MAX_KEY_ID_CHARS:
            raise RodaError("not_authenticated", "external token: no key id")
        key = await keys.key(key_id)
        return _decoded(token, key, (key.algorithm_name,))

    return verify


def _decoded(token: str, key: Any, algorithms: tuple[str, ...]) -> dict[str, Any]:
    return jwt.decode(token, key, algorithms=list(algorithms), options=_SIGNATURE_ONLY)


def _by_id(person: ExternalPerson) -> Any:
    return select(profiles).where(profiles.c.id == person.profile_id)


def _profile(row: StoredRow) -> Profile:
    return Profile(row["id"], row["email"], row["full_name"], row["role"])
