"""Who is taken to speak, by the levels that come."""

from __future__ import annotations

import pytest

from sfu.speaker import SpeakerDetector

STEP_S = 0.2
Levels = dict[str, int | None]


def hear(detector: SpeakerDetector, levels: Levels, seconds: float, start: float) -> float:
    """Feed the same levels for a time; when it is over."""
    for index in range(round(seconds / STEP_S)):
        detector.update(levels, start + index * STEP_S)
    return start + seconds


QUIET, LOUD, LOUDER = 90, 35, 25


@pytest.mark.parametrize(
    ("scenes", "speaker"),
    [
        ([({"a": QUIET, "b": QUIET}, 2.0)], None),
        ([({"a": LOUD, "b": QUIET}, 1.0)], "a"),
        ([({"a": LOUD, "b": QUIET}, 1.0), ({"a": QUIET, "b": QUIET}, 5.0)], "a"),  # a pause
        ([({"a": LOUD, "b": QUIET}, 1.0), ({"a": QUIET, "b": LOUD}, 0.4)], "a"),  # a cough
        ([({"a": LOUD, "b": QUIET}, 1.0), ({"a": QUIET, "b": LOUD}, 3.0)], "b"),
        ([({"a": LOUD, "b": QUIET}, 1.0), ({"a": LOUD, "b": LOUD}, 5.0)], "a"),  # both
        ([({"a": LOUD, "b": QUIET}, 1.0), ({"a": LOUD, "b": LOUDER}, 3.0)], "b"),
        ([({"a": LOUD, "b": QUIET}, 1.0), ({"b": QUIET}, 0.2)], None),  # left
        ([({"a": LOUD, "b": QUIET}, 1.0), ({"a": None, "b": LOUD}, 3.0)], "b"),  # muted
    ],
)
def test_the_speaker(scenes: list[tuple[Levels, float]], speaker: str | None) -> None:
    detector, now = SpeakerDetector(), 0.0
    for levels, seconds in scenes:
        now = hear(detector, levels, seconds, now)
    assert detector.speaker == speaker


def test_everyone_who_speaks_is_named() -> None:
    detector = SpeakerDetector()
    hear(detector, {"a": LOUD, "b": LOUD, "c": QUIET}, 1.0, 0.0)
    assert detector.speaking == {"a", "b"}


def test_only_changes_are_told() -> None:
    detector = SpeakerDetector()
    told = [detector.update({"a": LOUD, "b": QUIET}, index * STEP_S) for index in range(20)]
    assert sum(told) == 1
