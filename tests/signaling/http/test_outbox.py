from __future__ import annotations

import asyncio

from signaling.http.outbox import Outbox


async def test_order_is_kept_and_the_end_comes_after_the_rest() -> None:
    outbox = Outbox()
    assert outbox.put("a")
    assert outbox.put("b")
    outbox.close()
    assert not outbox.put("c")
    assert [await outbox.get() for _ in range(3)] == ["a", "b", None]


async def test_it_refuses_instead_of_growing() -> None:
    outbox = Outbox(max_messages=2, max_chars=10)
    assert outbox.put("x" * 5)
    assert not outbox.put("y" * 6)
    assert outbox.put("y" * 5)
    assert await outbox.get() == "x" * 5
    assert outbox.put("z")
    assert not outbox.put("z")


async def test_a_waiting_reader_wakes() -> None:
    outbox = Outbox()
    reader = asyncio.ensure_future(outbox.get())
    await asyncio.sleep(0)
    outbox.put("a")
    assert await reader == "a"
    reader = asyncio.ensure_future(outbox.get())
    await asyncio.sleep(0)
    outbox.close()
    assert await reader is None
