from math import inf

import pytest

from sfu.bandwidth.fallback import ReportLimit


@pytest.mark.parametrize(
    ("loss", "sent", "after"),
    [
        (0.0, 1e6, 1.08e6),
        (0.01, 1e6, 1.08e6),
        (0.0, 1e5, 1e6),  # too little is sent to say more
        (0.05, 1e6, 1e6),
        (0.2, 1e6, 0.9e6),
        (1.0, 1e6, 0.5e6),
    ],
)
def test_one_report_a_second(loss: float, sent: float, after: float) -> None:
    limit = ReportLimit()
    limit.update(0.05, 1e6, sent, 0.0)
    assert limit.cap_bps == 1e6
    assert limit.update(loss, 1e6, sent, 1.0) == pytest.approx(after)
    assert limit.state == ("overuse" if loss > 0.1 else "normal")


def test_many_reports_at_once_count_as_one() -> None:
    limit = ReportLimit()
    for index in range(50):
        limit.update(0.5, limit.cap_bps if limit.cap_bps < inf else 1e6, 1e6, index * 0.001)
    assert limit.cap_bps == 750_000


def test_loss_is_smoothed() -> None:
    limit = ReportLimit()
    limit.update(1.0, 1e6, 1e6, 0.0)
    assert limit.loss == pytest.approx(0.3)


def test_beside_another_estimate_it_bounds_only_after_loss() -> None:
    limit = ReportLimit()
    assert limit.update(0.0, 1e6, None, 0.0) == inf
    assert limit.update(0.05, 1e6, None, 1.0) == inf
    assert limit.update(0.5, 1e6, None, 2.0) == 750_000
    assert limit.update(0.0, 750e3, None, 3.0) == pytest.approx(810_000)
    for second in range(4, 20):
        limit.update(0.0, min(limit.cap_bps, 1e6), None, second)
    assert limit.cap_bps == inf
