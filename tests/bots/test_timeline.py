from bots.report_builder import join_ms, step_reports
from bots.timeline import MAX_DETAIL_CHARS, MAX_ENTRIES, Timeline
from signaling.protocol import TimelineEntry


class SteppingClock:
    """A quarter of a second passes at each look."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        self.now += 0.25
        return self.now


def test_steps_have_their_times_and_are_told() -> None:
    told: list[TimelineEntry] = []
    timeline = Timeline(told.append, SteppingClock())
    timeline.step("registered")
    timeline.step("joined", "failed", "session_full: no seat")
    assert told == timeline.entries
    assert [(s.step, s.at_ms, s.outcome) for s in step_reports(timeline)] == [
        ("registered", 250.0, "ok"),
        ("joined", 500.0, "failed"),
    ]
    assert timeline.reached("registered")
    assert not timeline.reached("joined")


def test_everything_is_bounded() -> None:
    timeline = Timeline(unix_time=SteppingClock())
    for _ in range(MAX_ENTRIES + 5):
        timeline.step("again", detail="x" * 1000)
    assert len(timeline.entries) == MAX_ENTRIES
    assert len(timeline.entries[0].detail) == MAX_DETAIL_CHARS


def test_join_time_is_the_furthest_step_reached() -> None:
    timeline = Timeline(unix_time=SteppingClock())
    assert join_ms(timeline) is None
    timeline.step("joined")
    assert join_ms(timeline) == 250.0
    timeline.step("first_remote_frame")
    timeline.step("publish_connected")
    assert join_ms(timeline) == 500.0
