"""The use cases, wired to one store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from signaling.accounts import Accounts
from signaling.audit import AuditTrail
from signaling.live_port import LivePort
from signaling.passwords import STANDARD_COST, HashCost, Passwords
from signaling.presence import Presence
from signaling.registration import Registration
from signaling.seats import SeatTokens
from signaling.sessions import Sessions
from signaling.store.store import Store


@dataclass(frozen=True, slots=True)
class Services:
    """What the HTTP half, the live half and the commands work with."""

    store: Store
    passwords: Passwords
    accounts: Accounts
    sessions: Sessions
    registration: Registration
    presence: Presence
    tokens: SeatTokens
    audit: AuditTrail

    @classmethod
    def over(
        cls,
        store: Store,
        secret: str,
        live: LivePort,
        now: Callable[[], datetime],
        hash_cost: HashCost = STANDARD_COST,
    ) -> Services:
        passwords = Passwords(hash_cost)
        tokens = SeatTokens(secret, now)
        sessions = Sessions(store, live)
        presence = Presence(store)
        return cls(
            store=store,
            passwords=passwords,
            accounts=Accounts(store, passwords),
            sessions=sessions,
            registration=Registration(store, sessions, tokens, presence, live),
            presence=presence,
            tokens=tokens,
            audit=AuditTrail(store),
        )

    async def close(self) -> None:
        self.passwords.close()
        await self.store.close()
