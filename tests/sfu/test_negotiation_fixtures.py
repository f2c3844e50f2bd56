"""The answer to every real client's offer, line by line, and what was understood of the offer."""

from __future__ import annotations

import pytest

from sfu.negotiation import answer_publish, parse_sdp
from tests.sfu.sdp_fixtures import LOCAL, offers, read


@pytest.mark.parametrize("name", offers())
def test_answer(name: str) -> None:
    answer = answer_publish(parse_sdp(read(name)), LOCAL)
    assert answer.sdp.split("\r\n") == read(f"{name}.answer").split("\r\n")


UNDERSTOOD = {  # per section: codec, payload type, RTX, primary SSRCs, RTX SSRCs, rids
    "aiortc_camera_data": [("opus", 96, None, 1, 0, ()), ("VP8", 97, 98, 1, 1, ())],
    "chromium_camera": [("opus", 111, None, 1, 0, ()), ("VP8", 96, 97, 1, 1, ())],
    "chromium_codec_order": [("H264", 108, 109, 1, 1, ())],
    "chromium_max_bundle_screen_data": [
        ("opus", 111, None, 1, 0, ()),
        ("VP8", 96, 97, 1, 1, ()),
        ("VP8", 96, 97, 1, 1, ()),
    ],
    "chromium_receive": [("opus", 111, None, 0, 0, ()), ("VP8", 96, 97, 0, 0, ())],
    "chromium_simulcast": [
        ("opus", 111, None, 1, 0, ()),
        ("VP8", 96, 97, 0, 0, ("q", "h", "f")),
    ],
    "chromium_simulcast_h264": [
        ("opus", 111, None, 1, 0, ()),
        ("H264", 108, 109, 0, 0, ("q", "h", "f")),
    ],
    "chromium_svc_av1": [("opus", 111, None, 1, 0, ()), ("AV1", 45, 46, 1, 1, ())],
    "chromium_svc_vp9": [("opus", 111, None, 1, 0, ()), ("VP9", 98, 99, 1, 1, ())],
    "firefox_camera": [("opus", 109, None, 1, 0, ()), ("VP8", 120, 124, 1, 1, ())],
    "firefox_codec_order": [("VP9", 121, 125, 1, 1, ())],
    "firefox_max_bundle_screen_data": [
        ("opus", 109, None, 1, 0, ()),
        ("VP8", 120, 124, 1, 1, ()),
        ("VP8", 120, 124, 1, 1, ()),
    ],
    "firefox_receive": [("opus", 109, None, 1, 0, ()), ("VP8", 120, 124, 1, 0, ())],
    "firefox_simulcast": [
        ("opus", 109, None, 1, 0, ()),
        ("VP8", 120, 124, 3, 3, ("q", "h", "f")),
    ],
    "gstreamer_whip": [("VP8", 96, None, 1, 0, ()), ("opus", 97, None, 1, 0, ())],
    "wrtc_camera": [("opus", 111, None, 1, 0, ()), ("VP8", 96, 97, 1, 1, ())],
}


@pytest.mark.parametrize("name", offers())
def test_understood(name: str) -> None:
    answer = answer_publish(parse_sdp(read(name)), LOCAL)
    found = [
        (
            media.codecs[0].name,
            media.codecs[0].payload_type,
            media.codecs[0].rtx_payload_type,
            len(media.ssrcs),
            len(media.rtx_ssrcs),
            media.rids,
        )
        for media in answer.media
    ]
    assert found == UNDERSTOOD[name]
    sends = not name.endswith("receive")
    assert [media.active for media in answer.media] == [sends] * len(found)
    assert answer.remote is not None
    assert answer.remote.setup == "active"
    assert answer.remote.candidates
