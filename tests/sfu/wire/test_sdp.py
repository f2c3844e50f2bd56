"""Session descriptions: real ones survive parsing and writing, false ones raise `WireError`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.wire.errors import WireError
from sfu.wire.sdp import (
    MAX_SDP_CHARS,
    MAX_SECTION_LINES,
    MAX_SECTIONS,
    Origin,
    SessionDescription,
    parse_sdp,
)
from sfu.wire.sdp_values import ExtMap, Msid, Rid, RtpMap, Simulcast, SsrcGroup
from tests.sfu.sdp_fixtures import offers, read

HEAD = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
AUDIO = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
NAMES = [name for offer in offers() for name in (offer, f"{offer}.answer")]


@pytest.mark.parametrize("name", NAMES)
def test_survives_writing(name: str) -> None:
    description = parse_sdp(read(name))
    assert parse_sdp(description.serialize()) == description


@pytest.mark.parametrize("name", NAMES)
def test_writing_loses_no_line(name: str) -> None:
    text = read(name).replace("msid-semantic: ", "msid-semantic:")
    assert sorted(parse_sdp(text).serialize().split("\r\n")) == sorted(text.split("\r\n"))


def test_reads_a_chromium_simulcast_offer() -> None:
    description = parse_sdp(read("chromium_simulcast"))
    audio, video = description.media
    assert description.origin == Origin(5909430861750745944, 2)
    assert [(group.semantics, group.mids) for group in description.groups] == [
        ("BUNDLE", ("0", "1"))
    ]
    assert description.extmap_allow_mixed
    assert (audio.kind, audio.mid, audio.direction) == ("audio", "0", "sendonly")
    assert audio.payload_types[:2] == (111, 63)
    assert audio.rtpmaps[111] == RtpMap(111, "opus", 48000, 2)
    assert audio.fmtps["111"] == (("minptime", "10"), ("useinbandfec", "1"))
    assert audio.fmtps["63"] == (("", "111/111"),)
    assert len(audio.ssrcs) == 1
    assert len(audio.msids) == 1
    assert audio.candidates[0].startswith("615910107 1 udp")
    assert audio.rtcp_mux
    assert audio.rtcp_rsize
    assert video.rids == [Rid("q", "send"), Rid("h", "send"), Rid("f", "send")]
    assert video.simulcast == Simulcast(send=(("q",), ("h",), ("f",)))
    assert ExtMap(10, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id") in video.extmaps
    assert ("rtcp-xr", "rcvr-rtt=all") in video.attributes
    assert video.setup == "actpass"
    assert video.ice_ufrag == "eOPS"


def test_reads_a_firefox_offer() -> None:
    description = parse_sdp(read("firefox_max_bundle_screen_data"))
    audio, video, _, data = description.media
    assert description.fingerprints[0].algorithm == "sha-256"
    assert audio.fingerprints == []
    assert audio.msids[0].stream.startswith("{")
    assert (video.port, video.bundle_only, video.rejected) == (0, True, False)
    assert video.ssrc_groups == [SsrcGroup("FID", (2798134347, 840754708))]
    assert (data.kind, data.is_rtp, data.payload_types) == ("application", False, ())
    assert data.formats == ("webrtc-datachannel",)


def test_line_ends_may_be_bare() -> None:
    text = read("aiortc_camera_data")
    assert parse_sdp(text.replace("\r\n", "\n")) == parse_sdp(text)
    assert parse_sdp(text.rstrip()) == parse_sdp(text)


def test_unknown_attributes_and_kinds_are_kept() -> None:
    text = HEAD + "a=future:1 2\r\nm=hologram 0 X/Y 3d\r\na=flag\r\na=empty:\r\n"
    description = parse_sdp(text)
    assert description.attributes == [("future", "1 2")]
    assert description.media[0].attributes == [("flag", None), ("empty", "")]
    assert description.serialize() == text


def test_writes_what_was_built() -> None:
    description = SessionDescription(origin=Origin(1, 2), ice_lite=True)
    assert description.serialize() == HEAD + "a=ice-lite\r\n"


def test_a_lone_stream_id_is_an_msid() -> None:
    assert parse_sdp(HEAD + AUDIO + "a=msid:s\r\n").media[0].msids == [Msid("s")]


REFUSED = {
    "empty": "",
    "blank": "\r\n\r\n",
    "json": '{"type": "offer"}',
    "html": "<html></html>",
    "no version": HEAD.removeprefix("v=0\r\n"),
    "version twice": HEAD + "v=0\r\n",
    "another version": HEAD.replace("v=0", "v=1"),
    "no origin": HEAD.replace("o=- 1 2 IN IP4 127.0.0.1\r\n", ""),
    "short origin": HEAD.replace("IN IP4 127.0.0.1", "IN IP4"),
    "origin not a number": HEAD.replace("- 1 2", "- x 2"),
    "no name": HEAD.replace("s=-\r\n", ""),
    "no timing": HEAD.replace("t=0 0\r\n", ""),
    "blank line inside": HEAD + "\r\n" + AUDIO,
    "no equals sign": HEAD + "attribute\r\n",
    "no value": HEAD + "a=\r\n",
    "carriage return inside": HEAD + "a=x:1\ra=ice-lite\r\n",
    "unicode line end inside": HEAD + "a=x:1\u2028a=ice-lite\r\n",
    "null": HEAD + "a=x:\x00\r\n",
    "lone surrogate": HEAD + "a=x:\ud800\r\n",
    "name in a section": HEAD + AUDIO + "s=-\r\n",
    "section without formats": HEAD + "m=audio 9 UDP/TLS/RTP/SAVPF\r\n",
    "section without protocol": HEAD + "m=audio 9\r\n",
    "port too big": HEAD + "m=audio 65536 UDP/TLS/RTP/SAVPF 0\r\n",
    "payload type too big": HEAD + "m=audio 9 UDP/TLS/RTP/SAVPF 128\r\n",
    "payload type a word": HEAD + "m=audio 9 UDP/TLS/RTP/SAVPF opus\r\n",
    "one mid twice": HEAD + (AUDIO + "a=mid:0\r\n") * 2,
    "long mid": HEAD + AUDIO + f"a=mid:{'m' * 33}\r\n",
    "mid of two words": HEAD + AUDIO + "a=mid:0 1\r\n",
    "short ufrag": HEAD + AUDIO + "a=ice-ufrag:abc\r\n",
    "ufrag with a colon": HEAD + AUDIO + "a=ice-ufrag:ab:cd\r\n",
    "short password": HEAD + AUDIO + "a=ice-pwd:short\r\n",
    "unknown setup": HEAD + AUDIO + "a=setup:both\r\n",
    "fmtp without parameters": HEAD + AUDIO + "a=fmtp:111\r\n",
    "attribute without name": HEAD + AUDIO + "a=:1\r\n",
    "too long": HEAD + "a=x:" + "y" * MAX_SDP_CHARS,
    "too many sections": HEAD + AUDIO * (MAX_SECTIONS + 1),
    "too many attributes": HEAD + AUDIO + "a=x\r\n" * (MAX_SECTION_LINES + 1),
    "too many session attributes": HEAD + "a=x\r\n" * (MAX_SECTION_LINES + 1),
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_refuses(text: str) -> None:
    with pytest.raises(WireError):
        parse_sdp(text)


def test_the_limits_themselves_are_allowed() -> None:
    assert len(parse_sdp(HEAD + AUDIO * MAX_SECTIONS).media) == MAX_SECTIONS
    full = HEAD + (AUDIO + "a=x\r\n" * MAX_SECTION_LINES) * 2
    assert len(parse_sdp(full).media[1].attributes) == MAX_SECTION_LINES


def test_errors_name_the_line_not_the_secret_in_it() -> None:
    with pytest.raises(WireError, match=r"SDP line 6 \(a=\): not an ICE password") as error:
        parse_sdp(HEAD + AUDIO + "a=ice-pwd:secret\r\n")
    assert "secret" not in str(error.value)


@given(st.text())
def test_any_text_parses_or_raises_wire_error(text: str) -> None:
    _parses_or_refuses(text)


_LINES = st.sampled_from(sorted({line for name in NAMES for line in read(name).split("\r\n")}))
_NOISE = st.text(st.characters(codec="utf-8"), max_size=20)


@given(st.lists(st.one_of(_LINES, _NOISE, st.builds("{}{}".format, _LINES, _NOISE))))
def test_any_lines_parse_or_raise_wire_error(lines: list[str]) -> None:
    _parses_or_refuses(HEAD + "\r\n".join(lines))


def _parses_or_refuses(text: str) -> None:
    """What parses also survives writing."""
    try:
        description = parse_sdp(text)
    except WireError:
        return
    assert parse_sdp(description.serialize()) == description
