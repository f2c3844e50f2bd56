"""Which codec is chosen, by what is known of the subscribers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sfu.codec_choice import Decoders, Verdict, best_codec, better_codec
from sfu.rtp_parameters import Codec
from tests.sfu.sdp_fixtures import H264, OPUS, VP8

VP9 = Codec("video", "VP9", 90000, 98, parameters=(("profile-id", "0"),))
AV1 = Codec("video", "AV1", 90000, 45)
H264_HIGH = replace(H264, parameters=(("packetization-mode", "1"), ("profile-level-id", "64001f")))
H265 = Codec("video", "H265", 90000, 49)
OFFERED = (H264, VP8, VP9, AV1)


def who(decodes: tuple[Codec, ...] = (), refuses: tuple[Codec, ...] = ()) -> Verdict:
    """A subscriber that has offered ``decodes`` and whose answers refused ``refuses``."""
    decoders = Decoders()
    decoders.offered(decodes)
    for codec in refuses:
        decoders.answered(codec, decodable=False)
    return decoders.verdict


UNKNOWN = who()
CHROMIUM = who(OFFERED)
FIREFOX = who((VP8, VP9, AV1))

CHOICES = [
    ([], H264),  # nobody else: as the server prefers
    ([UNKNOWN], H264),
    ([CHROMIUM], H264),
    ([CHROMIUM, FIREFOX], VP8),  # the first that both are known to decode
    ([FIREFOX, UNKNOWN], VP8),
    ([CHROMIUM, UNKNOWN], H264),
    ([who(OFFERED, refuses=(H264,))], VP8),  # an answer is surer than an offer
    ([who(refuses=(H264, VP8))], VP9),
    ([who(refuses=(H264, VP8)), who(refuses=(VP9,))], AV1),
    ([who(refuses=(H264, VP8)), who(refuses=(VP9, AV1))], None),
    ([who(refuses=OFFERED)], None),
]


@pytest.mark.parametrize(("subscribers", "chosen"), CHOICES)
def test_the_first_codec_that_suits_most(subscribers: list[Verdict], chosen: Codec | None) -> None:
    assert best_codec(OFFERED, subscribers) == chosen


@pytest.mark.parametrize(
    ("subscribers", "chosen"),
    [
        ([], None),
        ([CHROMIUM, UNKNOWN], None),
        ([FIREFOX], None),  # might: it has not refused
        ([CHROMIUM, who(refuses=(H264,))], VP8),
        ([FIREFOX, who(OFFERED, refuses=(H264, VP8))], VP9),
        ([who(refuses=OFFERED)], None),
    ],
)
def test_nothing_changes_unless_somebody_cannot_decode(
    subscribers: list[Verdict], chosen: Codec | None
) -> None:
    assert better_codec(H264, OFFERED, subscribers) == chosen


def test_when_the_one_who_could_not_has_left_nothing_changes_back() -> None:
    assert better_codec(VP8, OFFERED, [CHROMIUM]) is None


def test_profiles_are_told_apart() -> None:
    picky = who(refuses=(H264_HIGH,))
    assert better_codec(H264_HIGH, (H264_HIGH, H264), [picky]) == H264
    assert picky(replace(H264_HIGH, payload_type=77)) is False


def test_without_the_plainest_profile_there_is_none() -> None:
    without = who(refuses=(H264,))
    assert without(H264_HIGH) is False
    assert who((H264_HIGH,), refuses=(H264,))(H264_HIGH) is True


def test_what_is_taken_after_all_is_known() -> None:
    decoders = Decoders()
    decoders.answered(VP8, decodable=False)
    decoders.answered(VP8, decodable=True)
    decoders.answered(H265, decodable=True)
    assert [decoders.verdict(codec) for codec in (VP8, OPUS, H265)] == [True, None, False]


def test_only_the_latest_offer_counts() -> None:
    decoders = Decoders()
    decoders.offered([VP8, H265])
    decoders.offered([VP9])
    assert [decoders.verdict(codec) for codec in (VP8, VP9)] == [None, True]
