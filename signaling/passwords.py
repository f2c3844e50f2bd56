"""Password hashes (argon2id, RFC 9106), computed off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

T = TypeVar("T")

MIN_CHARS, MAX_CHARS = 8, 200


@dataclass(frozen=True, slots=True)
class HashCost:
    """What a hash costs; stored with each, so that it can change."""

    memory_kib: int
    passes: int


# OWASP's second choice for argon2id: small enough for a small server.
STANDARD_COST = HashCost(memory_kib=19 * 1024, passes=2)


class Passwords:
    """Hashes and verifies in one thread of its own, so that log-ins queue and calls go on."""

    def __init__(self, cost: HashCost = STANDARD_COST) -> None:
        self._hasher = PasswordHasher(
            memory_cost=cost.memory_kib, time_cost=cost.passes, parallelism=1
        )
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="passwords")
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        return await self._run(self._hasher.hash, password)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is right. Without a hash (no such account) the same time is
        spent, so that answers do not tell which accounts exist."""
        if password_hash is None:
            self._nobodys = self._nobodys or await self.hash("nobody's password")
            await self._run(self._matches, self._nobodys, password)
            return False
        return await self._run(self._matches, password_hash, password)

    def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, function: Callable[..., T], *args: str) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, function, *args)
