from __future__ import annotations

import asyncio

from signaling.errors import RodaError
from signaling.seats import ParticipantState, Seat
from signaling.state_writer import StateWriter

ANA = Seat("s1", "ana", None, "Ana", "participant")
BIA = Seat("s1", "bia", None, "Bia", "participant")


class SlowStore:
    """Writes when told to; fails as told."""

    def __init__(self) -> None:
        self.written: list[tuple[str, str]] = []
        self.acted: list[str | None] = []
        self.open = asyncio.Event()
        self.failure: Exception | None = None

    async def write(
        self, seat: Seat, state: ParticipantState, present: bool, by: str | None
    ) -> None:
        await self.open.wait()
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure
        self.written.append((seat.participant_id, state))
        self.acted.append(by)


async def test_the_latest_state_of_each_is_written_in_order() -> None:
    store = SlowStore()
    writer = StateWriter(store.write)
    writer.put(ANA, "in_call", True)
    await asyncio.sleep(0)  # its write has begun
    writer.put(ANA, "away", True)
    writer.put(BIA, "in_call", True)
    writer.put(ANA, "left", False)
    store.open.set()
    await writer.drain()
    assert store.written == [("ana", "in_call"), ("bia", "in_call"), ("ana", "left")]


async def test_a_failed_write_stops_no_other() -> None:
    for failure in (RodaError("session_ended"), OSError("disk full")):
        store = SlowStore()
        store.failure = failure
        store.open.set()
        writer = StateWriter(store.write)
        writer.put(ANA, "in_call", True)
        writer.put(BIA, "in_call", True)
        await writer.drain()
        assert store.written == [("bia", "in_call")]


async def test_it_goes_on_after_it_was_idle() -> None:
    store = SlowStore()
    store.open.set()
    writer = StateWriter(store.write)
    writer.put(ANA, "in_call", True)
    await writer.drain()
    writer.put(ANA, "left", False)
    await writer.drain()
    assert store.written == [("ana", "in_call"), ("ana", "left")]


async def test_whose_act_it_was_is_kept_with_the_state_that_follows() -> None:
    store = SlowStore()
    writer = StateWriter(store.write)
    writer.put(BIA, "in_call", True)
    await asyncio.sleep(0)  # its write has begun
    writer.put(ANA, "admitted", True, "the-host")
    writer.put(ANA, "in_call", True)
    store.open.set()
    await writer.drain()
    writer.put(ANA, "left", False)
    await writer.drain()
    assert store.written == [("bia", "in_call"), ("ana", "in_call"), ("ana", "left")]
    assert store.acted == [None, "the-host", None]
