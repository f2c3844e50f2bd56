import pytest

from sfu.bandwidth.overuse import MAX_THRESHOLD_MS, MIN_THRESHOLD_MS, OveruseDetector


@pytest.mark.parametrize(
    ("trends", "state"),
    [
        ([0, 1, 2], "normal"),
        ([20], "normal"),  # not for long enough
        ([20, 25], "overuse"),
        ([20, 25, 24], "overuse"),  # until it is over
        ([25, 20], "normal"),  # already on its way down
        ([20, 25, 0], "normal"),
        ([20, 0, 20], "normal"),
        ([-20], "underuse"),
        ([-20, 0], "normal"),
    ],
)
def test_states(trends: list[float], state: str) -> None:
    detector = OveruseDetector()
    for index, trend in enumerate(trends):
        detector.update(trend, 20.0, index * 20.0)
    assert detector.state == state


def test_the_threshold_follows_the_paths_unrest() -> None:
    detector = OveruseDetector()
    for index in range(500):
        detector.update(20.0 if index % 2 else -20.0, 20.0, index * 20.0)
    assert 15 < detector.threshold_ms <= 20
    for index in range(500, 1500):
        detector.update(0.0, 20.0, index * 20.0)
    assert detector.threshold_ms == MIN_THRESHOLD_MS


def test_one_great_jump_does_not_move_it() -> None:
    detector = OveruseDetector()
    detector.update(0.0, 20.0, 0.0)
    before = detector.threshold_ms
    detector.update(500.0, 20.0, 20.0)
    assert detector.threshold_ms == before


def test_the_threshold_is_bounded() -> None:
    detector = OveruseDetector()
    for index in range(20_000):
        detector.update(detector.threshold_ms + 14, 1000.0, index * 1000.0)
    assert detector.threshold_ms == MAX_THRESHOLD_MS
