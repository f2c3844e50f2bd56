"""What a subscriber's line and wishes make of a simulcast track."""

from __future__ import annotations

import pytest

from sfu.layer_control import STARVED_S, LayerControl
from sfu.layer_demand import UNWANTED_AFTER_S, LayerDemand, Watched
from sfu.producer import Producer
from sfu.subscriber import Section
from sfu.wish import Wish
from tests.sfu.streams import OPUS, Outlet, audio, make_consumer, make_producer, video
from tests.sfu.test_simulcast import HIGH, LOW, MIDDLE, frame, make_simulcast

SIZES = {LOW: 40, MIDDLE: 400, HIGH: 1000}  # bytes of padding that make the layers' rates differ


def play(producer: Producer, seconds: float, start: float = 0.0, highest: int = HIGH) -> float:
    """Every layer up to the ``highest`` sends 30 frames a second."""
    outlet = Outlet()
    for index in range(round(seconds * 30)):
        now = start + index / 30
        for encoding in producer.encodings[: highest + 1]:
            packet = frame(encoding.index, index + round(start * 30), keyframe=index % 15 == 0)
            packet.payload += bytes(SIZES[encoding.index])
            taken = encoding.receive(packet, now)
            if taken is not None:
                outlet.forward(producer, [taken])
    return start + seconds


def section_of(producer: Producer, ssrc: int = 7000) -> Section:
    consumer = make_consumer(producer, ssrc)
    return Section(consumer.media, producer, consumer)


def chosen(section: Section) -> int | None:
    return None if section.consumer.wanted is None else section.consumer.wanted.index


def run(control: LayerControl, section: Section, budget: float | None, seconds: float) -> None:
    now = play(section.producer, 1.2)
    while now < 1.2 + seconds:
        control.update([section], budget, now)
        now = play(section.producer, 0.25, now)


@pytest.mark.parametrize(
    ("budget", "layer"),
    [(None, HIGH), (10_000_000.0, HIGH), (250_000.0, MIDDLE), (40_000.0, LOW)],
)
def test_the_line_decides_the_layer(budget: float | None, layer: int) -> None:
    section = section_of(make_simulcast())
    run(LayerControl(), section, budget, 4.0)
    assert chosen(section) == layer


@pytest.mark.parametrize(
    ("wish", "layer"),
    [(Wish(60, 40), LOW), (Wish(1280, 720), HIGH), (Wish(400, 200), HIGH)],
)
def test_a_small_tile_gets_a_small_picture(wish: Wish, layer: int) -> None:
    producer = make_simulcast()
    section, control = section_of(producer), LayerControl()
    control.wish(producer.track_id, wish)
    run(control, section, None, 2.0)
    assert chosen(section) == layer


@pytest.mark.parametrize("wish", [Wish(paused=True), Wish(0, 0)])
def test_what_is_not_shown_is_not_sent_until_it_is(wish: Wish) -> None:
    producer = make_simulcast()
    section, control = section_of(producer), LayerControl()
    run(control, section, None, 1.0)
    control.wish(producer.track_id, wish)
    run(control, section, None, 1.0)
    assert not any(encoding.audience.is_wanted for encoding in producer.encodings)
    control.wish(producer.track_id, Wish())
    run(control, section, None, 1.0)
    assert any(encoding.audience.is_wanted for encoding in producer.encodings)


def test_a_line_too_thin_for_anything_pauses_only_if_it_stays_so() -> None:
    producer = make_simulcast()
    section, control = section_of(producer), LayerControl()
    producer.resume(section.consumer)
    now = play(producer, 1.2)
    control.update([section], 1000.0, now)
    assert any(encoding.audience.is_wanted for encoding in producer.encodings)
    now = play(producer, STARVED_S + 0.1, now)
    control.update([section], 1000.0, now)
    assert not any(encoding.audience.is_wanted for encoding in producer.encodings)


def test_sound_is_never_given_up() -> None:
    producer = make_producer(OPUS)
    section, control = section_of(producer), LayerControl()
    producer.resume(section.consumer)
    for index in range(200):
        now = index * 0.02
        packet = producer.encodings[0].receive(audio(index, index * 960), now)
        assert packet is not None
        Outlet().forward(producer, [packet])
        control.update([section], 100.0, now)
    assert producer.encodings[0].audience.is_wanted


def test_a_track_that_has_not_begun_is_left_alone() -> None:
    producer = make_producer()
    section = section_of(producer)
    producer.resume(section.consumer)
    LayerControl().update([section], 1000.0, 5.0)
    outlet = Outlet()
    outlet.feed(producer, [video(1, keyframe=True)], 5.1)
    assert outlet.numbers(section.consumer) == [100]


def test_layers_nobody_watches_are_told_and_come_back_when_wanted() -> None:
    producer = make_simulcast()
    section, demand = section_of(producer), LayerDemand(producer)
    producer.select(section.consumer, producer.encodings[MIDDLE])
    now = play(producer, 1.0)
    assert demand.due(now) is None
    assert demand.due(now + UNWANTED_AFTER_S) == Watched(("q", "h"))
    assert producer.encodings[HIGH].is_to_be_had(now + 100)
    assert demand.due(now + 10) is None
    producer.select(section.consumer, producer.encodings[HIGH])
    assert demand.due(now + 10.2) == Watched(("q", "h", "f"))


def test_without_simulcast_there_is_nothing_to_tell() -> None:
    assert LayerDemand(make_producer()).due(100.0) is None


def test_who_watches_a_layer_that_stops_gets_another_within_a_second() -> None:
    producer = make_simulcast()
    section, control = section_of(producer), LayerControl()
    run(control, section, None, 1.0)
    assert chosen(section) == HIGH
    outlet, stopped = Outlet(), 2.2
    for index in range(30):
        for encoding in producer.encodings[:HIGH]:
            taken = encoding.receive(frame(encoding.index, 66 + index), stopped + index / 30)
            assert taken is not None
            outlet.forward(producer, [taken])
        if index % 15 == 14:
            control.update([section], None, stopped + index / 30)
    assert chosen(section) == MIDDLE
    assert producer.encodings[MIDDLE].keyframes.due(stopped + 1)


def test_a_layer_that_has_not_begun_is_waited_for() -> None:
    """A publisher whose own estimate is low begins its largest layer late: told to leave it out
    before, it would never be seen, and never be selected."""
    producer = make_simulcast()
    section, demand = section_of(producer), LayerDemand(producer)
    producer.select(section.consumer, producer.encodings[LOW])
    assert demand.due(0.0) is None
    assert demand.due(10 * UNWANTED_AFTER_S) is None
    now = play(producer, 30.0)
    assert demand.due(now) is None
    assert demand.due(now + UNWANTED_AFTER_S) == Watched(("q",))
    assert producer.encodings[HIGH].is_to_be_had(now + 100)


def test_a_layer_that_ceases_by_itself_is_had_again_when_it_comes_again() -> None:
    """As a camera's largest does when the camera becomes smaller: not offered as one that was told
    to stop, so that nobody changes to it and back, and not told to stop either."""
    producer = make_simulcast()
    section, control, demand = section_of(producer), LayerControl(), LayerDemand(producer)

    told = Watched(producer.rids)

    def carry_on(now: float, seconds: float, highest: int) -> tuple[float, set[int | None]]:
        nonlocal told
        wanted = set()
        for _ in range(round(seconds / 0.25)):
            now = play(producer, 0.25, now, highest)
            control.update([section], None, now)
            told = demand.due(now) or told
            assert "f" in told.rids
            wanted.add(chosen(section))
        return now, wanted

    now, _ = carry_on(0.0, 3.0, HIGH)
    assert chosen(section) == HIGH
    now, _ = carry_on(now, 3.0, MIDDLE)
    now, wanted = carry_on(now, 10.0, MIDDLE)
    assert wanted == {MIDDLE}
    carry_on(now, 4.0, HIGH)
    assert chosen(section) == HIGH
