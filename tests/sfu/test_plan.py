"""A consumer's numbering over pauses, and what it can send again."""

from __future__ import annotations

import pytest

from sfu.packet import MediaPacket
from sfu.plan import HISTORY, Plan


def sent_up_to(plan: Plan, last: int) -> None:
    """As the fan-out would write it."""
    for sequence in range(plan.last_sequence + 1 if plan.last_sequence > 0 else 1, last + 1):
        slot = sequence % HISTORY
        plan.history[slot] = MediaPacket(
            sequence=sequence,
            timestamp=sequence,
            marker=False,
            keyframe=False,
            payload_at=0,
            tail=b"",
        )
        plan.sent_sequences[slot] = sequence
    plan.last_sequence = last


def new_plan() -> Plan:
    plan = Plan(ssrc=1, payload_type=96, destination=None)
    plan.start_at(1000, 1)
    return plan


def test_the_first_start_takes_the_given_number_later_ones_go_on() -> None:
    plan = new_plan()
    assert 1000 - plan.sequence_offset == 1
    sent_up_to(plan, 50)
    plan.start_at(5000, 1)
    assert 5000 - plan.sequence_offset == 51
    assert plan.first_sequence == 5000


@pytest.mark.parametrize(
    ("newest", "number", "found"),
    [
        (100, 100, 100),
        (100, 1, 1),
        (100, 101, None),  # not sent yet
        (100, 0, None),
        (100, 65535, None),
        (1000, 1000 - HISTORY + 1, 1000 - HISTORY + 1),
        (1000, 1000 - HISTORY, None),  # too old
        (70000, 70000 & 0xFFFF, 70000),
        (65600, 65535, 65535),  # from before the wrap
    ],
)
def test_what_left_under_a_number(newest: int, number: int, found: int | None) -> None:
    plan = new_plan()
    sent_up_to(plan, newest)
    packet = plan.sent(number)
    assert (packet.sequence if packet else None) == found


def test_before_anything_was_sent_nothing_is_found() -> None:
    assert all(new_plan().sent(number) is None for number in (0, 1, 65535))


def test_what_was_forgotten_is_not_found() -> None:
    plan = new_plan()
    sent_up_to(plan, 100)
    plan.forget_sent()
    assert all(plan.sent(number) is None for number in range(101))
