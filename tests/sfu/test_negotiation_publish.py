"""Publish answers, case by case; those to real offers are in test_negotiation_fixtures.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from sfu.negotiation import (
    CodecPreferences,
    NegotiationError,
    PublishAnswer,
    answer_publish,
    check_whole,
    parse_sdp,
)
from sfu.rtp_parameters import (
    AUDIO_LEVEL_URI,
    DEPENDENCY_DESCRIPTOR_URI,
    MID_URI,
    RID_URI,
    TRANSPORT_CC_URI,
    Codec,
    IceParameters,
)
from sfu.wire.sdp import SessionDescription
from tests.sfu.sdp_fixtures import LOCAL, read

HEAD = "v=0\r\no=- 5 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
TRANSPORT = (
    "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdef012345\r\n"
    f"a=fingerprint:sha-256 {':'.join(['0A'] * 32)}\r\na=setup:actpass\r\n"
)
VIDEO = "m=video 9 UDP/TLS/RTP/SAVPF {}\r\na=mid:0\r\na=rtcp-mux\r\na=sendonly\r\n"


def _offer(*lines: str, formats: str = "96") -> SessionDescription:
    """One video section with VP8 on 96 and these further lines."""
    text = HEAD + TRANSPORT + VIDEO.format(formats) + "a=rtpmap:96 VP8/90000\r\n"
    return parse_sdp(text + "".join(f"{line}\r\n" for line in lines))


def _section(answer: PublishAnswer, index: int = 0) -> list[str]:
    return answer.sdp.split("m=")[index + 1].split("\r\n")


def test_remote_parameters_are_the_clients() -> None:
    answer = answer_publish(_offer("a=candidate:1 1 udp 1 10.0.0.1 5 typ host"), LOCAL)
    assert answer.remote is not None
    assert answer.remote.ice == IceParameters("abcd", "0123456789abcdef012345", lite=False)
    assert answer.remote.fingerprints == (("sha-256", ":".join(["0A"] * 32)),)
    assert answer.remote.candidates == ("1 1 udp 1 10.0.0.1 5 typ host",)


@pytest.mark.parametrize(
    ("second", "whole"),
    [
        ("m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n", True),
        ("m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 H265/90000\r\n", False),
        ("m=audio 9 UDP/TLS/RTP/SAVPF 8\r\na=rtpmap:8 PCMA/8000\r\n", False),
        ("m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 H265/90000\r\n", True),  # client's own
        ("m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n", True),
    ],
)
def test_what_is_answered_in_part_only(second: str, whole: bool) -> None:
    text = HEAD + "a=group:BUNDLE 0 1\r\n" + TRANSPORT + VIDEO.format(96)
    text += "a=rtpmap:96 VP8/90000\r\n" + second + "a=mid:1\r\na=rtcp-mux\r\na=sendonly\r\n"
    offer = parse_sdp(text)
    answer = answer_publish(offer, LOCAL)
    if whole:
        check_whole(offer, answer)
        return
    with pytest.raises(NegotiationError, match="sdp_unsupported"):
        check_whole(offer, answer)


SETUPS = [
    ("actpass", "passive", "passive", "active"),
    ("actpass", "active", "active", "passive"),
    ("actpass", "actpass", "passive", "active"),
    ("active", "active", "passive", "active"),
    ("passive", "passive", "active", "passive"),
]


@pytest.mark.parametrize(("offered", "local", "answered", "remote"), SETUPS)
def test_setup(offered: str, local: str, answered: str, remote: str) -> None:
    offer = _offer(f"a=setup:{offered}")
    answer = answer_publish(offer, replace(LOCAL, setup=local))  # type: ignore[arg-type]
    assert answer.setup == answered
    assert f"a=setup:{answered}" in _section(answer)
    assert answer.remote is not None
    assert answer.remote.setup == remote


def test_full_ice_trickles() -> None:
    local = replace(LOCAL, ice=replace(LOCAL.ice, lite=False))
    answer = answer_publish(_offer(), local)
    assert "a=ice-lite" not in answer.sdp
    assert "a=end-of-candidates" not in answer.sdp
    assert "a=ice-options:trickle" in answer.sdp


@pytest.mark.parametrize(
    ("direction", "answered", "active"),
    [
        ("sendrecv", "recvonly", True),
        ("sendonly", "recvonly", True),
        ("recvonly", "inactive", False),
        ("inactive", "inactive", False),
    ],
)
def test_direction(direction: str, answered: str, active: bool) -> None:
    answer = answer_publish(_offer(f"a={direction}"), LOCAL)
    assert f"a={answered}" in _section(answer)
    assert answer.media[0].active is active
    assert answer.media[0].codecs


REFUSED = {
    "not media": "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:1\r\n",
    "unknown kind": "m=text 9 UDP/TLS/RTP/SAVPF 98\r\na=mid:1\r\na=rtcp-mux\r\n",
    "port 0": "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=rtcp-mux\r\n"
    "a=rtpmap:96 VP8/90000\r\n",
    "no rtcp-mux": "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\n",
    "unencrypted": "m=video 9 RTP/AVPF 96\r\na=mid:1\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n",
    "unknown codec": "m=video 9 UDP/TLS/RTP/SAVPF 99\r\na=mid:1\r\na=rtcp-mux\r\n"
    "a=rtpmap:99 H265/90000\r\n",
    "only rtx": "m=video 9 UDP/TLS/RTP/SAVPF 99\r\na=mid:1\r\na=rtcp-mux\r\n"
    "a=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=96\r\n",
    "not bundled": "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:2\r\na=rtcp-mux\r\n"
    "a=rtpmap:96 VP8/90000\r\n",
}


@pytest.mark.parametrize("section", REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("first", [True, False])
def test_a_refused_section_keeps_its_place(section: str, first: bool) -> None:
    good = VIDEO.format("96") + "a=rtpmap:96 VP8/90000\r\n"
    sections = section + good if first else good + section
    offer = parse_sdp(HEAD + TRANSPORT + "a=group:BUNDLE 0 1\r\n" + sections)
    answer = answer_publish(offer, LOCAL)
    refused, accepted = parse_sdp(answer.sdp).media[:: 1 if first else -1]
    assert (refused.port, refused.direction) == (0, "inactive")
    assert refused.mid == offer.media[0 if first else 1].mid
    assert refused.formats == offer.media[0 if first else 1].formats
    assert (accepted.port, accepted.mid) == (9, "0")
    assert accepted.candidates == list(LOCAL.candidates)
    assert refused.candidates == []
    assert "a=group:BUNDLE 0\r\n" in answer.sdp
    assert [media.mid for media in answer.media if media.active] == ["0"]


def test_without_a_bundle_only_a_lone_section_is_taken() -> None:
    assert "a=group" not in answer_publish(_offer(), LOCAL).sdp
    other = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n"
    with pytest.raises(NegotiationError) as error:
        answer_publish(parse_sdp(_offer().serialize() + other), LOCAL)
    assert error.value.code == "sdp_unsupported"


FAULTS = {
    "no sections": (HEAD, "sdp_unsupported"),
    "no ufrag": (_offer().serialize().replace("a=ice-ufrag:abcd\r\n", ""), "sdp_invalid"),
    "no fingerprint": (
        "".join(
            line
            for line in _offer().serialize().splitlines(keepends=True)
            if "fingerprint" not in line
        ),
        "sdp_invalid",
    ),
    "holdconn": (_offer("a=setup:holdconn").serialize(), "sdp_unsupported"),
    "data only": (
        HEAD + TRANSPORT + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n",
        "sdp_unsupported",
    ),
}


@pytest.mark.parametrize(("text", "code"), FAULTS.values(), ids=FAULTS.keys())
def test_faults(text: str, code: str) -> None:
    with pytest.raises(NegotiationError) as error:
        answer_publish(parse_sdp(text), LOCAL)
    assert error.value.code == code


CHOICES = [  # preferences, payload types answered
    (CodecPreferences(), "96 97"),
    (CodecPreferences(video=("H264", "VP8")), "108 109"),
    (CodecPreferences(video=("VP9",)), "98 99"),
    (CodecPreferences(video=("AV1", "VP8")), "45 46"),
]


@pytest.mark.parametrize(("preferences", "formats"), CHOICES)
def test_the_best_codec_of_the_preferences(preferences: CodecPreferences, formats: str) -> None:
    offer = parse_sdp(read("chromium_camera"))
    answer = answer_publish(offer, LOCAL, preferences=preferences)
    assert _section(answer, 1)[0] == f"video 9 UDP/TLS/RTP/SAVPF {formats}"


def test_h264_answers_the_profile_offered() -> None:
    offer = _offer(
        "a=rtpmap:97 h264/90000",
        "a=fmtp:97 profile-level-id=64001F;x=1;packetization-mode=1",
        formats="97",
    )
    answer = answer_publish(offer, LOCAL)
    assert "a=fmtp:97 profile-level-id=64001F;packetization-mode=1" in _section(answer)
    assert answer.media[0].codecs[0].name == "H264"


OPUS_PARAMETERS = [
    ("minptime=10;useinbandfec=1", "minptime=10;useinbandfec=1"),
    ("useinbandfec=0;usedtx=1", "minptime=10;useinbandfec=1;usedtx=1"),
    ("stereo=1;maxplaybackrate=48000", "minptime=10;useinbandfec=1"),
    ("sprop-stereo=1", "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1"),
]


@pytest.mark.parametrize(("offered", "answered"), OPUS_PARAMETERS)
def test_opus_parameters(offered: str, answered: str) -> None:
    offer = parse_sdp(
        HEAD + TRANSPORT + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=rtcp-mux\r\n"
        f"a=rtpmap:111 opus/48000/2\r\na=fmtp:111 {offered}\r\n"
    )
    assert f"a=fmtp:111 {answered}" in _section(answer_publish(offer, LOCAL))


def test_red_is_answered_where_wanted() -> None:
    offer = parse_sdp(read("chromium_camera"))
    answer = answer_publish(offer, LOCAL, preferences=CodecPreferences(red=True))
    assert _section(answer)[0] == "audio 9 UDP/TLS/RTP/SAVPF 63 111"
    assert "a=fmtp:63 111/111" in _section(answer)
    assert [codec.name for codec in answer.media[0].codecs] == ["red", "opus"]


def test_feedback_is_what_both_know() -> None:
    offer = _offer("a=rtcp-fb:* nack", "a=rtcp-fb:96 nack pli", "a=rtcp-fb:96 nack rpsi")
    assert answer_publish(offer, LOCAL).media[0].codecs[0].feedback == ("nack", "nack pli")


def test_transport_cc_needs_its_header_extension() -> None:
    feedback = ("a=rtcp-fb:96 transport-cc", "a=rtcp-fb:96 nack")
    alone = answer_publish(_offer(*feedback), LOCAL).media[0]
    assert alone.codecs[0].feedback == ("nack",)
    both = answer_publish(_offer(*feedback, f"a=extmap:3 {TRANSPORT_CC_URI}"), LOCAL).media[0]
    assert both.codecs[0].feedback == ("transport-cc", "nack")


def test_transport_cc_can_be_turned_off() -> None:
    offer = parse_sdp(read("chromium_camera"))
    answer = answer_publish(offer, LOCAL, preferences=CodecPreferences(transport_cc=False))
    assert "transport-cc" not in answer.sdp
    assert "transport-wide-cc" not in answer.sdp
    assert TRANSPORT_CC_URI not in answer.media[1].extensions


EXTENSIONS = [
    ([f"a=extmap:3 {MID_URI}"], {MID_URI: 3}),
    ([f"a=extmap:3 {AUDIO_LEVEL_URI}"], {}),
    (["a=extmap:3 urn:unknown"], {}),
    ([f"a=extmap:3/sendonly {RID_URI}"], {RID_URI: 3}),
    ([f"a=extmap:3/recvonly {RID_URI}"], {}),
    ([f"a=extmap:4096 {RID_URI}"], {}),
    ([f"a=extmap:200 {DEPENDENCY_DESCRIPTOR_URI}"], {DEPENDENCY_DESCRIPTOR_URI: 200}),
    ([f"a=extmap:3 {MID_URI}", f"a=extmap:4 {MID_URI}"], {MID_URI: 3}),
    ([f"a=extmap:3 {MID_URI}", f"a=extmap:3 {RID_URI}"], {MID_URI: 3}),
]


@pytest.mark.parametrize(("lines", "accepted"), EXTENSIONS)
def test_extensions(lines: list[str], accepted: dict[str, int]) -> None:
    answer = answer_publish(_offer(*lines), LOCAL)
    assert answer.media[0].extensions == accepted
    assert len(parse_sdp(answer.sdp).media[0].extmaps) == len(accepted)


SIMULCAST = [
    (["a=rid:a send", "a=rid:b send", "a=simulcast:send b;a"], ("b", "a")),
    (["a=rid:a send", "a=rid:b send", "a=simulcast:send ~b;a"], ("b", "a")),
    (["a=rid:a send", "a=rid:b send", "a=simulcast:send a,b"], ("a",)),
    (["a=rid:a send", "a=simulcast:send a;b"], ("a",)),
    (["a=rid:a recv", "a=simulcast:recv a"], ()),
    (["a=rid:a send"], ()),
    ([*(f"a=rid:{rid} send" for rid in "abcde"), "a=simulcast:send a;b;c;d;e"], tuple("abcd")),
]


@pytest.mark.parametrize(("lines", "rids"), SIMULCAST)
def test_simulcast(lines: list[str], rids: tuple[str, ...]) -> None:
    answer = answer_publish(_offer(*lines), LOCAL)
    assert answer.media[0].rids == rids
    section = _section(answer)
    assert [line for line in section if line.startswith("a=rid")] == [
        f"a=rid:{rid} recv" for rid in rids
    ]
    assert (f"a=simulcast:recv {';'.join(rids)}" in section) is bool(rids)


STREAMS = [
    (["a=ssrc:1 cname:c"], (1,), {}),
    (["a=ssrc-group:FID 1 2", "a=ssrc:1 cname:c", "a=ssrc:2 cname:c"], (1,), {2: 1}),
    (["a=ssrc-group:FEC-FR 1 3", "a=ssrc:1 cname:c", "a=ssrc:3 cname:c"], (1,), {}),
    (
        [
            "a=ssrc-group:SIM 5 3 1",
            "a=ssrc-group:FID 5 6",
            *(f"a=ssrc:{n} x" for n in (1, 3, 5, 6)),
        ],
        (5, 3, 1),
        {6: 5},
    ),
]


@pytest.mark.parametrize(("lines", "ssrcs", "repairs"), STREAMS)
def test_streams(lines: list[str], ssrcs: tuple[int, ...], repairs: dict[int, int]) -> None:
    media = answer_publish(_offer(*lines), LOCAL).media[0]
    assert media.ssrcs == ssrcs
    assert media.rtx_ssrcs == repairs


def test_ten_thousand_ssrcs_are_not_remembered() -> None:
    lines = [f"a=ssrc:{number} x" for number in range(1500)]
    assert len(answer_publish(_offer(*lines), LOCAL).media[0].ssrcs) == 16


def test_msid() -> None:
    assert answer_publish(_offer("a=msid:s t"), LOCAL).media[0].msid == ("s", "t")


def test_a_reoffer_keeps_the_codec_of_a_section() -> None:
    offer = parse_sdp(read("chromium_camera"))
    first = answer_publish(offer, LOCAL, preferences=CodecPreferences(video=("H264",)))
    again = answer_publish(offer, LOCAL, first.media)
    assert [media.codecs for media in again.media] == [media.codecs for media in first.media]
    names = list(dict.fromkeys(codec.name for codec in again.media[1].offered))
    assert names == ["H264", "VP8", "VP9", "AV1"]
    assert answer_publish(offer, LOCAL).media != first.media


def test_the_codec_that_is_picked_is_answered() -> None:
    offer = parse_sdp(read("chromium_simulcast"))

    def pick(mid: str, ranked: Sequence[Codec]) -> Codec:
        return next((codec for codec in ranked if (mid, codec.name) == ("1", "VP9")), ranked[0])

    first = answer_publish(offer, LOCAL)
    answer = answer_publish(offer, LOCAL, first.media, pick=pick)
    assert [media.codecs[0].name for media in answer.media] == ["opus", "VP9"]
    assert answer.media[1].rids == ("q", "h", "f")
    assert [line for line in _section(answer, 1) if line.startswith("a=rtpmap")] == [
        "a=rtpmap:98 VP9/90000",
        "a=rtpmap:99 rtx/90000",
    ]


def test_a_codec_no_longer_offered_is_replaced() -> None:
    offer = parse_sdp(read("chromium_camera"))
    first = answer_publish(offer, LOCAL, preferences=CodecPreferences(video=("H264",)))
    again = answer_publish(_offer("a=mid:1"), LOCAL, first.media)
    assert again.media[0].codecs[0].name == "VP8"


def test_a_reoffer_that_ends_everything_ends_the_transport() -> None:
    first = answer_publish(_offer(), LOCAL)
    text = _offer().serialize().replace("m=video 9", "m=video 0")
    ended = answer_publish(parse_sdp(text), LOCAL, first.media)
    assert ended.remote is None
    assert [(media.mid, media.active) for media in ended.media] == [("0", False)]
    assert "m=video 0 UDP/TLS/RTP/SAVPF 96" in ended.sdp
