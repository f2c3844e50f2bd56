"""Messages on their way to one WebSocket: bounded in number and size."""

from __future__ import annotations

import asyncio
from collections import deque

MAX_MESSAGES = 1000
MAX_CHARS = 4 * 1024 * 1024


class Outbox:
    """A queue with one reader. A full one refuses instead of growing."""

    def __init__(self, max_messages: int = MAX_MESSAGES, max_chars: int = MAX_CHARS) -> None:
        self._texts: deque[str] = deque()
        self._chars = 0
        self._max_messages = max_messages
        self._max_chars = max_chars
        self._closed = False
        self._wake = asyncio.Event()

    def put(self, text: str) -> bool:
        """False when the queue is full or closed; the text is dropped then."""
        full = len(self._texts) >= self._max_messages or self._chars + len(text) > self._max_chars
        if full or self._closed:
            return False
        self._texts.append(text)
        self._chars += len(text)
        self._wake.set()
        return True

    def close(self) -> None:
        """Nothing more is taken; what is queued is still given out."""
        self._closed = True
        self._wake.set()

    async def get(self) -> str | None:
        """The next text; None after the last one of a closed queue."""
        while not self._texts:
            if self._closed:
                return None
            self._wake.clear()
            await self._wake.wait()
        text = self._texts.popleft()
        self._chars -= len(text)
        return text
