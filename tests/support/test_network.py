"""The network emulator does what its conditions say, the same every time."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.support.network import Conditions, Link


def through(conditions: Conditions, count: int = 10_000, seed: int = 1) -> tuple[Link, list[int]]:
    link = Link(conditions, seed)
    for number in range(count):
        link.send(number.to_bytes(4, "big") * 25, number * 0.001)
    return link, [int.from_bytes(packet[:4], "big") for packet in link.receive(1e9)]


def test_a_perfect_link_changes_nothing() -> None:
    assert through(Conditions())[1] == list(range(10_000))


@pytest.mark.parametrize("loss", [0.01, 0.1, 0.5])
def test_loss_is_what_was_asked_for(loss: float) -> None:
    link, arrived = through(Conditions(loss=loss))
    assert len(arrived) == link.sent - link.lost
    assert link.lost == pytest.approx(10_000 * loss, rel=0.15)


def test_the_same_seed_loses_the_same_packets() -> None:
    conditions = Conditions(loss=0.1, jitter_s=0.01, reordered=0.1)
    assert through(conditions)[1] == through(conditions)[1]
    assert through(conditions)[1] != through(conditions, seed=2)[1]


def test_bursts_lose_packets_in_a_row() -> None:
    _, arrived = through(Conditions(burst_enter=0.01, burst_leave=0.2))
    gaps = [b - a - 1 for a, b in pairwise(arrived) if b - a > 1]
    assert sum(gaps) / len(gaps) == pytest.approx(5, rel=0.3)


def test_delay_keeps_packets_until_their_time() -> None:
    link = Link(Conditions(delay_s=0.1), 1)
    link.send(b"x", 1.0)
    assert link.receive(1.09) == []
    assert link.receive(1.1) == [b"x"]


def test_jitter_keeps_the_order_and_reordering_does_not() -> None:
    jittered = through(Conditions(jitter_s=0.05))[1]
    assert jittered == sorted(jittered)
    reordered = through(Conditions(reordered=0.1))[1]
    assert sorted(reordered) == list(range(10_000))
    assert sum(b < a for a, b in pairwise(reordered)) > 100


def test_a_rate_limit_spreads_packets_and_a_full_queue_drops_them() -> None:
    link = Link(Conditions(rate_bps=80_000, queue_bytes=1000), 1)
    for _ in range(20):
        link.send(bytes(100), 0.0)
    assert link.dropped == 10
    assert [len(link.receive(0.01 * count)) for count in (1, 2, 5)] == [1, 1, 3]
