"""The live half's view of the use cases, and the use cases' way to the live half."""

from __future__ import annotations

from typing import Any

from signaling.actors import SERVER
from signaling.live_port import LivePort, NoLiveRooms
from signaling.presence import Presence
from signaling.registration import Registration
from signaling.room_values import RoomSession
from signaling.seats import ParticipantState, Seat
from signaling.session_state import EndReason
from signaling.session_views import check_running
from signaling.sessions import Sessions


class LiveLink:
    """A `LivePort` that exists before the hub does: the use cases are made with it, the hub is
    made with the use cases, then `to` is set."""

    def __init__(self) -> None:
        self.to: LivePort = NoLiveRooms()

    async def session_ended(self, session_id: str, reason: EndReason) -> None:
        await self.to.session_ended(session_id, reason)

    async def participant_removed(self, session_id: str, participant_id: str, code: str) -> None:
        await self.to.participant_removed(session_id, participant_id, code)

    async def session_changed(self, session_id: str) -> None:
        await self.to.session_changed(session_id)

    def connections(self, session_id: str) -> list[dict[str, Any]]:
        return self.to.connections(session_id)

    def counts(self) -> dict[str, int]:
        return self.to.counts()


class ServiceBookkeeper:
    """`signaling.live_ports.Bookkeeper` over the use cases."""

    def __init__(self, sessions: Sessions, registration: Registration, presence: Presence) -> None:
        self._sessions = sessions
        self._registration = registration
        self._presence = presence

    async def seat_for(self, connect_token: str, *, allow_expired: bool = False) -> Seat:
        return await self._registration.seat_for(connect_token, allow_expired=allow_expired)

    async def session(self, session_id: str) -> RoomSession:
        view = await self._sessions.live_view(session_id)
        check_running(view, self._sessions.now)
        return RoomSession(
            session_id=view.session_id,
            session_name=view.name,
            host_name=view.host_name,
            expires_at=view.expires_at,
            max_participants=view.max_participants,
            waiting_room_enabled=view.waiting_room_enabled,
            locked=view.locked,
            owner_id=view.host_id,
            begun=view.begun,
        )

    async def record_state(
        self, seat: Seat, state: ParticipantState, present: bool, by: str | None
    ) -> None:
        await self._presence.record(seat.participant_id, state, present, by)

    async def bar(self, session_id: str, participant_id: str, by: str | None) -> None:
        await self._presence.move(participant_id, "bar", by)

    async def set_locked(self, session_id: str, locked: bool, by: str | None) -> None:
        await self._sessions.set_locked(session_id, locked, by=by)

    async def extend(self, session_id: str, minutes: int, by: str | None) -> None:
        await self._sessions.extend(SERVER, session_id, minutes, by=by)

    async def hand_over(self, session_id: str, to_participant_id: str, by: str | None) -> None:
        await self._presence.hand_over(session_id, to_participant_id, by)

    async def end_session(self, session_id: str, reason: EndReason, by: str | None = None) -> None:
        await self._sessions.end(session_id, reason, by=by)
