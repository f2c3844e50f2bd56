"""A consumer's numbering over pauses, and what it can send again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.frame_marks import FrameMarks
from sfu.history import HISTORY, History
from sfu.packet import MediaPacket
from sfu.plan import Plan


def packet_of(sequence: int, timestamp: int | None = None, picture: int = -1) -> MediaPacket:
    marks = FrameMarks(picture_id=picture, picture_id_at=2, tl0_index=picture, tl0_index_at=4)
    return MediaPacket(
        encoding=0,
        sequence=sequence,
        timestamp=sequence if timestamp is None else timestamp,
        marker=False,
        marks=marks if picture >= 0 else FrameMarks(),
        payload_at=8,
        tail=b"\xbe\xde\x00\x01ext." + bytes(8),
    )


def leave(plan: Plan, packet: MediaPacket) -> None:
    """As it is noted when it is dispatched and sent."""
    sequence = packet.sequence - plan.sequence_offset
    plan.epochs[-1].history.note([packet])
    if sequence > plan.last_sequence:
        plan.last_timestamp = (packet.timestamp + plan.timestamp_offset) & 0xFFFFFFFF
    plan.note_sent([sequence])


def sent_up_to(plan: Plan, last: int) -> None:
    for sequence in range(max(plan.last_sequence + 1, 1), last + 1):
        leave(plan, packet_of(sequence + plan.sequence_offset))


def plan_from(first: MediaPacket) -> Plan:
    plan = Plan(ssrc=1, payload_type=96, destination=None)
    plan.start_at(first, 1, History())
    return plan


def new_plan() -> Plan:
    return plan_from(packet_of(1000))


def test_the_first_start_takes_the_given_number_later_ones_go_on() -> None:
    plan = new_plan()
    assert 1000 - plan.sequence_offset == 1
    sent_up_to(plan, 50)
    plan.start_at(packet_of(5000), 1, History())
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
    left = plan.again(number)
    assert (left[0].sequence - plan.sequence_offset if left else None) == found


def test_before_anything_was_sent_nothing_is_found() -> None:
    assert all(new_plan().again(number) is None for number in (0, 1, 65535))


def test_what_was_forgotten_is_not_found() -> None:
    plan = new_plan()
    sent_up_to(plan, 100)
    plan.forget_sent()
    assert all(plan.again(number) is None for number in range(101))


@given(
    st.lists(st.integers(-40, 40) | st.integers(-700, 700), max_size=200),
    st.integers(1, 40000),
)
def test_what_has_left_is_known_of_the_last_numbers(steps: list[int], first: int) -> None:
    plan, noted = new_plan(), {first}
    plan.note_sent([first])
    for step in steps:
        number = max(plan.last_sequence + step, 1)
        plan.note_sent([number])
        noted = {n for n in noted | {number} if n > plan.last_sequence - HISTORY}
    numbers = range(plan.last_sequence - HISTORY + 1, plan.last_sequence + 1)
    assert {n for n in numbers if plan.has_left(n)} == noted
    assert not plan.has_left(plan.last_sequence - HISTORY)


@pytest.mark.parametrize(
    ("before", "after", "clock"),
    [
        (1000, 4000, 4000),  # ahead: the new stream's own time
        (1000, 1000, 1001),  # never the same
        (5000, 4000, 5001),  # never back
        (0xFFFFFFFF, 5, 5),  # ahead over the wrap
    ],
)
def test_another_stream_never_sets_the_clock_back(before: int, after: int, clock: int) -> None:
    plan = plan_from(packet_of(10, before))
    leave(plan, packet_of(10, before))
    plan.start_at(packet_of(900, after), 1, History())
    assert (after + plan.timestamp_offset) & 0xFFFFFFFF == clock


@pytest.mark.parametrize("after", [0, 5_000, 6_000, 0x80001000, 0xFFFFFFFF])
def test_another_track_goes_on_by_the_time_that_has_passed(after: int) -> None:
    plan = plan_from(packet_of(10, 5_000))
    leave(plan, packet_of(10, 5_000))
    plan.start_at(packet_of(900, after), 1, History(), elapsed=9_000)
    assert (after + plan.timestamp_offset) & 0xFFFFFFFF == 14_000


def test_picture_ids_go_on_over_a_change_of_streams() -> None:
    plan = plan_from(packet_of(10, 1, picture=0x7FFF))
    leave(plan, packet_of(10, 1, picture=0x7FFF))
    plan.start_at(packet_of(900, 9, picture=200), 1, History())
    assert (200 + plan.picture_offset) & 0x7FFF == 0
    assert (200 + plan.tl0_offset) & 0xFF == 0x7FFF + 1 & 0xFF


def test_picture_ids_go_on_when_others_have_got_more_in_between() -> None:
    plan = plan_from(packet_of(10, 1, picture=7))
    leave(plan, packet_of(10, 1, picture=7))
    plan.keep_last()
    plan.epochs[-1].history.note([packet_of(number) for number in range(11, 11 + HISTORY)])
    assert plan.again(1) is None
    plan.start_at(packet_of(900, 9, picture=200), 1, History())
    assert (200 + plan.picture_offset) & 0x7FFF == 8


def test_what_left_before_a_change_of_streams_is_sent_again_as_it_was() -> None:
    plan = plan_from(packet_of(10, 1, picture=5))
    leave(plan, packet_of(10, 1, picture=5))
    before = plan.again(1)
    plan.start_at(packet_of(900, 0, picture=90), 1, History())
    leave(plan, packet_of(900, 0, picture=90))
    assert plan.again(1) == before
    _, header, tail = plan.again(2) or (None, b"", b"")
    assert int.from_bytes(header[4:8], "big") == 2
    assert int.from_bytes(tail[10:12], "big") == 0x8000 | 6
    assert tail[12] == 6
