"""One outstanding offer at a time; sections keep their place; feedback reaches its consumer."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sfu.negotiation import NegotiationError, parse_sdp
from sfu.producer import Producer
from sfu.subscriber import (
    MAX_NACKED,
    MAX_SECTIONS,
    REUSE_FROM_SECTIONS,
    Offer,
    OfferSuperseded,
    Subscriber,
)
from sfu.wire.rtcp import RtcpPacket
from sfu.wire.rtcp_feedback import FullIntraRequest, Nack, PictureLossIndication
from sfu.wire.rtcp_reports import ReceiverReport, ReportBlock
from tests.sfu.sdp_fixtures import LOCAL
from tests.sfu.streams import OPUS, VP8, Outlet, make_producer, plan_of, video


def new_subscriber() -> Subscriber:
    ssrcs = count(1000)
    return Subscriber(LOCAL, lambda: next(ssrcs), 7, lambda: 100)


def answer_to(sdp: str, refused: frozenset[int] = frozenset()) -> str:
    """A client's answer that takes everything but the sections ``refused`` by their index."""
    session = parse_sdp(sdp)
    session.ice_lite = False
    for index, section in enumerate(session.media):
        takes = section.direction == "sendonly" and index not in refused
        section.direction = "recvonly" if takes else "inactive"
        section.setup = "active"
        section.msids, section.ssrc_attributes, section.ssrc_groups = [], [], []
        section.candidates = []
    return session.serialize()


def offered(subscriber: Subscriber) -> Offer:
    offer = subscriber.offer()
    assert offer is not None
    return offer


def negotiated(subscriber: Subscriber) -> Offer:
    offer = offered(subscriber)
    subscriber.answer(offer.offer_id, answer_to(offer.sdp), object())
    return offer


def lines(sdp: str) -> list[tuple[str, str, str]]:
    """(mid, kind, direction) of each section."""
    return [(m.mid or "", m.kind, m.direction or "") for m in parse_sdp(sdp).media]


def test_without_tracks_there_is_nothing_to_offer() -> None:
    assert new_subscriber().offer() is None


def test_one_offer_is_outstanding_and_the_next_holds_what_came_meanwhile() -> None:
    subscriber = new_subscriber()
    subscriber.add(make_producer(OPUS, "a"))
    first = offered(subscriber)
    subscriber.add(make_producer(VP8, "b"))
    assert subscriber.offer() is None
    accepted = subscriber.answer(first.offer_id, answer_to(first.sdp), object())
    assert [section.producer.track_id for section in accepted] == ["a"]
    second = offered(subscriber)
    assert second.offer_id > first.offer_id
    assert lines(second.sdp) == [("0", "audio", "sendonly"), ("1", "video", "sendonly")]


@pytest.mark.parametrize("offer_id", [0, 2, -1, 1 << 40])
def test_an_answer_to_another_offer_is_superseded(offer_id: int) -> None:
    subscriber = new_subscriber()
    subscriber.add(make_producer())
    offer = offered(subscriber)
    with pytest.raises(OfferSuperseded):
        subscriber.answer(offer_id, answer_to(offer.sdp), object())
    subscriber.answer(offer.offer_id, answer_to(offer.sdp), object())
    with pytest.raises(OfferSuperseded):
        subscriber.answer(offer.offer_id, answer_to(offer.sdp), object())


def test_a_restart_supersedes_the_outstanding_offer_and_offers_the_same_again() -> None:
    subscriber = new_subscriber()
    subscriber.add(make_producer())
    first = offered(subscriber)
    ice = replace(LOCAL.ice, ufrag="again", password="p" * 24)
    subscriber.restart(replace(LOCAL, ice=ice))
    second = offered(subscriber)
    assert lines(second.sdp) == lines(first.sdp)
    assert parse_sdp(second.sdp).media[0].ice_ufrag == "again"
    with pytest.raises(OfferSuperseded):
        subscriber.answer(first.offer_id, answer_to(first.sdp), object())
    assert subscriber.answer(second.offer_id, answer_to(second.sdp), object())


def test_a_restart_without_sections_offers_nothing() -> None:
    subscriber = new_subscriber()
    subscriber.restart(LOCAL)
    assert subscriber.offer() is None


def test_an_invalid_answer_leaves_the_offer_outstanding() -> None:
    subscriber = new_subscriber()
    subscriber.add(make_producer())
    offer = offered(subscriber)
    with pytest.raises(NegotiationError):
        subscriber.answer(offer.offer_id, "v=0\r\n", object())
    assert subscriber.answer(offer.offer_id, answer_to(offer.sdp), object())


def test_a_track_that_ended_before_its_answer_does_not_flow() -> None:
    subscriber, producer = new_subscriber(), make_producer()
    subscriber.add(producer)
    subscriber.add(make_producer(OPUS, "sound"))
    offer = offered(subscriber)
    subscriber.remove(producer)
    accepted = subscriber.answer(offer.offer_id, answer_to(offer.sdp), object())
    assert [section.producer.track_id for section in accepted] == ["sound"]
    assert not producer.consumers
    assert lines(offered(subscriber).sdp)[0] == ("0", "video", "inactive")


def test_a_refused_track_does_not_flow_and_may_be_taken_later() -> None:
    subscriber, producer, outlet = new_subscriber(), make_producer(), Outlet()
    subscriber.add(producer)
    subscriber.add(make_producer(OPUS, "sound"))
    offer = negotiated(subscriber)
    (section, _) = subscriber.sections
    producer.resume(section.consumer)
    outlet.feed(producer, [video(1, keyframe=True)])
    subscriber.add(make_producer(OPUS, "more"))
    offer = offered(subscriber)
    subscriber.answer(offer.offer_id, answer_to(offer.sdp, frozenset({0})), object())
    assert section.consumer.refused
    outlet.feed(producer, [video(2, keyframe=True)])
    assert len(outlet.numbers(section.consumer)) == 1
    subscriber.add(make_producer(OPUS, "again"))
    negotiated(subscriber)
    assert not section.consumer.refused


def test_sections_are_used_again_only_when_there_are_many_and_their_end_was_answered() -> None:
    subscriber = new_subscriber()
    producers = [make_producer(OPUS, f"t{n}") for n in range(REUSE_FROM_SECTIONS)]
    for producer in producers:
        subscriber.add(producer)
    negotiated(subscriber)
    subscriber.remove(producers[3])
    subscriber.add(make_producer(OPUS, "too-early"))
    assert len(lines(negotiated(subscriber).sdp)) == REUSE_FROM_SECTIONS + 1
    subscriber.add(make_producer(VP8, "another-kind"))
    subscriber.add(make_producer(OPUS, "again"))
    sections = negotiated(subscriber).sections
    assert [s.media.mid for s in sections if s.producer.track_id == "again"] == ["3"]
    assert [s.media.mid for s in sections if s.producer.track_id == "another-kind"] == ["17"]


def test_sections_are_bounded() -> None:
    subscriber = new_subscriber()
    added = [subscriber.add(make_producer(OPUS, f"t{n}")) for n in range(MAX_SECTIONS + 1)]
    assert added == [True] * MAX_SECTIONS + [False]


class OfferMachine(RuleBasedStateMachine):
    """Tracks come and go while offers are on their way."""

    @initialize()
    def begin(self) -> None:
        self.subscriber = new_subscriber()
        self.tracks: list[Producer] = []
        self.outstanding: Offer | None = None
        self.sections: list[tuple[str, str]] = []
        self.answered_inactive: set[str] = set()
        self.names = count()

    @rule(codec=st.sampled_from([OPUS, VP8]), times=st.integers(1, 9))
    def add(self, codec: object, times: int) -> None:
        for _ in range(times):
            producer = make_producer(codec, f"t{next(self.names)}")  # type: ignore[arg-type]
            if self.subscriber.add(producer):
                self.tracks.append(producer)

    @rule(which=st.integers(0, 200))
    def remove(self, which: int) -> None:
        if self.tracks:
            self.subscriber.remove(self.tracks.pop(which % len(self.tracks)))

    @rule()
    def offer(self) -> None:
        offer = self.subscriber.offer()
        if self.outstanding is not None:
            assert offer is None
        elif offer is not None:
            self.outstanding = offer
            found = lines(offer.sdp)
            assert [(mid, kind) for mid, kind, _ in found][: len(self.sections)] == self.sections
            for mid, _, direction in found[: len(self.sections)]:
                if direction == "sendonly" and mid not in self.active:
                    assert mid in self.answered_inactive
            self.sections = [(mid, kind) for mid, kind, _ in found]

    @rule()
    def answer(self) -> None:
        if self.outstanding is None:
            return
        offer, self.outstanding = self.outstanding, None
        found = lines(offer.sdp)
        self.subscriber.answer(offer.offer_id, answer_to(offer.sdp), object())
        self.answered_inactive = {mid for mid, _, direction in found if direction == "inactive"}
        self.active = {mid for mid, _, direction in found if direction == "sendonly"}

    active: set[str] = set()  # noqa: RUF012  replaced, never changed

    @invariant()
    def each_track_has_one_section_and_one_ssrc(self) -> None:
        sections = self.subscriber.sections
        assert sorted(s.producer.track_id for s in sections) == sorted(
            t.track_id for t in self.tracks
        )
        assert len({s.media.ssrc for s in sections}) == len(sections)


OfferMachine.TestCase.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
TestOffers = OfferMachine.TestCase


# --- RTCP ---------------------------------------------------------------------------------------


@pytest.fixture
def flowing() -> tuple[Subscriber, Producer, int]:
    """A subscriber that has been sent 300 packets, the track, and the SSRC they were sent on."""
    subscriber, producer, outlet = new_subscriber(), make_producer(), Outlet()
    subscriber.add(producer)
    negotiated(subscriber)
    (section,) = subscriber.sections
    producer.resume(section.consumer)
    outlet.feed(producer, [video(0, keyframe=True)])
    for number in range(1, 300):
        outlet.feed(producer, [video(number)])
    return subscriber, producer, plan_of(section.consumer).ssrc


Flowing = tuple[Subscriber, Producer, int]


def test_nacks_are_answered_of_known_streams_only(flowing: Flowing) -> None:
    subscriber, _, ssrc = flowing
    assert len(subscriber.receive_rtcp([Nack(1, ssrc, (100, 101))], 1.0)) == 2
    assert subscriber.receive_rtcp([Nack(1, ssrc + 99, (102, 103))], 1.0) == []


def test_one_datagram_of_nacks_does_bounded_work(flowing: Flowing) -> None:
    subscriber, _, ssrc = flowing
    storm: list[RtcpPacket] = [Nack(1, ssrc, tuple(range(100, 400)))] * 50
    resent = subscriber.receive_rtcp(storm, 1.0)
    assert len(resent) <= MAX_NACKED
    again = sum(len(subscriber.receive_rtcp(storm, 1.0 + n)) for n in range(1, 20))
    assert len(resent) + again <= 200 + 150  # the burst, and half of what was sent


@pytest.mark.parametrize(
    "request_of",
    [
        lambda ssrc: PictureLossIndication(1, ssrc),
        lambda ssrc: FullIntraRequest(1, ((ssrc, 5),)),
    ],
)
def test_a_flood_of_keyframe_requests_is_one(flowing: Flowing, request_of: object) -> None:
    subscriber, producer, ssrc = flowing
    request: RtcpPacket = request_of(ssrc)  # type: ignore[operator]
    asked = 0
    for index in range(1000):
        subscriber.receive_rtcp([request] * 10, index * 0.001)
        asked += producer.encodings[0].keyframes.due(index * 0.001)
    assert asked == 2
    assert subscriber.sections[0].consumer.keyframe_requests == 10_000


def test_requests_for_unknown_streams_do_nothing(flowing: Flowing) -> None:
    subscriber, producer, ssrc = flowing
    subscriber.receive_rtcp(
        [PictureLossIndication(1, ssrc + 7), FullIntraRequest(1, ((ssrc + 7, 1),))], 0.0
    )
    assert not producer.encodings[0].keyframes.due(9.0)


def test_false_reports_are_noted_and_harm_nothing(flowing: Flowing) -> None:
    subscriber, _, ssrc = flowing
    block = ReportBlock(ssrc, 255, -1, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
    subscriber.receive_rtcp([ReceiverReport(1, (block, block)), ReceiverReport(1, ())], 1.0)
    consumer = subscriber.sections[0].consumer
    assert (consumer.packets_lost, consumer.round_trip_s) == (-1, None)


def test_a_track_that_left_gets_no_feedback_any_more(flowing: Flowing) -> None:
    subscriber, producer, ssrc = flowing
    subscriber.remove(producer)
    assert subscriber.receive_rtcp([Nack(1, ssrc, (100,)), PictureLossIndication(1, ssrc)], 1) == []
    assert not producer.encodings[0].keyframes.due(9.0)
