"""A seat: one person's place in one session, and the connect token that proves it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import jwt
from jwt.algorithms import HMACAlgorithm

from signaling.errors import RodaError

Role = Literal["host", "participant"]
ParticipantState = Literal["waiting", "admitted", "in_call", "away", "left", "removed", "barred"]

CONNECT_TOKEN_LIFE = timedelta(minutes=15)
MAX_TOKEN_CHARS = 1000
_CLAIMS = frozenset({"use", "sid", "pid", "exp"})


@dataclass(frozen=True, slots=True)
class Seat:
    """Who a connection belongs to. ``state`` is the participant's when the seat was looked up;
    ``joined_at`` when they were first in the call (ISO 8601 in UTC)."""

    session_id: str
    participant_id: str
    user_id: str | None
    name: str
    role: Role
    state: ParticipantState = "admitted"
    joined_at: str | None = None


@dataclass(frozen=True, slots=True)
class SeatClaim:
    """What a signed token says: which participant of which session. It holds no name."""

    session_id: str
    participant_id: str


class _OwnKey(HMACAlgorithm):
    """HMAC whose key is always Roda's own secret, so that nobody need look whether it is a public
    key each time, which takes longer than signing."""

    def prepare_key(self, key: str | bytes) -> bytes:
        return key if isinstance(key, bytes) else key.encode()


class SeatTokens:
    """Signs and reads connect tokens and guest cookies (HMAC-SHA256, RFC 7519)."""

    def __init__(self, secret: str, now: Callable[[], datetime]) -> None:
        self._secret = secret.encode()
        self._now = now
        self._signatures = jwt.PyJWS(algorithms=[])
        self._signatures.register_algorithm("HS256", _OwnKey(_OwnKey.SHA256))

    def connect_token(self, claim: SeatClaim) -> str:
        """A token good for `CONNECT_TOKEN_LIFE` and for this session only."""
        return self._sign(claim, "connect", self._now() + CONNECT_TOKEN_LIFE)

    def guest_cookie(self, claim: SeatClaim, expires_at: datetime) -> str:
        """A token by which a guest's browser is recognised until the session expires."""
        return self._sign(claim, "guest", expires_at)

    def read_connect_token(self, token: str, *, allow_expired: bool = False) -> SeatClaim:
        """Raises `RodaError`: ``connect_token_invalid``, ``connect_token_expired``."""
        return self._read(token, "connect", allow_expired)

    def read_guest_cookie(self, token: str) -> SeatClaim | None:
        """The claim, or None when the cookie is forged, foreign or expired."""
        try:
            return self._read(token, "guest", allow_expired=False)
        except RodaError:
            return None

    def _sign(self, claim: SeatClaim, use: str, expires_at: datetime) -> str:
        payload = {
            "use": use,
            "sid": claim.session_id,
            "pid": claim.participant_id,
            "exp": int(expires_at.timestamp()),
        }
        return self._signatures.encode(json.dumps(payload).encode(), self._secret, "HS256")

    def _read(self, token: str, use: str, allow_expired: bool) -> SeatClaim:
        if len(token) > MAX_TOKEN_CHARS:
            raise RodaError("connect_token_invalid", "too long")
        try:
            signed = self._signatures.decode(token, self._secret, algorithms=["HS256"])
        except jwt.PyJWTError as exc:
            raise RodaError("connect_token_invalid", type(exc).__name__) from exc
        payload: dict[str, Any] = json.loads(signed)
        if not payload.keys() >= _CLAIMS or payload["use"] != use:
            raise RodaError("connect_token_invalid", "signed for another use")
        if not allow_expired and payload["exp"] <= self._now().timestamp():
            raise RodaError("connect_token_expired")
        return SeatClaim(session_id=payload["sid"], participant_id=payload["pid"])
