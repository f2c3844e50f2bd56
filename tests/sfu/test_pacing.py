"""Who is paced, and what becomes of what waits."""

from __future__ import annotations

from math import inf

import pytest

from sfu.pacer import Waiting
from sfu.pacing import LEAVE_ABOVE_BPS, LIMITED_S, PACE_BELOW_BPS, Pacing, paces
from sfu.plan import Plan

PLAN = Plan(ssrc=1, payload_type=96, destination=None)


@pytest.mark.parametrize(
    ("estimate_bps", "limited_for_s", "already", "expected"),
    [
        (None, 0, False, False),
        (None, 0, True, False),
        (PACE_BELOW_BPS - 1, 0, False, True),
        (PACE_BELOW_BPS - 1, LIMITED_S, True, True),
        (PACE_BELOW_BPS - 1, LIMITED_S + 1, True, False),
        (PACE_BELOW_BPS - 1, inf, False, False),
        (PACE_BELOW_BPS, 0, False, False),
        (LEAVE_ABOVE_BPS - 1, 0, True, True),
        (LEAVE_ABOVE_BPS, 0, True, False),
    ],
)
def test_only_thin_lines_are_paced(
    estimate_bps: float | None, limited_for_s: float, already: bool, expected: bool
) -> None:
    assert paces(estimate_bps, limited_for_s, already) is expected


def waiting(pacing: Pacing, packets: int) -> None:
    assert pacing.pacer is not None
    for number in range(packets):
        pacing.pacer.put(PLAN, number, 1000, 0.0)


@pytest.mark.parametrize(
    ("estimate_bps", "limited_at", "now"),
    [
        (LEAVE_ABOVE_BPS, 1.0, 1.0),
        (300e3, 0.0, LIMITED_S + 0.1),
        (None, 1.0, 1.0),
    ],
    ids=["the line is wide", "it was not full for long", "nothing is known"],
)
def test_nothing_waits_once_there_is_no_need(
    estimate_bps: float | None, limited_at: float, now: float
) -> None:
    pacing = Pacing()
    assert pacing.update(300e3, 0.0, 0.0, 0.0) == []
    waiting(pacing, 5)
    left = pacing.update(estimate_bps, 0.0, limited_at, now)
    assert [each.sequence for each in left if isinstance(each, Waiting)] == list(range(5))
    assert pacing.pacer is None


def test_a_new_estimate_changes_the_rate_and_not_the_queue() -> None:
    pacing = Pacing()
    pacing.update(100e3, 0.0, 0.0, 0.0)
    waiting(pacing, 50)
    pacer = pacing.pacer
    assert pacer is not None
    assert pacing.update(900e3, 0.0, 0.0, 0.1) == []
    assert pacing.pacer is pacer
    assert pacer.waiting == 50
    left = sum(len(pacer.due(0.1 + tick / 100)) for tick in range(30))
    assert left == pytest.approx(900e3 * 1.2 * 0.3 / 8000, abs=3)
