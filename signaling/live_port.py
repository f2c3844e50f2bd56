"""What use cases and REST calls may ask of the live rooms."""

from __future__ import annotations

from typing import Any, Protocol

from signaling.session_state import EndReason


class LivePort(Protocol):
    """The live half, as the bookkeeping half sees it."""

    async def session_ended(self, session_id: str, reason: EndReason) -> None:
        """Tell everyone in the room why, and close their connections."""
        ...

    async def participant_removed(self, session_id: str, participant_id: str, code: str) -> None:
        """Close every connection of one participant, telling why: a code of
        `signaling.participant_state.DISMISSALS`."""
        ...

    async def session_changed(self, session_id: str) -> None:
        """The session's name, expiry or lock changed: tell everyone in the room."""
        ...

    def connections(self, session_id: str) -> list[dict[str, Any]]:
        """The room's connections now, for the host's view and the timeline."""
        ...

    def counts(self) -> dict[str, int]:
        """Numbers of live rooms, participants and connections, for the metrics."""
        ...


class NoLiveRooms:
    """A server without live rooms, as a command of the command line is: nothing to tell."""

    async def session_ended(self, session_id: str, reason: EndReason) -> None:
        return None

    async def participant_removed(self, session_id: str, participant_id: str, code: str) -> None:
        return None

    async def session_changed(self, session_id: str) -> None:
        return None

    def connections(self, session_id: str) -> list[dict[str, Any]]:
        return []

    def counts(self) -> dict[str, int]:
        return {}
