from __future__ import annotations

from signaling.timeline import MAX_DETAIL_CHARS, MAX_ENTRIES, Timeline


def test_the_join_and_the_end_are_kept_the_middle_is_dropped() -> None:
    timeline = Timeline(limit=4)
    for n in range(10):
        timeline.add(f"step_{n}", float(n), "server")
    assert [e.step for e in timeline.entries()] == ["step_0", "step_1", "step_8", "step_9"]
    assert timeline.dropped == 6


def test_a_flood_stays_bounded() -> None:
    timeline = Timeline()
    for n in range(10 * MAX_ENTRIES):
        timeline.add("x" * 1000, float(n), "client", "failed", "y" * 10_000)
    entries = timeline.entries()
    assert len(entries) == MAX_ENTRIES
    assert max(len(e.step) for e in entries) == 64
    assert max(len(e.detail) for e in entries) == MAX_DETAIL_CHARS
