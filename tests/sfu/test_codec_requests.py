"""What publishers are asked for and subscribers told, and how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sfu.codec_choice import Decoders
from sfu.codec_requests import MAX_CHANGES, CodecRequests, Undecodable, VideoTrack
from sfu.producer import Producer
from sfu.rtp_parameters import Codec, PublishedMedia
from tests.sfu.sdp_fixtures import H264, OPUS, VP8

OFFERED = (H264, VP8)


def camera(codec: Codec = H264, name: str = "track") -> Producer:
    return Producer(
        track_id=name,
        connection_id="publisher",
        kind="video",
        source="camera",
        codec=codec,
        extensions={},
        muted=False,
    )


def media(codec: Codec = H264, offered: Sequence[Codec] = OFFERED) -> list[PublishedMedia]:
    return [PublishedMedia("1", "video", True, codecs=(codec,), offered=tuple(offered))]


def refusing(*codecs: Codec) -> Decoders:
    decoders = Decoders()
    for codec in codecs:
        decoders.answered(codec, decodable=False)
    return decoders


def test_asked_once_and_then_answered_with_what_was_asked_for() -> None:
    requests = CodecRequests()
    picky = [refusing(H264).verdict]
    producers = {"1": camera()}
    assert requests.pick("1", OFFERED, [], []) == H264
    assert requests.due(producers, media(), picky) == [("track", "VP8")]
    assert requests.asked == {"track"}
    assert requests.due(producers, media(), picky) == []
    assert requests.pick("1", OFFERED, media(), picky) == VP8
    # The one who was picky has left: offers that follow change nothing.
    switched = {"1": camera(VP8, "new")}
    assert requests.due(switched, media(VP8), []) == []
    assert requests.pick("1", OFFERED, media(VP8), []) == VP8
    assert requests.asked == set()


def test_a_first_answer_suits_who_is_there_and_a_later_one_keeps_what_there_is() -> None:
    requests = CodecRequests()
    hinted = Decoders()
    hinted.offered([VP8])
    assert requests.pick("1", OFFERED, [], [hinted.verdict]) == VP8
    assert requests.pick("1", OFFERED, media(), [hinted.verdict]) == H264


def test_nothing_is_asked_for_that_was_not_offered_or_suits_nobody_more() -> None:
    requests = CodecRequests()
    assert requests.due({"1": camera()}, media(offered=[H264]), [refusing(H264).verdict]) == []
    both = [refusing(H264).verdict, refusing(VP8).verdict]
    assert requests.due({"1": camera()}, media(), both) == []
    sound = Producer(
        track_id="sound",
        connection_id="publisher",
        kind="audio",
        source="microphone",
        codec=OPUS,
        extensions={},
        muted=False,
    )
    assert requests.due({"0": sound}, media(), [refusing(OPUS).verdict]) == []


def test_who_refuses_on_purpose_is_not_followed_for_ever() -> None:
    requests = CodecRequests()
    asked = 0
    for number in range(3 * MAX_CHANGES):
        now = OFFERED[number % 2]
        producers = {"1": camera(now, f"track{number}")}
        asked += len(requests.due(producers, media(now), [refusing(now).verdict]))
    assert asked == MAX_CHANGES


def test_each_track_is_told_once_and_again_when_it_is_another() -> None:
    undecodable, verdict = Undecodable(), refusing(H264).verdict
    first = VideoTrack(camera(), "1", asked=True)
    other = VideoTrack(camera(VP8, "fine"), "1", asked=False)
    assert undecodable.due([first, other], verdict) == [first]
    assert undecodable.due([first, other], verdict) == []
    assert undecodable.due([other], verdict) == []
    again = first._replace(producer=camera(replace(H264, payload_type=99), "again"))
    assert undecodable.due([again], verdict) == [again]
