"""The live half's view of the use cases, and the use cases' way to the live half."""

from __future__ import annotations

from typing import Any

from signaling.live_port import LivePort, NoLiveRooms
from signaling.registration import Registration
from signaling.room_values import RoomSession
from signaling.seats import ParticipantState, Seat
from signaling.sessions import EndReason, Sessions, check_running


class LiveLink:
    """A `LivePort` that exists before the hub does: the use cases are made with it, the hub is
    made with the use cases, then `to` is set."""

    def __init__(self) -> None:
        self.to: LivePort = NoLiveRooms()

    async def session_ended(self, session_id: str, code: str) -> None:
        await self.to.session_ended(session_id, code)

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

    def __init__(self, sessions: Sessions, registration: Registration) -> None:
        self._sessions = sessions
        self._registration = registration

    async def seat_for(self, connect_token: str) -> Seat:
        return await self._registration.seat_for(connect_token)

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
        )

    async def record_state(self, seat: Seat, state: ParticipantState, present: bool) -> None:
        if state in ("waiting", "admitted") and not present:
            await self._registration.set_absent(seat.participant_id)
        elif state == "in_call":
            await self._registration.entered(seat)
        elif state == "left":
            await self._registration.left(seat)
        else:
            await self._registration.set_state(seat.participant_id, state)

    async def bar(self, session_id: str, participant_id: str, by_user_id: str | None) -> None:
        await self._registration.set_state(participant_id, "barred")

    async def set_locked(self, session_id: str, locked: bool) -> None:
        await self._sessions.set_locked(session_id, locked)

    async def hand_over(
        self, session_id: str, from_participant_id: str, to_participant_id: str
    ) -> None:
        await self._registration.set_role(to_participant_id, "host")
        await self._registration.set_role(from_participant_id, "participant")

    async def end_session(self, session_id: str, reason: EndReason) -> None:
        await self._sessions.end(session_id, reason)
