import pytest

from sfu.bandwidth.silence import SilenceBackoff


def steps(silence: SilenceBackoff, sent: float | None, until: float, round_trip: float) -> int:
    """How many times it backs off up to ``until``, asked every 10 ms."""
    return sum(
        silence.due(sent if sent is None else max(sent, i / 100), round_trip, 1e6, i / 100)
        for i in range(int(until * 100))
    )


@pytest.mark.parametrize(
    ("until", "round_trip", "expected"),
    [(0.9, 0.1, 0), (1.2, 0.1, 1), (1.7, 0.1, 2), (1.7, 0.6, 0), (2.0, 0.6, 1)],
)
def test_it_backs_off_after_a_second_or_three_round_trips(
    until: float, round_trip: float, expected: int
) -> None:
    silence = SilenceBackoff()
    silence.heard(0.0)
    assert steps(silence, 0.01, until, round_trip) == expected


def test_a_client_that_was_never_heard_is_not_silent() -> None:
    assert steps(SilenceBackoff(), 0.01, 9.0, 0.1) == 0


def test_nothing_sent_nothing_to_hear() -> None:
    silence = SilenceBackoff()
    silence.heard(5.0)
    assert not silence.due(4.9, 0.1, 1e6, 60.0)
    assert not silence.due(None, 0.1, 1e6, 60.0)


def test_the_rate_from_before_is_given_back_once() -> None:
    silence = SilenceBackoff()
    silence.heard(0.0)
    steps(silence, 0.01, 3.0, 0.1)
    assert silence.heard(3.0) == 1e6
    assert silence.heard(3.1) is None


def test_what_was_heard_once_may_be_told_again_and_again() -> None:
    silence = SilenceBackoff()
    backed_off = 0
    for i in range(130):
        silence.heard(0.0)
        backed_off += silence.due(max(0.01, i / 100), 0.1, 1e6, i / 100)
    assert backed_off == 1
    assert silence.heard(0.0) is None
    assert silence.heard(1.4) == 1e6
