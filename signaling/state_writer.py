"""Participants' states on their way to the store, so that no room waits for the database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from signaling.errors import RodaError
from signaling.seats import ParticipantState, Seat

log = structlog.get_logger("roda.live")


WriteState = Callable[[Seat, ParticipantState, bool, str | None], Awaitable[None]]


class StateWriter:
    """Writes one state at a time, in order. A participant's newer state replaces one that is
    still to be written, so what is kept is bounded by the people there are."""

    def __init__(self, write: WriteState) -> None:
        self._write = write
        self._pending: dict[str, tuple[Seat, ParticipantState, bool, str | None]] = {}
        self._task: asyncio.Task[None] | None = None

    def put(
        self, seat: Seat, state: ParticipantState, present: bool, by: str | None = None
    ) -> None:
        """``by``: the user whose act it is, where it is another's; who has acted on a state that
        is still to be written is kept with the newer one."""
        before = self._pending.pop(seat.participant_id, None)
        by = by or (before[3] if before else None)
        self._pending[seat.participant_id] = (seat, state, present, by)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def drain(self) -> None:
        """Wait until everything put so far is written or given up."""
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        while self._pending:
            participant_id = next(iter(self._pending))
            seat, state, present, by = self._pending.pop(participant_id)
            try:
                await self._write(seat, state, present, by)
            except RodaError as exc:
                log.info("participant_state_refused", code=exc.code, state=state)
            except Exception:
                log.exception("participant_state_not_written", participant_id=participant_id)
