"""A room's chat: an ordered, bounded history for those who come later."""

from __future__ import annotations

from collections import deque

from signaling.protocol import ChatMessage

MAX_HISTORY = 200


class ChatHistory:
    """The last `MAX_HISTORY` messages, oldest first. Ids count up, so order can be checked."""

    def __init__(self, limit: int = MAX_HISTORY) -> None:
        self._messages: deque[ChatMessage] = deque(maxlen=limit)
        self._count = 0

    def post(self, participant_id: str, name: str, text: str, sent_at: str) -> ChatMessage:
        """Keep a message; ``sent_at`` is ISO 8601 in UTC."""
        self._count += 1
        message = ChatMessage(
            message_id=str(self._count),
            participant_id=participant_id,
            name=name,
            text=text,
            sent_at=sent_at,
        )
        self._messages.append(message)
        return message

    def messages(self) -> list[ChatMessage]:
        return list(self._messages)
