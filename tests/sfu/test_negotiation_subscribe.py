"""Subscribe offers, and answers to them that a client may or may not give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sfu.header_extensions import SUBSCRIBE_EXTENSIONS
from sfu.negotiation import (
    NegotiationError,
    PayloadTypes,
    make_subscribe_offer,
    parse_sdp,
    read_subscribe_answer,
)
from sfu.rtp_parameters import (
    ABS_SEND_TIME_URI,
    TRANSPORT_CC_URI,
    Codec,
    ForwardedMedia,
)
from sfu.wire.sdp import SessionDescription
from tests.sfu.sdp_fixtures import H264, LOCAL, OPUS, VP8, forwarded

CALL = [forwarded("0", OPUS), forwarded("1", VP8)]

TRANSPORT = f"""\
c=IN IP4 0.0.0.0
a=candidate:1 1 udp 2130706431 127.0.0.1 7882 typ host
a=end-of-candidates
a=ice-ufrag:serverUfrag
a=ice-pwd:serverPasswordOf24Charss
a=fingerprint:sha-256 {":".join(["AB"] * 32)}
a=setup:actpass
"""

OFFER = f"""\
v=0
o=roda 7 2 IN IP4 127.0.0.1
s=-
t=0 0
a=ice-lite
a=group:BUNDLE 0 1
a=msid-semantic:WMS *
m=audio 9 UDP/TLS/RTP/SAVPF 111
{TRANSPORT}\
a=mid:0
a=extmap-allow-mixed
a=rtcp-mux
a=rtcp-rsize
a=sendonly
a=msid:connection track0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=ssrc:1000 cname:cname
a=ssrc:1000 msid:connection track0
m=video 9 UDP/TLS/RTP/SAVPF 96 97
{TRANSPORT}\
a=mid:1
a=extmap-allow-mixed
a=rtcp-mux
a=rtcp-rsize
a=sendonly
a=msid:connection track1
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap:4 urn:3gpp:video-orientation
a=extmap:5 https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension
a=extmap:6 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid
a=rtpmap:96 VP8/90000
a=rtpmap:97 rtx/90000
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtcp-fb:96 ccm fir
a=rtcp-fb:96 goog-remb
a=rtcp-fb:96 transport-cc
a=fmtp:97 apt=96
a=ssrc-group:FID 1001 2001
a=ssrc:1001 cname:cname
a=ssrc:1001 msid:connection track1
a=ssrc:2001 cname:cname
a=ssrc:2001 msid:connection track1
"""


def _offered(media: list[ForwardedMedia]) -> SessionDescription:
    return parse_sdp(make_subscribe_offer(media, LOCAL, 7, 2))


def _answer(media: list[ForwardedMedia] = CALL) -> SessionDescription:
    """The answer of a client that takes everything."""
    answer = _offered(media)
    answer.ice_lite = False
    for section in answer.media:
        section.setup = "active"
        section.direction = "recvonly" if section.direction == "sendonly" else "inactive"
        section.ssrc_attributes, section.ssrc_groups, section.msids = [], [], []
    return answer


def test_offer_line_by_line() -> None:
    assert make_subscribe_offer(CALL, LOCAL, 7, 2).split("\r\n") == OFFER.split("\n")


def test_an_ended_section_stays_without_streams() -> None:
    section = _offered([CALL[0], replace(CALL[1], active=False)]).media[1]
    assert (section.port, section.direction, section.mid) == (9, "inactive", "1")
    assert section.payload_types == (96, 97)
    assert (section.msids, section.ssrc_attributes, section.ssrc_groups) == ([], [], [])


def test_without_an_rtx_ssrc_there_is_no_rtx() -> None:
    section = _offered([forwarded("0", VP8, rtx_ssrc=None)]).media[0]
    assert section.payload_types == (96,)
    assert section.ssrc_groups == []


def test_transport_cc_can_be_turned_off() -> None:
    text = make_subscribe_offer(CALL, LOCAL, 7, 2, transport_cc=False)
    assert "transport-cc" not in text
    assert TRANSPORT_CC_URI not in text


def test_reuse_does_not_renumber_others() -> None:
    numbers = PayloadTypes()
    high = replace(H264, parameters=(("packetization-mode", "1"), ("profile-level-id", "64001f")))
    make_subscribe_offer([forwarded("0", H264), forwarded("1", high)], LOCAL, 7, 1, numbers)
    media = [forwarded("0", VP8), forwarded("1", high)]
    again = parse_sdp(make_subscribe_offer(media, LOCAL, 7, 2, numbers))
    assert [section.payload_types for section in again.media] == [(96, 97), (104, 105)]


def test_nothing_to_offer() -> None:
    with pytest.raises(ValueError, match="without sections"):
        make_subscribe_offer([], LOCAL, 7, 1)


def test_a_codec_that_is_not_forwarded() -> None:
    with pytest.raises(NegotiationError) as error:
        make_subscribe_offer([forwarded("0", Codec("audio", "PCMU", 8000, 0))], LOCAL, 7, 1)
    assert error.value.code == "sdp_unsupported"


def test_extension_ids_mean_one_thing_in_the_bundle() -> None:
    pairs = {pair for table in SUBSCRIBE_EXTENSIONS.values() for pair in table.items()}
    assert len({uri for uri, _ in pairs}) == len({number for _, number in pairs}) == len(pairs)
    assert all(1 <= number <= 14 for _, number in pairs)


def test_reads_what_was_accepted() -> None:
    result = read_subscribe_answer(_answer().serialize(), CALL)
    audio, video = result.media
    assert (audio.active, audio.payload_type, audio.rtx_payload_type) == (True, 111, None)
    assert (video.active, video.payload_type, video.rtx_payload_type) == (True, 96, 97)
    assert audio.extensions == SUBSCRIBE_EXTENSIONS["audio"]
    assert video.extensions == SUBSCRIBE_EXTENSIONS["video"]
    assert video.feedback == ("nack", "nack pli", "ccm fir", "goog-remb", "transport-cc")
    assert result.remote.setup == "active"
    assert result.remote.ice.ufrag == "serverUfrag"


def _refuse_first(answer: SessionDescription) -> None:
    answer.media[0].port = 0
    answer.media[0].mid = ""
    answer.groups = [replace(answer.groups[0], mids=("1",))]


def _refuse_codec(answer: SessionDescription) -> None:
    answer.media[1].rtpmaps.clear()


def _do_not_receive(answer: SessionDescription) -> None:
    answer.media[1].direction = "inactive"


INACTIVE: list[tuple[Callable[[SessionDescription], None], list[bool]]] = [
    (_refuse_first, [False, True]),
    (_refuse_codec, [True, False]),
    (_do_not_receive, [True, False]),
]


@pytest.mark.parametrize(("change", "active"), INACTIVE)
def test_a_section_not_taken_is_not_active(
    change: Callable[[SessionDescription], None], active: list[bool]
) -> None:
    answer = _answer()
    change(answer)
    assert [item.active for item in read_subscribe_answer(answer, CALL).media] == active


def test_a_section_that_has_ended_is_not_active() -> None:
    media = [CALL[0], replace(CALL[1], active=False)]
    answer = _answer(media)
    answer.media[1].direction = "recvonly"
    assert [item.active for item in read_subscribe_answer(answer, media).media] == [True, False]


def test_extensions_the_client_dropped_or_moved_are_not_kept() -> None:
    answer = _answer()
    first, second, *_ = answer.media[1].extmaps
    answer.media[1].extmaps = [first, replace(second, id=12)]
    accepted = read_subscribe_answer(answer, CALL).media[1]
    assert accepted.extensions == {ABS_SEND_TIME_URI: 2}
    assert "transport-cc" not in accepted.feedback


def _drop_section(answer: SessionDescription) -> None:
    answer.media.pop()


def _rename_mid(answer: SessionDescription) -> None:
    answer.media[1].mid = "9"


def _swap(answer: SessionDescription) -> None:
    answer.media.reverse()


def _change_kind(answer: SessionDescription) -> None:
    answer.media[1].kind = "audio"


def _drop_ufrag(answer: SessionDescription) -> None:
    answer.media[0].ice_ufrag = None


def _drop_fingerprint(answer: SessionDescription) -> None:
    answer.media[0].fingerprints = []


def _leave_setup_open(answer: SessionDescription) -> None:
    answer.media[0].setup = "actpass"


def _refuse_all(answer: SessionDescription) -> None:
    for section in answer.media:
        section.port = 0


def _drop_bundle(answer: SessionDescription) -> None:
    answer.groups = []


def _drop_rtcp_mux(answer: SessionDescription) -> None:
    answer.media[1].rtcp_mux = False


FAULTS: list[tuple[Callable[[SessionDescription], None], str]] = [
    (_drop_section, "sdp_invalid"),
    (_rename_mid, "sdp_invalid"),
    (_swap, "sdp_invalid"),
    (_change_kind, "sdp_invalid"),
    (_drop_ufrag, "sdp_invalid"),
    (_drop_fingerprint, "sdp_invalid"),
    (_leave_setup_open, "sdp_invalid"),
    (_drop_bundle, "sdp_unsupported"),
    (_drop_rtcp_mux, "sdp_unsupported"),
]


def test_an_answer_may_take_nothing() -> None:
    """A client that decodes the only track's codec not: it names no transport then."""
    answer = _answer()
    _refuse_all(answer)
    read = read_subscribe_answer(answer.serialize(), CALL)
    assert read.remote is None
    assert [(media.active, media.decodable) for media in read.media] == [(False, False)] * len(CALL)


def test_a_section_not_wanted_is_no_sign_of_its_codec() -> None:
    answer = _answer()
    answer.media[1].direction = "inactive"
    read = read_subscribe_answer(answer.serialize(), CALL)
    assert (read.media[1].active, read.media[1].decodable) == (False, True)


@pytest.mark.parametrize(("change", "code"), FAULTS)
def test_faults(change: Callable[[SessionDescription], None], code: str) -> None:
    answer = _answer()
    change(answer)
    with pytest.raises(NegotiationError) as error:
        read_subscribe_answer(answer.serialize(), CALL)
    assert error.value.code == code


@pytest.mark.parametrize("text", ["", "v=0", "garbage", "\x00" * 100, "a" * 200_000])
def test_text_that_is_no_answer(text: str) -> None:
    with pytest.raises(NegotiationError) as error:
        read_subscribe_answer(text, CALL)
    assert error.value.code == "sdp_invalid"
