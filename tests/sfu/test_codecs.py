"""Codec rules and the payload types of subscribe offers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sfu.codecs import PayloadTypes, codec_rules, h264_profile
from sfu.rtp_parameters import Codec
from tests.sfu.sdp_fixtures import H264, OPUS, VP8


def _video(name: str, **parameters: str) -> Codec:
    return Codec(
        "video",
        name,
        90000,
        100,
        parameters=tuple((key.replace("_", "-"), value) for key, value in parameters.items()),
    )


PROFILES = [
    ("42e01f", "constrained-baseline"),
    ("42E01F", "constrained-baseline"),
    ("42c00d", "constrained-baseline"),
    ("4d801f", "constrained-baseline"),
    ("42001f", "baseline"),
    ("428014", "baseline"),
    ("4d001f", "main"),
    ("64001f", "high"),
    ("640c1f", "constrained-high"),
    ("f4001f", None),
    ("42f11f", None),
    ("42e0", None),
    ("xyz", None),
]


@pytest.mark.parametrize(("level_id", "profile"), PROFILES)
def test_h264_profile(level_id: str, profile: str | None) -> None:
    assert h264_profile(_video("H264", profile_level_id=level_id)) == profile


def test_h264_without_a_profile_is_baseline() -> None:
    assert h264_profile(_video("H264")) == "baseline"


RANKED = [  # best first
    [
        _video("H264", profile_level_id="42e01f", packetization_mode="1"),
        _video("H264", profile_level_id="42001f", packetization_mode="1"),
        _video("H264", profile_level_id="4d001f", packetization_mode="1"),
        _video("H264", profile_level_id="64001f", packetization_mode="1"),
        _video("H264", profile_level_id="42e01f", packetization_mode="0"),
        _video("H264", profile_level_id="42001f"),
    ],
    [_video("VP9"), _video("VP9", profile_id="2")],
    [_video("AV1", profile="0"), _video("AV1", profile="1")],
]


@pytest.mark.parametrize("variants", RANKED, ids=["H264", "VP9", "AV1"])
def test_rank(variants: list[Codec]) -> None:
    ranks = []
    for variant in variants:
        rules = codec_rules(variant)
        assert rules is not None
        ranks.append(rules.rank(variant))
    assert None not in ranks
    assert ranks == sorted(ranks, key=lambda rank: rank or 0)
    assert len(set(ranks)) == len(ranks)


NOT_FORWARDED = [
    _video("H265"),
    _video("H264", packetization_mode="2"),
    _video("H264", profile_level_id="f4001f"),
    _video("VP9", profile_id="9"),
    replace(VP8, clock_rate=48000),
    replace(OPUS, channels=1),
    Codec("audio", "PCMU", 8000, 0),
    Codec("audio", "VP8", 90000, 96),
]


@pytest.mark.parametrize("codec", NOT_FORWARDED)
def test_what_is_not_forwarded_gets_no_payload_type(codec: Codec) -> None:
    with pytest.raises(LookupError):
        PayloadTypes().assign(codec)


PREFERRED = [
    (OPUS, 111, None),
    (VP8, 96, 97),
    (_video("VP9"), 98, 99),
    (H264, 102, 103),
    (_video("AV1"), 45, 46),
]


@pytest.mark.parametrize(("codec", "payload_type", "rtx"), PREFERRED)
def test_preferred_numbers(codec: Codec, payload_type: int, rtx: int | None) -> None:
    assigned = PayloadTypes().assign(codec)
    assert (assigned.payload_type, assigned.rtx_payload_type) == (payload_type, rtx)


def test_one_codec_has_one_number_whoever_publishes_it() -> None:
    numbers = PayloadTypes()
    first = numbers.assign(replace(H264, payload_type=125))
    other_level = (("profile-level-id", "42c00d"), ("packetization-mode", "1"))
    assert numbers.assign(replace(H264, payload_type=99, parameters=other_level)) == first
    assert numbers.assign(VP8).payload_type != first.payload_type


def test_variants_get_numbers_of_their_own() -> None:
    numbers = PayloadTypes()
    first = numbers.assign(H264)
    second = numbers.assign(_video("H264", profile_level_id="64001f", packetization_mode="1"))
    assert second.payload_type == 104
    assert numbers.assign(H264) == first


def test_every_variant_there_can_be_fits_outside_the_numbers_of_rtcp() -> None:
    numbers = PayloadTypes()
    profiles = ("42e01f", "42001f", "4d001f", "64001f", "640c1f")
    variants = [
        *(replace(OPUS, parameters=(("usedtx", dtx), ("sprop-stereo", stereo)))
          for dtx in "01" for stereo in "01"),
        VP8,
        *(_video("VP9", profile_id=profile) for profile in "0123"),
        *(_video("AV1", profile=profile) for profile in "01"),
        *(_video("H264", profile_level_id=profile, packetization_mode=mode)
          for profile in profiles for mode in "01"),
    ]  # fmt: skip
    taken: set[int] = set()
    for codec in map(numbers.assign, variants):
        rtx = () if codec.rtx_payload_type is None else (codec.rtx_payload_type,)
        used = {codec.payload_type, *rtx}
        assert not used & taken
        assert not used & set(range(64, 96))
        taken |= used
    assert max(taken) <= 127
    assert len(taken) == 4 + 2 * 17


def test_invented_parameters_use_up_nothing() -> None:
    numbers = PayloadTypes()
    for number in range(1000):
        numbers.assign(replace(VP8, parameters=(("max-fs", str(number)),)))
        numbers.assign(replace(OPUS, parameters=(("minptime", str(number)),)))
    assert numbers.assign(H264).payload_type == 102
