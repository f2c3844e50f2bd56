from __future__ import annotations

from signaling.live_metrics import MAX_LABELS, LiveMetrics


def test_steps_fall_into_buckets_failures_are_counted() -> None:
    metrics = LiveMetrics()
    for seconds in (0.01, 0.3, 0.3, 100.0):
        metrics.step("joined", seconds, failed=False)
    metrics.step("publish_ice", 1.0, failed=True)
    counters, steps = metrics.read()
    assert counters["failed_steps"] == {"publish_ice": 1}
    histogram = steps["joined"]
    assert (histogram.count, round(histogram.total_s, 2)) == (4, 100.61)
    buckets = dict(histogram.cumulative())
    assert (buckets["0.05"], buckets["0.2"], buckets["0.35"], buckets["30.0"]) == (1, 1, 3, 3)
    assert buckets["+Inf"] == 4


def test_step_names_are_bounded() -> None:
    metrics = LiveMetrics()
    for n in range(2 * MAX_LABELS):
        metrics.step(f"step_{n}", 0.1, failed=False)
    assert len(metrics.steps) == MAX_LABELS
