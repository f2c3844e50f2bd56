import pytest

from sfu.bandwidth.aimd import BETA, AimdRateController
from sfu.bandwidth.overuse import UsageState


def grown(aimd: AimdRateController, seconds: int, acknowledged: float | None) -> float:
    for tenth in range(seconds * 10 + 1):
        aimd.update("normal", acknowledged, False, 100 + tenth * 0.1)
    return aimd.bps


def test_it_grows_eight_percent_a_second() -> None:
    assert grown(AimdRateController(1e6), 10, None) == pytest.approx(1e6 * 1.08**10, rel=0.01)


def test_it_grows_no_further_than_half_above_what_arrives() -> None:
    assert grown(AimdRateController(1e6), 20, 1e6) == 1_510_000


def test_what_arrives_never_lowers_it() -> None:
    assert grown(AimdRateController(1e6), 5, 1e5) == 1e6


def test_an_application_that_sends_less_proves_nothing() -> None:
    aimd = AimdRateController(1e6)
    for second in range(20):
        aimd.update("normal", 1e5, True, second)
    assert aimd.bps == 1e6


@pytest.mark.parametrize(
    ("usages", "state"),
    [
        (["normal"], "increase"),
        (["underuse"], "hold"),
        (["overuse"], "hold"),  # right after the decrease
        (["normal", "underuse"], "hold"),
        (["normal", "underuse", "normal"], "increase"),
    ],
)
def test_states(usages: list[UsageState], state: str) -> None:
    aimd = AimdRateController(1e6)
    for index, usage in enumerate(usages):
        aimd.update(usage, 1e6, False, index * 0.1)
    assert aimd.state == state


@pytest.mark.parametrize(
    ("acknowledged", "limited", "queue_s", "after"),
    [
        (8e5, False, 0.0, BETA * 8e5),
        (None, False, 0.0, BETA * 1e6),
        (2e6, False, 0.0, 1e6),  # more arrives than we thought: nothing to lower
        (8e5, False, 0.5, 0.65 * 8e5),  # a queue is drained
        (8e5, False, 9.0, 0.5 * 8e5),
        (1e5, True, 0.0, 5e5),  # little was sent: halve first
    ],
)
def test_decrease(acknowledged: float | None, limited: bool, queue_s: float, after: float) -> None:
    aimd = AimdRateController(1e6)
    aimd.update("overuse", acknowledged, limited, 5.0, queue_s)
    assert aimd.bps == pytest.approx(after)
    assert aimd.decreased_at == 5.0


def test_not_again_before_the_last_decrease_can_be_seen() -> None:
    aimd = AimdRateController(1e6)
    aimd.update("overuse", 9e5, False, 5.0)
    aimd.update("overuse", 6e5, False, 5.05)
    assert aimd.bps == pytest.approx(BETA * 9e5)
    aimd.update("overuse", 6e5, False, 5.3)
    assert aimd.bps == pytest.approx(BETA * 6e5)


def test_little_that_arrives_twice_is_believed() -> None:
    aimd = AimdRateController(3e6)
    aimd.update("overuse", 1e5, True, 5.0)
    aimd.update("overuse", 1e5, True, 5.4)
    assert aimd.bps == pytest.approx(BETA * 1e5)


def test_near_the_known_capacity_it_grows_in_small_steps() -> None:
    aimd = AimdRateController(1e6)
    aimd.update("overuse", 1e6, False, 0.0)
    for tenth in range(1, 12):
        aimd.update("normal", 8.4e5, False, tenth / 10)
    assert 8.5e5 < aimd.bps < 8.8e5


def test_beyond_it_the_capacity_is_forgotten() -> None:
    aimd = AimdRateController(1e6)
    aimd.update("overuse", 1e6, False, 0.0)
    for tenth in range(1, 32):
        aimd.update("normal", 2e6, False, tenth / 10)
    assert aimd.bps > 1.03e6
