"""A large frame towards a thin line, in virtual time."""

from __future__ import annotations

from math import inf

import pytest

from sfu.pacer import (
    FACTOR,
    MAX_AGAIN,
    MAX_PACKETS,
    MAX_WAIT_S,
    Pacer,
    Waiting,
)
from sfu.plan import Plan
from tests.support.network import Conditions, Link, run

PLAN = Plan(ssrc=1, payload_type=96, destination=None)
PACKET = 1100
TICK_S = 0.01


def numbers(left: list[Waiting | bytes]) -> list[int | bytes]:
    """Retransmissions as they are, pictures' packets by their numbers."""
    return [each if isinstance(each, bytes) else each.sequence for each in left]


def departures(pacer: Pacer, packets: int, until_s: float = 3.0) -> list[tuple[float, int | bytes]]:
    """(when, sequence number) of each of ``packets`` put at 0."""
    for number in range(packets):
        pacer.put(PLAN, number, PACKET, 0.0)
    left: list[tuple[float, int | bytes]] = []

    def tick(now: float) -> None:
        left.extend((now, number) for number in numbers(pacer.due(now)))

    run(tick, until_s, TICK_S)
    return left


def test_packets_leave_in_order_at_the_estimate_and_a_little_more() -> None:
    pacer = Pacer()
    pacer.estimate(500_000, 0)
    left = departures(pacer, 40)
    assert [number for _, number in left] == list(range(40))
    expected_s = 40 * PACKET * 8 / (FACTOR * 500_000)
    assert left[-1][0] == pytest.approx(expected_s, abs=0.04)


def test_sound_takes_its_share_of_the_line() -> None:
    alone, beside = Pacer(), Pacer()
    alone.estimate(500_000, 0)
    beside.estimate(500_000, 100_000)
    last = [departures(pacer, 40)[-1][0] for pacer in (alone, beside)]
    assert last[1] == pytest.approx(last[0] * 5 / 4, abs=0.04)


def test_nothing_waits_for_ever_however_thin_the_line() -> None:
    pacer = Pacer()
    pacer.estimate(50_000, 0)
    left = departures(pacer, MAX_PACKETS)
    assert len(left) == MAX_PACKETS
    assert left[-1][0] <= MAX_WAIT_S + TICK_S


def test_the_queue_is_bounded_and_says_so() -> None:
    pacer = Pacer()
    for number in range(MAX_PACKETS + 3):
        pacer.put(PLAN, number, PACKET, 0.0)
    assert (pacer.waiting, pacer.refused) == (MAX_PACKETS, 3)
    assert numbers(pacer.drain()) == list(range(MAX_PACKETS))
    assert pacer.waiting == 0
    assert pacer.due(9.0) == []


def test_retransmissions_go_first_and_count() -> None:
    pacer = Pacer()
    pacer.estimate(400_000, 0)
    for number in range(4):
        pacer.put(PLAN, number, PACKET, 1.0)
    pacer.put_again(PLAN, 7, bytes(PACKET))
    assert numbers(pacer.due(1.0)) == [bytes(PACKET), 0]
    assert pacer.due(1.01) == []
    pacer.put_again(PLAN, 8, bytes(PACKET))
    assert numbers(pacer.due(1.03)) == [bytes(PACKET)]
    assert numbers(pacer.drain()) == [1, 2, 3]


def test_retransmissions_starve_no_picture() -> None:
    pacer = Pacer()
    pacer.estimate(100_000, 0)
    seen: list[float] = []

    def tick(now: float) -> None:
        pacer.put_again(PLAN, 100 + round(now / TICK_S), bytes(PACKET))
        if not now:
            pacer.put(PLAN, 0, PACKET, now)
        seen.extend(now for each in pacer.due(now) if isinstance(each, Waiting))

    run(tick, 3.0, TICK_S)
    assert len(seen) == 1
    assert seen[0] <= MAX_WAIT_S + TICK_S
    assert len(pacer.drain()) <= MAX_AGAIN


def test_a_packet_waits_to_be_sent_again_once_and_says_when_it_was() -> None:
    pacer = Pacer()
    pacer.estimate(400_000, 0)
    assert pacer.again_at(PLAN, 7) is None
    for _ in range(3):
        pacer.put_again(PLAN, 7, bytes(PACKET))
    assert pacer.again_at(PLAN, 7) == inf
    assert len(pacer.due(1.0)) == 1
    assert pacer.again_at(PLAN, 7) == 1.0


def test_it_knows_what_has_not_left_yet() -> None:
    pacer, other = Pacer(), Plan(ssrc=2, payload_type=96, destination=None)
    for number in range(65530, 65541):
        pacer.put(PLAN, number & 0xFFFF, PACKET, 0.0)
        pacer.put(other, 100, PACKET, 0.0)
    left = [each for each in pacer.due(0.0) if isinstance(each, Waiting) and each.plan is PLAN]
    gone = len(left)
    assert 0 < gone < 11
    held = [number for number in range(65525, 65545) if pacer.holds(PLAN, number & 0xFFFF)]
    assert held == list(range(65530 + gone, 65545))


def test_idleness_earns_no_burst() -> None:
    pacer = Pacer()
    pacer.estimate(400_000, 0)
    for number in range(20):
        pacer.put(PLAN, number, PACKET, 60.0)
    assert len(pacer.due(60.0)) <= 2


@pytest.mark.parametrize(("paced", "lost"), [(False, 42), (True, 0)])
def test_a_keyframe_survives_a_short_queue(paced: bool, lost: int) -> None:
    """60 kB into 500 kbit/s that hold 15 kB: at once most of it is dropped."""
    link = Link(Conditions(rate_bps=500_000, queue_bytes=15_000), seed=1)
    pacer = Pacer()
    pacer.estimate(450_000, 0)
    for number in range(55):
        pacer.put(PLAN, number, PACKET, 0.0)
    waiting = [] if paced else pacer.drain()
    for _ in waiting:
        link.send(bytes(PACKET), 0.0)

    def tick(now: float) -> None:
        for _ in pacer.due(now):
            link.send(bytes(PACKET), now)

    run(tick, 3.0, TICK_S)
    assert link.dropped == lost
