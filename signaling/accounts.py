"""Accounts: log in, log out, change the password, who is this, add a user."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from signaling import audit
from signaling.actors import SERVER, Actor, ProfileRole
from signaling.errors import RodaError
from signaling.names import clean_name
from signaling.passwords import MAX_CHARS, MIN_CHARS, Passwords
from signaling.store.statements import StoredRow
from signaling.store.store import ConflictError, Store
from signaling.store.tables import credentials, logins, profiles
from signaling.throttle import Throttle

MAX_EMAIL_CHARS = 254  # RFC 5321 section 4.5.3.1.3
LOGIN_LIFE = timedelta(days=7)
ATTEMPTS_PERIOD_S = 15 * 60
ATTEMPTS_PER_ACCOUNT_AND_ADDRESS = 10
ATTEMPTS_PER_ACCOUNT = 50
ATTEMPTS_PER_ADDRESS = 50


@dataclass(frozen=True, slots=True)
class Profile:
    """A person with an account."""

    id: str
    email: str
    full_name: str
    role: ProfileRole

    def as_actor(self, session_token: str | None = None) -> Actor:
        return Actor(role=self.role, user_id=self.id, session_token=session_token)


@dataclass(frozen=True, slots=True)
class Login:
    """A log-in just made. ``token`` is the bearer's secret; the store keeps only its hash."""

    token: str
    profile: Profile
    expires_at: datetime


class Accounts:
    def __init__(self, store: Store, passwords: Passwords) -> None:
        self._store = store
        self._passwords = passwords
        self._throttles = (
            Throttle(ATTEMPTS_PER_ACCOUNT_AND_ADDRESS, ATTEMPTS_PERIOD_S),
            Throttle(ATTEMPTS_PER_ACCOUNT, ATTEMPTS_PERIOD_S),
            Throttle(ATTEMPTS_PER_ADDRESS, ATTEMPTS_PERIOD_S),
        )

    async def log_in(self, email: str, password: str, address: str) -> Login:
        """Raises `RodaError`: ``bad_credentials``, ``too_many_attempts`` (failed ones count)."""
        return await self._open_login(await self._proven(email, password, address))

    async def log_out(self, token: str) -> None:
        ended = logins.c.token_hash == _hash(token)
        async with self._store.transaction(SERVER) as transaction:
            row = await transaction.row(select(logins.c.profile_id).where(ended))
            if row and await transaction.delete(logins, ended):
                await audit.append(transaction, "logged_out", actor_id=row["profile_id"])

    async def log_out_everywhere(self, profile_id: str) -> None:
        """End every log-in of the account, in browsers and programs."""
        async with self._store.transaction(SERVER) as transaction:
            await transaction.delete(logins, logins.c.profile_id == profile_id)
            await audit.append(transaction, "logged_out_everywhere", actor_id=profile_id)

    async def change_password(
        self, profile: Profile, current: str, new: str, address: str, kept_token: str
    ) -> None:
        """Replace the password and end every log-in but the one of ``kept_token``.

        Guessing the current one is throttled as logging in is. Raises `RodaError`:
        ``weak_password``, ``bad_credentials``, ``too_many_attempts``."""
        _check_password(new)
        await self._proven(profile.email, current, address)
        password_hash = await self._passwords.hash(new)
        others = (logins.c.profile_id == profile.id) & (logins.c.token_hash != _hash(kept_token))
        async with self._store.transaction(SERVER) as transaction:
            values = {"password_hash": password_hash, "changed_at": transaction.now}
            await transaction.update(credentials, credentials.c.profile_id == profile.id, values)
            await transaction.delete(logins, others)
            await audit.append(transaction, "password_changed", actor_id=profile.id)

    async def profile_of(self, token: str) -> Profile | None:
        """Whose log-in token this is, or None when it is unknown, logged out or expired."""
        async with self._store.reading(SERVER) as transaction:
            row = await transaction.row(
                select(profiles)
                .join_from(profiles, logins, logins.c.profile_id == profiles.c.id)
                .where(logins.c.token_hash == _hash(token), logins.c.expires_at > transaction.now)
            )
        return _profile(row) if row else None

    async def find(self, email: str) -> Profile | None:
        wanted = profiles.c.email == email.strip().lower()
        async with self._store.reading(SERVER) as transaction:
            row = await transaction.row(select(profiles).where(wanted))
        return _profile(row) if row else None

    async def add_user(self, email: str, role: ProfileRole, name: str, password: str) -> Profile:
        """Raises `RodaError`: ``invalid_request``, ``weak_password``, ``email_taken``,
        ``name_required``, ``name_too_long``."""
        email = _checked_email(email)
        _check_password(password)
        full_name = clean_name(name)
        password_hash = await self._passwords.hash(password)
        async with self._store.transaction(SERVER) as transaction:
            now = transaction.now
            profile = Profile(str(uuid.uuid4()), email, full_name, role)
            row = {
                "id": profile.id,
                "email": email,
                "full_name": full_name,
                "role": role,
                "created_at": now,
                "updated_at": now,
            }
            try:
                await transaction.insert(profiles, row)
            except ConflictError as exc:
                raise RodaError("email_taken") from exc
            await transaction.insert(
                credentials,
                {"profile_id": profile.id, "password_hash": password_hash, "changed_at": now},
            )
            await audit.append(transaction, "account_created", actor_id=profile.id, detail=role)
        return profile

    async def _proven(self, email: str, password: str, address: str) -> Profile:
        """Whose e-mail and password these are. Raises ``bad_credentials``,
        ``too_many_attempts``."""
        email = email.strip().lower()[:MAX_EMAIL_CHARS]
        keys = (f"{email}\n{address}", email, address)
        now = self._store.now()
        attempts = zip(self._throttles, keys, strict=True)
        if not all([throttle.attempt(key, now.timestamp()) for throttle, key in attempts]):
            raise RodaError("too_many_attempts")
        found = await self._credentials(email)
        profile, password_hash = found if found else (None, None)
        right = await self._passwords.verify(password_hash, password[: MAX_CHARS + 1])
        if not right or not profile:
            raise RodaError("bad_credentials")
        for throttle, key in zip(self._throttles, keys, strict=True):
            throttle.forgive(key)
        return profile

    async def _credentials(self, email: str) -> tuple[Profile, str] | None:
        if not email.isprintable():
            return None  # PostgreSQL's texts hold no NUL
        async with self._store.reading(SERVER) as transaction:
            row = await transaction.row(
                select(profiles, credentials.c.password_hash)
                .join_from(profiles, credentials)
                .where(profiles.c.email == email)
            )
        return (_profile(row), row["password_hash"]) if row else None

    async def _open_login(self, profile: Profile) -> Login:
        token = secrets.token_urlsafe(32)
        async with self._store.transaction(SERVER) as transaction:
            expires_at = transaction.now + LOGIN_LIFE
            await transaction.delete(logins, logins.c.expires_at <= transaction.now)
            await transaction.insert(
                logins,
                {
                    "token_hash": _hash(token),
                    "profile_id": profile.id,
                    "created_at": transaction.now,
                    "expires_at": expires_at,
                },
            )
            await audit.append(transaction, "logged_in", actor_id=profile.id)
        return Login(token, profile, expires_at)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _check_password(password: str) -> None:
    if not MIN_CHARS <= len(password) <= MAX_CHARS:
        raise RodaError("weak_password")


def _checked_email(given: str) -> str:
    email = given.strip().lower()
    local, _, domain = email.rpartition("@")
    if (
        not local
        or "." not in domain
        or len(email) > MAX_EMAIL_CHARS
        or any(c.isspace() for c in email)
    ):
        raise RodaError("invalid_request", "not an e-mail address")
    return email


def _profile(row: StoredRow) -> Profile:
    return Profile(row["id"], row["email"], row["full_name"], row["role"])
