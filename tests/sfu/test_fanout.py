"""Batches to many consumers: each its own header, every packet once, runs that can be offloaded."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.fanout import (
    AT_ONCE_BYTES,
    HEADER_SIZE,
    MAX_PACKET,
    MAX_RUN_BYTES,
    MAX_RUN_SEGMENTS,
    Fanout,
    Run,
)
from sfu.frame_marks import FrameMarks
from sfu.history import History
from sfu.pacer import Pacer, Waiting
from sfu.packet import MediaPacket
from sfu.plan import Plan
from sfu.wire.rtp import parse_rtp
from tests.sfu.streams import PlainArena


def packet(sequence: int, size: int = 50, marker: bool = False) -> MediaPacket:
    return MediaPacket(
        encoding=0,
        sequence=sequence,
        timestamp=sequence * 10,
        marker=marker,
        marks=FrameMarks(),
        payload_at=0,
        tail=sequence.to_bytes(4, "big") + bytes(size - 4),
    )


def plan(number: int = 0, first: int = 1, start: int = 0) -> Plan:
    made = Plan(ssrc=100 + number, payload_type=96, destination=number)
    made.start_at(packet(start), first, History())
    return made


def forward(
    packets: Sequence[MediaPacket], plans: Sequence[Plan], arena: PlainArena
) -> list[tuple[object, list[bytes]]]:
    """(destination, its datagrams) of each run, in order."""
    for each in plans:
        each.epochs[-1].history.note(packets)
    sent = []
    for runs in Fanout(arena)(packets, plans, 0.0):
        for run in runs:
            cuts = range(run.start, run.end, run.segment)
            sent.append((run.destination, [_cut(arena, run, start) for start in cuts]))
    return sent


def _cut(arena: PlainArena, run: Run, start: int) -> bytes:
    return bytes(arena.buffer[start : min(start + run.segment, run.end)])


def test_each_consumer_gets_its_own_header_before_the_same_tail() -> None:
    plans = [plan(0, first=1), plan(1, first=65535)]
    sent = forward([packet(0), packet(1, marker=True)], plans, PlainArena())
    found = [
        [(p.ssrc, p.sequence_number, p.timestamp, p.marker, p.payload_type) for p in got]
        for got in ([parse_rtp(data) for data in datagrams] for _, datagrams in sent)
    ]
    assert found == [
        [(100, 1, 0, False, 96), (100, 2, 10, True, 96)],
        [(101, 65535, 0, False, 96), (101, 0, 10, True, 96)],
    ]
    assert all(data[HEADER_SIZE + 3] in (0, 1) for _, datagrams in sent for data in datagrams)


def test_packets_from_before_the_start_are_left_out() -> None:
    late = plan(first=7, start=5)
    sent = forward([packet(4), packet(5), packet(3), packet(6)], [late], PlainArena())
    numbers = [parse_rtp(data).sequence_number for _, run in sent for data in run]
    assert numbers == [7, 8]
    assert (late.packets_sent, late.bytes_sent, late.last_sequence) == (2, 100, 8)


def test_a_packet_that_cannot_be_protected_is_counted_and_no_hole_in_memory() -> None:
    fate = iter([False, True, False])
    one = plan()
    sent = forward([packet(n) for n in range(3)], [one], PlainArena(fails=lambda: next(fate)))
    numbers = [parse_rtp(data).sequence_number for _, run in sent for data in run]
    assert numbers == [1, 3]
    assert (one.packets_sent, one.dropped) == (2, 1)
    assert one.again(2) is None


@pytest.mark.parametrize(
    ("sizes", "runs"),
    [
        ([50], [1]),
        ([50, 50, 50], [3]),
        ([50, 50, 20], [3]),  # a shorter last one
        ([50, 20, 50], [2, 1]),
        ([20, 50, 50], [1, 2]),
        ([50, 60, 70], [1, 1, 1]),
        ([50] * (MAX_RUN_SEGMENTS + 2), [MAX_RUN_SEGMENTS, 2]),
    ],
)
def test_runs_of_equal_size(sizes: list[int], runs: list[int]) -> None:
    packets = [packet(number, size) for number, size in enumerate(sizes)]
    sent = forward(packets, [plan()], PlainArena(1 << 18))
    assert [len(datagrams) for _, datagrams in sent] == runs


def test_the_first_leave_before_the_last_are_protected() -> None:
    arena = PlainArena(size=1 << 20)
    packets = [packet(number, size=1100) for number in range(5)]
    lists = list(Fanout(arena)(packets, [plan(number) for number in range(50)], 0.0))
    assert [len(runs) for runs in lists] == [AT_ONCE_BYTES // (5 * MAX_PACKET)] * 6 + [2]


def test_more_plans_than_the_arena_holds_are_sent_in_turns() -> None:
    packets = [packet(number, 1000) for number in range(4)]
    arena = PlainArena(4 * MAX_PACKET * 3)
    plans = [plan(number) for number in range(10)]
    assert len(list(Fanout(arena)(packets, plans, 0.0))) == 4
    sent = forward(packets, [plan(number) for number in range(10)], arena)
    assert [(to, len(datagrams)) for to, datagrams in sent] == [(n, 4) for n in range(10)]


@given(st.lists(st.integers(4, 1500), min_size=1, max_size=100), st.integers(1, 4))
def test_every_packet_leaves_once_in_runs_the_kernel_takes(sizes: list[int], count: int) -> None:
    packets = [packet(number, size) for number, size in enumerate(sizes)]
    plans = [plan(number) for number in range(count)]
    arena = PlainArena(1 << 18)
    sent = forward(packets, plans, arena)
    for number in range(count):
        datagrams = [data for to, run in sent if to == number for data in run]
        assert [data[HEADER_SIZE:] for data in datagrams] == [p.tail for p in packets]
    for _, run in sent:
        assert len(run) <= MAX_RUN_SEGMENTS
        assert sum(map(len, run)) <= MAX_RUN_BYTES
        assert {len(data) for data in run[:-1]} <= {len(run[0])}
        assert len(run[-1]) <= len(run[0])


def test_a_paced_consumer_gets_later_what_others_get_now() -> None:
    at_once, paced = plan(0), plan(0)
    paced.pacer = pacer = Pacer()
    packets = [packet(number, 300) for number in (0, 1, 3, 2)]
    ((_, sent),) = forward(packets, [paced, at_once], PlainArena())
    waiting = [each for each in pacer.drain() if isinstance(each, Waiting)]
    assert [each.plan for each in waiting] == [paced] * 4
    kept = [paced.again(each.sequence) for each in waiting]
    assert [header + tail for _, header, tail in filter(None, kept)] == sent
    for field in ("packets_sent", "bytes_sent", "last_sequence", "last_timestamp"):
        assert getattr(paced, field) == getattr(at_once, field)


def test_what_is_older_than_a_paced_consumer_is_left_out() -> None:
    paced = plan(0, start=5)
    paced.pacer = pacer = Pacer()
    assert forward([packet(4), packet(5)], [paced], PlainArena()) == []
    assert [each.sequence for each in pacer.drain() if isinstance(each, Waiting)] == [1]
