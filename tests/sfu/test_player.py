"""Which tracks a player gets on which sections, now and later."""

from __future__ import annotations

from itertools import count, pairwise

import pytest

from sfu.negotiation import NegotiationError, parse_sdp
from sfu.player import Player
from sfu.producer import Producer
from sfu.rtp_parameters import Codec
from sfu.subscriber import Section
from sfu.wire.seq import ts_diff
from tests.sfu.sdp_fixtures import LOCAL, OPUS, read
from tests.sfu.streams import VP8, Outlet, video

OFFER = parse_sdp(read("chromium_receive"))  # one audio section, one video section


def track(name: str, kind: str = "video", muted: bool = False) -> Producer:
    return Producer(
        track_id=name,
        connection_id=name[0],
        kind="audio" if kind == "audio" else "video",
        source="microphone" if kind == "audio" else "camera",
        codec=OPUS if kind == "audio" else VP8,
        extensions={},
        muted=muted,
    )


def player(placed: list[Section] | None = None, only: str = "") -> Player:
    ssrcs = count(1)
    return Player(
        LOCAL,
        lambda: next(ssrcs),
        lambda: 7,
        lambda connection_id: not only or connection_id == only,
        (placed if placed is not None else []).append,
    )


def played(of: Player) -> list[str]:
    return [section.producer.track_id for section in of.sections]


def test_active_tracks_come_first_and_the_rest_wait() -> None:
    placed: list[Section] = []
    one = player(placed)
    muted, first, second = track("a-muted", muted=True), track("b"), track("c")
    for producer in (muted, first, second):
        assert one.add(producer) is False
    one.play(OFFER, "destination")
    assert played(one) == ["b"]
    one.remove(first)
    assert [section.producer.track_id for section in placed] == ["a-muted"]
    one.remove(second)
    one.remove(muted)
    assert played(one) == []


def test_a_section_keeps_its_stream_while_tracks_come_and_go() -> None:
    placed: list[Section] = []
    one = player(placed)
    one.play(OFFER, "destination")
    first, second = track("a"), track("b")
    one.add(first)
    one.remove(first)
    one.add(second)
    assert [s.media.ssrc for s in placed] == [placed[0].media.ssrc] * 2
    assert placed[0].consumer is placed[1].consumer
    assert not first.consumers
    assert list(second.consumers) == [placed[1].consumer]


def test_only_wanted_tracks_are_played() -> None:
    one = player(only="b")
    for producer in (track("a"), track("b"), track("b-sound", "audio")):
        one.add(producer)
    one.play(OFFER, "destination")
    assert sorted(played(one)) == ["b", "b-sound"]


def test_nothing_is_left_after_the_end() -> None:
    one = player()
    now, later = track("a"), track("b")
    one.add(now)
    one.add(later)
    one.play(OFFER, "destination")
    one.clear()
    assert played(one) == []
    assert not now.consumers
    assert one.offer() is None


def test_a_second_offer_is_refused() -> None:
    one = player()
    one.play(OFFER, "destination")
    with pytest.raises(NegotiationError):
        one.play(OFFER, "destination")


@pytest.mark.parametrize("other_start", [0, 5_000, 0x7000_0000, 0x9000_0000, 0xFFFF_F000])
@pytest.mark.parametrize("away_s", [0.0, 0.1, 30.0])
def test_a_section_taken_over_goes_on_with_its_clock(other_start: int, away_s: float) -> None:
    """Whatever the other track's clock says, time goes on as it does for everyone (RFC 3550
    section 5.1): a jump would make players wait, or drop what they got."""
    placed: list[Section] = []
    outlet = Outlet()
    one = player(placed)
    one.play(OFFER, "destination")

    def send(producer: Producer, start: int, at_s: float) -> None:
        begun = placed[-1]
        producer.resume(begun.consumer)
        ssrc = 1 + start
        for number in range(3):
            packet = video(number + 1, start + 3000 * number, ssrc, keyframe=number == 0)
            outlet.feed(producer, [packet], at_s + number / 30)

    first, second = track("a"), track("b")
    one.add(first)
    send(first, 5_000, 10.0)
    one.remove(first)
    one.add(second)
    send(second, other_start, 10.0 + 2 / 30 + away_s)
    clock = [packet.timestamp for packet in outlet.got(placed[0].consumer)]
    passed = max(1, int(away_s * 90_000))
    steps = [ts_diff(later, earlier) for earlier, later in pairwise(clock)]
    assert steps == [3000, 3000, pytest.approx(passed, abs=1), 3000, 3000]


def test_what_a_player_decodes_is_what_it_offered() -> None:
    one = player()
    assert one.verdict(VP8) is None
    one.play(OFFER, "destination")
    assert one.verdict(VP8) is True
    assert one.verdict(Codec("video", "VP9", 90000, 98, parameters=(("profile-id", "7"),))) is False
