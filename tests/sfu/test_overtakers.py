"""Packets of a keyframe that come before its first."""

from __future__ import annotations

import pytest

from sfu.overtakers import MAX_KEPT
from tests.sfu.streams import Outlet, make_consumer, make_producer, video


def test_a_keyframe_whose_first_packet_comes_last_is_not_torn() -> None:
    """It was lost on the publisher's line and sent again: what came meanwhile belongs to it."""
    producer, outlet = make_producer(), Outlet()
    consumer = make_consumer(producer)
    producer.resume(consumer)
    for number in (1, 3, 4, 5, 2):
        outlet.feed(producer, [video(number, keyframe=number == 2)])
    outlet.feed(producer, [video(6)])
    assert [packet.payload for packet in outlet.got(consumer)] == [
        packet.payload for packet in (video(2, keyframe=True), *map(video, (3, 4, 5, 6)))
    ]
    assert outlet.numbers(consumer) == [100, 101, 102, 103, 104]


@pytest.mark.parametrize("passed", [[2], [2, *range(4, 5 + MAX_KEPT)]], ids=["before", "beyond"])
def test_a_keyframe_that_would_be_torn_is_not_begun_with(passed: list[int]) -> None:
    """What follows it came before anybody waited, or too long ago."""
    producer, outlet = make_producer(), Outlet()
    consumer = make_consumer(producer)
    outlet.feed(producer, [video(passed[0])])
    producer.resume(consumer)
    for number in passed[1:]:
        outlet.feed(producer, [video(number)])
    requester = producer.encodings[0].keyframes
    assert requester.due(1.0)
    late = 1 if len(passed) == 1 else 3
    outlet.feed(producer, [video(late, keyframe=True)])
    assert outlet.got(consumer) == []
    assert requester.due(2.0)
    outlet.feed(producer, [video(900, keyframe=True)])
    assert outlet.numbers(consumer) == [100]
