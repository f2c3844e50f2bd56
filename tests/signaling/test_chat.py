from __future__ import annotations

from signaling.chat import ChatHistory


def test_history_is_ordered_and_bounded() -> None:
    chat = ChatHistory(limit=3)
    for n in range(5):
        chat.post("p1", "Ana", f"message {n}", "2030-01-01T00:00:00+00:00")
    assert [m.text for m in chat.messages()] == ["message 2", "message 3", "message 4"]
    assert [m.message_id for m in chat.messages()] == ["3", "4", "5"]
