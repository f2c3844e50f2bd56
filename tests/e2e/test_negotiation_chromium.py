"""Chromium takes the server's answers and offers, and means by them what the server means."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from sfu.negotiation import (
    PayloadTypes,
    answer_publish,
    make_subscribe_offer,
    parse_sdp,
    read_subscribe_answer,
)
from sfu.rtp_parameters import (
    ABS_SEND_TIME_URI,
    AUDIO_LEVEL_URI,
    DEPENDENCY_DESCRIPTOR_URI,
    MID_URI,
    PLAYOUT_DELAY_URI,
    TRANSPORT_CC_URI,
    VIDEO_ORIENTATION_URI,
    Codec,
    ForwardedMedia,
)
from tests.sfu.sdp_fixtures import H264, LOCAL, OPUS, VP8, forwarded

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

pytestmark = pytest.mark.e2e

VP9 = Codec("video", "VP9", 90000, 98, parameters=(("profile-id", "0"),))
AV1 = Codec("video", "AV1", 90000, 45, parameters=(("profile", "0"),))

OPEN = """async (simulcast) => {
  const media = await navigator.mediaDevices.getUserMedia({audio: true, video: true});
  const encodings = [{rid: 'q', scaleResolutionDownBy: 4}, {rid: 'h', scaleResolutionDownBy: 2},
                     {rid: 'f'}];
  window.pc = new RTCPeerConnection();
  const direction = 'sendonly', streams = [media];
  pc.addTransceiver(media.getAudioTracks()[0], {direction, streams});
  pc.addTransceiver(media.getVideoTracks()[0],
    simulcast ? {direction, streams, sendEncodings: encodings} : {direction, streams});
}"""
OFFER = """async () => {
  await pc.setLocalDescription(await pc.createOffer());
  return pc.localDescription.sdp;
}"""
TAKE_ANSWER = """async (sdp) => {
  await pc.setRemoteDescription({type: 'answer', sdp});
  return pc.getTransceivers().map(t => ({
    mid: t.mid, direction: t.currentDirection, stopped: t.direction === 'stopped',
    codecs: t.sender.getParameters().codecs.map(c => c.mimeType),
    extensions: t.sender.getParameters().headerExtensions.map(e => e.uri),
    rids: t.sender.getParameters().encodings.map(e => e.rid),
  }));
}"""
TAKE_OFFER = """async (sdp) => {
  window.sub = window.sub || new RTCPeerConnection();
  await sub.setRemoteDescription({type: 'offer', sdp});
  await sub.setLocalDescription(await sub.createAnswer());
  return {sdp: sub.localDescription.sdp, receivers: sub.getTransceivers().map(t => ({
    mid: t.mid, direction: t.currentDirection,
    codecs: t.receiver.getParameters().codecs.map(c => c.mimeType),
  }))};
}"""


class _Blank(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>blank</title>")

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Blank)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("Debian's chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, origin: str) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(origin)
    yield page
    page.close()


def test_publishes_one_codec_with_the_extensions_answered(page: Page) -> None:
    page.evaluate(OPEN, False)
    answer = answer_publish(parse_sdp(page.evaluate(OFFER)), LOCAL)
    audio, video = page.evaluate(TAKE_ANSWER, answer.sdp)
    assert audio["codecs"] == ["audio/opus"]
    assert set(audio["extensions"]) == set(answer.media[0].extensions)
    assert {AUDIO_LEVEL_URI, TRANSPORT_CC_URI, MID_URI} <= set(audio["extensions"])
    assert video["codecs"] == ["video/VP8", "video/rtx"]
    assert set(video["extensions"]) == set(answer.media[1].extensions)
    assert [audio["direction"], video["direction"]] == ["sendonly", "sendonly"]


def test_publishes_simulcast(page: Page) -> None:
    page.evaluate(OPEN, True)
    answer = answer_publish(parse_sdp(page.evaluate(OFFER)), LOCAL)
    assert answer.media[1].rids == ("q", "h", "f")
    assert answer.media[1].ssrcs == ()
    video = page.evaluate(TAKE_ANSWER, answer.sdp)[1]
    assert video["rids"] == ["q", "h", "f"]
    assert DEPENDENCY_DESCRIPTOR_URI in video["extensions"]


def test_a_refused_section_leaves_the_others(page: Page) -> None:
    page.evaluate(OPEN, False)
    page.evaluate("pc.createDataChannel('chat')")
    answer = answer_publish(parse_sdp(page.evaluate(OFFER)), LOCAL)
    sections = page.evaluate(TAKE_ANSWER, answer.sdp)
    assert [section["direction"] for section in sections] == ["sendonly", "sendonly"]
    assert page.evaluate("pc.sctp") is None


def test_adds_stops_and_readds_tracks(page: Page) -> None:
    page.evaluate(OPEN, False)
    first = answer_publish(parse_sdp(page.evaluate(OFFER)), LOCAL)
    page.evaluate(TAKE_ANSWER, first.sdp)
    page.evaluate("pc.getTransceivers()[1].direction = 'inactive'")
    page.evaluate("pc.addTransceiver('video', {direction: 'sendonly'}) && 0")
    second = answer_publish(parse_sdp(page.evaluate(OFFER)), LOCAL, first.media)
    page.evaluate(TAKE_ANSWER, second.sdp)
    assert [media.active for media in second.media] == [True, False, True]
    page.evaluate("pc.getTransceivers()[2].stop()")
    page.evaluate("pc.getTransceivers()[1].direction = 'sendonly'")
    third = answer_publish(parse_sdp(page.evaluate(OFFER)), LOCAL, second.media)
    page.evaluate(TAKE_ANSWER, third.sdp)
    assert [media.active for media in third.media] == [True, True, False]
    assert third.media[1].codecs == first.media[1].codecs
    page.evaluate("pc.getTransceivers().forEach(t => t.stop())")
    last = answer_publish(parse_sdp(page.evaluate(OFFER)), LOCAL, third.media)
    page.evaluate(TAKE_ANSWER, last.sdp)
    assert last.remote is None


def _subscribe(
    page: Page, media: list[ForwardedMedia], version: int, numbers: PayloadTypes
) -> tuple[Any, list[dict[str, Any]]]:
    offer = make_subscribe_offer(media, LOCAL, 7, version, numbers)
    result = page.evaluate(TAKE_OFFER, offer)
    return read_subscribe_answer(result["sdp"], media), result["receivers"]


def test_subscribes_to_every_codec(page: Page) -> None:
    codecs = (OPUS, VP8, H264, VP9, AV1)
    media = [forwarded(str(number), codec) for number, codec in enumerate(codecs)]
    answer, receivers = _subscribe(page, media, 1, PayloadTypes())
    assert [item.active for item in answer.media] == [True] * 5
    assert [item.payload_type for item in answer.media] == [111, 96, 102, 98, 45]
    assert [item.rtx_payload_type for item in answer.media] == [None, 97, 103, 99, 46]
    for receiver, codec in zip(receivers[1:], codecs[1:], strict=True):
        assert receiver["codecs"] == [f"video/{codec.name}", "video/rtx"]
    assert dict(answer.media[0].extensions) == {
        AUDIO_LEVEL_URI: 1,
        ABS_SEND_TIME_URI: 2,
        TRANSPORT_CC_URI: 3,
        MID_URI: 9,
    }
    assert dict(answer.media[1].extensions) == {
        ABS_SEND_TIME_URI: 2,
        TRANSPORT_CC_URI: 3,
        VIDEO_ORIENTATION_URI: 4,
        DEPENDENCY_DESCRIPTOR_URI: 5,
        PLAYOUT_DELAY_URI: 6,
        MID_URI: 9,
    }
    assert set(answer.media[1].feedback) == {
        "nack",
        "nack pli",
        "ccm fir",
        "goog-remb",
        "transport-cc",
    }
    assert answer.remote.setup == "active"


def test_sections_end_and_are_reused_with_another_codec(page: Page) -> None:
    numbers = PayloadTypes()
    media = [forwarded("0", OPUS), forwarded("1", VP8)]
    _subscribe(page, media, 1, numbers)
    media[1] = forwarded("1", VP8, active=False)
    answer, receivers = _subscribe(page, media, 2, numbers)
    assert [item.active for item in answer.media] == [True, False]
    assert receivers[1]["direction"] == "inactive"
    media = [
        media[0],
        forwarded("1", H264, ssrc=77, rtx_ssrc=78, track_id="other"),
        forwarded("2", VP8),
    ]
    answer, receivers = _subscribe(page, media, 3, numbers)
    assert [item.payload_type for item in answer.media] == [111, 102, 96]
    assert receivers[1]["direction"] == "recvonly"


def test_a_section_it_cannot_decode_is_not_active(page: Page) -> None:
    numbers = PayloadTypes()
    level_id = ("profile-level-id", "640c1f")  # constrained high, which Chromium does not list
    media = [forwarded("0", replace(H264, parameters=(level_id,))), forwarded("1", VP8)]
    answer, _ = _subscribe(page, media, 1, numbers)
    assert [item.active for item in answer.media] == [False, True]
    media[0] = forwarded("0", VP8, ssrc=77, rtx_ssrc=78)
    answer, _ = _subscribe(page, media, 2, numbers)
    assert [item.active for item in answer.media] == [True, True]
