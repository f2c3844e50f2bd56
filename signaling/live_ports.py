"""What the live half needs of the world around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol

from signaling.protocol import IceServer, Message
from signaling.room_values import RoomSession
from signaling.seats import ParticipantState, Seat


@dataclass(frozen=True, slots=True)
class Clock:
    """``monotonic`` in seconds from anywhere, ``wall`` in Unix seconds."""

    monotonic: Callable[[], float]
    wall: Callable[[], float]

    def wall_text(self) -> str:
        """Now, ISO 8601 in UTC."""
        return datetime.fromtimestamp(self.wall(), UTC).isoformat()


class Bookkeeper(Protocol):
    """The rows behind the rooms. Every method may raise `RodaError`."""

    async def seat_for(self, connect_token: str, *, allow_expired: bool = False) -> Seat:
        """Whose token this is, or was; ``connect_token_invalid``, ``connect_token_expired``,
        ``session_ended``, ``session_expired``, ``participant_barred``, …"""
        ...

    async def session(self, session_id: str) -> RoomSession:
        """The session's row now; ``session_ended``, ``session_expired``."""
        ...

    async def record_state(
        self, seat: Seat, state: ParticipantState, present: bool, by: str | None
    ) -> None:
        """Keep a participant's state; ``present``: they hold a seat or a place; ``by``: the user
        whose act it is, where it is another's."""
        ...

    async def bar(self, session_id: str, participant_id: str, by: str | None) -> None:
        """Refuse the participant's return. ``by``, here and below: the user whose act it is."""
        ...

    async def set_locked(self, session_id: str, locked: bool, by: str | None) -> None: ...

    async def extend(self, session_id: str, minutes: int, by: str | None) -> None:
        """Move the session's end; ``duration_out_of_range``. The hub is told by itself."""
        ...

    async def hand_over(self, session_id: str, to_participant_id: str, by: str | None) -> None:
        """Make this participant the session's host, instead of whoever was so."""
        ...

    async def end_session(
        self,
        session_id: str,
        reason: Literal["host", "expired", "empty"],
        by: str | None = None,
    ) -> None:
        """Idempotent."""
        ...


class IceSource(Protocol):
    """Where a participant's ICE servers come from."""

    async def ice_servers(self, participant_id: str) -> Sequence[IceServer]: ...


class Socket(Protocol):
    """One client's WebSocket as the live half sees it. Nothing here blocks or raises."""

    def send(self, message: Message) -> None:
        """Queue a message; a client that does not read is cut off when its queue is full."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Close after what is queued: a WebSocket close code and a short reason."""
        ...
