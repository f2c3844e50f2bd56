"""Who is forwarded what, and who needs a new offer."""

from __future__ import annotations

from itertools import count

import pytest

from sfu.router import Router
from sfu.subscriber import Subscriber
from tests.sfu.sdp_fixtures import LOCAL
from tests.sfu.streams import OPUS, VP8, make_producer


class World:
    def __init__(self, *names: str) -> None:
        self.router = Router("room")
        self.subscribers: dict[str, Subscriber] = {}
        for name in names:
            self.join(name)

    def join(self, name: str) -> bool:
        ssrcs = count(1000)
        self.subscribers[name] = Subscriber(LOCAL, lambda: next(ssrcs), 1, lambda: 1)
        return self.router.add_subscriber(name, self.subscribers[name])

    def gets(self, name: str) -> set[str]:
        return {section.producer.track_id for section in self.subscribers[name].sections}


def test_everyone_gets_the_tracks_of_all_others() -> None:
    world = World("a", "b", "c")
    assert world.router.add_producers("a", [make_producer(name="a1")]) == {"b", "c"}
    assert world.router.add_producers("b", [make_producer(name="b1")]) == {"a", "c"}
    assert [world.gets(name) for name in "abc"] == [{"b1"}, {"a1"}, {"a1", "b1"}]


def test_who_joins_later_gets_what_is_there() -> None:
    world = World("a")
    assert not world.join("b")
    world.router.add_producers("a", [make_producer(OPUS, "a1"), make_producer(VP8, "a2")])
    assert world.join("c")
    assert world.gets("c") == {"a1", "a2"}


def test_no_tracks_no_offers() -> None:
    world = World("a", "b")
    assert world.router.add_producers("a", []) == set()
    assert world.router.remove_producers("a", [make_producer()]) == set()


def test_an_ended_track_ends_for_all() -> None:
    world = World("a", "b", "c")
    first, second = make_producer(name="a1"), make_producer(name="a2")
    world.router.add_producers("a", [first, second])
    assert world.router.remove_producers("a", [first]) == {"b", "c"}
    assert world.gets("b") == world.gets("c") == {"a2"}
    assert world.router.producers("a") == [second]
    assert not first.consumers


@pytest.mark.parametrize("times", [1, 2])
def test_who_leaves_takes_its_tracks_along_and_gets_none(times: int) -> None:
    world = World("a", "b")
    ours, theirs = make_producer(name="a1"), make_producer(name="b1")
    world.router.add_producers("a", [ours])
    world.router.add_producers("b", [theirs])
    changed = [world.router.remove_connection("a") for _ in range(times)]
    assert changed[0] == {"b"}
    assert changed[1:] == [set()] * (times - 1)
    assert world.gets("b") == set()
    assert not theirs.consumers
    world.router.remove_connection("b")
    assert world.router.is_empty
