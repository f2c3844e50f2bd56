"""What the live half needs of the world around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from signaling.protocol import IceServer, Message
from signaling.room_values import RoomSession
from signaling.seats import ParticipantState, Seat


@dataclass(frozen=True, slots=True)
class Clock:
    """``monotonic`` in seconds from anywhere, ``wall`` in Unix seconds."""

    monotonic: Callable[[], float]
    wall: Callable[[], float]


class Bookkeeper(Protocol):
    """The rows behind the rooms. Every method may raise `RodaError`."""

    async def seat_for(self, connect_token: str) -> Seat:
        """Whose token this is; ``connect_token_invalid``, ``connect_token_expired``,
        ``session_ended``, ``session_expired``, ``participant_barred``, …"""
        ...

    async def session(self, session_id: str) -> RoomSession:
        """The session's row now; ``session_ended``, ``session_expired``."""
        ...

    async def record_state(self, seat: Seat, state: ParticipantState, present: bool) -> None:
        """Keep a participant's state; ``present``: they hold a seat or a place."""
        ...

    async def bar(self, session_id: str, participant_id: str, by_user_id: str | None) -> None:
        """Refuse the participant's return."""
        ...

    async def set_locked(self, session_id: str, locked: bool) -> None: ...

    async def hand_over(
        self, session_id: str, from_participant_id: str, to_participant_id: str
    ) -> None:
        """Make another participant the session's host."""
        ...

    async def end_session(
        self, session_id: str, reason: Literal["host", "expired", "empty"]
    ) -> None:
        """Idempotent."""
        ...


class IceSource(Protocol):
    """Where a participant's ICE servers come from."""

    async def ice_servers(self, participant_id: str) -> Sequence[IceServer]: ...


class NoIceServers:
    """A deployment without STUN and TURN."""

    async def ice_servers(self, participant_id: str) -> Sequence[IceServer]:
        return ()


class Socket(Protocol):
    """One client's WebSocket as the live half sees it. Nothing here blocks or raises."""

    def send(self, message: Message) -> None:
        """Queue a message; a client that does not read is cut off when its queue is full."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Close after what is queued: a WebSocket close code and a short reason."""
        ...
