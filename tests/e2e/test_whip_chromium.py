"""A page that knows nothing of Roda publishes by WHIP and plays by WHEP with nothing but fetch,
from another origin."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Page, async_playwright

from bots.bot import Bot, BotOptions
from bots.sources import SyntheticSettings, synthetic_source
from tests.support.browser import CHROMIUM, FLAGS, require_chromium
from tests.support.call_server import CallServer, call_server
from tests.support.eventually import eventually

pytestmark = pytest.mark.e2e

OPEN = """async ([url, token, publish, simulcast]) => {
  const pc = window.pc = new RTCPeerConnection();
  if (publish) {
    const media = await navigator.mediaDevices.getUserMedia(
      {audio: true, video: simulcast ? {width: 1280, height: 720} : {width: 640, height: 480}});
    const sendEncodings = simulcast
      ? [{rid: 'q', scaleResolutionDownBy: 4}, {rid: 'h', scaleResolutionDownBy: 2}, {rid: 'f'}]
      : [{}];
    pc.addTransceiver(media.getAudioTracks()[0], {direction: 'sendonly'});
    pc.addTransceiver(media.getVideoTracks()[0], {direction: 'sendonly', sendEncodings});
  } else {
    pc.addTransceiver('audio', {direction: 'recvonly'});
    pc.addTransceiver('video', {direction: 'recvonly'});
    const video = document.body.appendChild(document.createElement('video'));
    video.autoplay = video.muted = true;
    video.srcObject = new MediaStream();
    pc.ontrack = ({track}) => video.srcObject.addTrack(track);
  }
  await pc.setLocalDescription();
  const reply = await fetch(url, {method: 'POST', body: pc.localDescription.sdp,
    headers: {Authorization: `Bearer ${token}`, 'Content-Type': 'application/sdp'}});
  window.resource = new URL(reply.headers.get('Location'), url).href;
  window.etag = reply.headers.get('ETag');
  window.token = token;
  await pc.setRemoteDescription({type: 'answer', sdp: await reply.text()});
  return [reply.status, etag];
}"""
RESTART = """async () => {
  pc.restartIce();
  const offer = await pc.createOffer();
  await pc.setLocalDescription(offer);
  const pick = (sdp, name) => sdp.match(new RegExp(`a=${name}:(.*)\\r\\n`))[1];
  const fragment = `a=ice-ufrag:${pick(offer.sdp, 'ice-ufrag')}\\r\\n`
    + `a=ice-pwd:${pick(offer.sdp, 'ice-pwd')}\\r\\n`;
  const reply = await fetch(resource, {method: 'PATCH', body: fragment, headers: {
    Authorization: `Bearer ${token}`, 'If-Match': '*',
    'Content-Type': 'application/trickle-ice-sdpfrag'}});
  const theirs = await reply.text();
  const sdp = pc.currentRemoteDescription.sdp
    .replace(/a=ice-ufrag:.*\\r\\n/g, `a=ice-ufrag:${pick(theirs, 'ice-ufrag')}\\r\\n`)
    .replace(/a=ice-pwd:.*\\r\\n/g, `a=ice-pwd:${pick(theirs, 'ice-pwd')}\\r\\n`);
  await pc.setRemoteDescription({type: 'answer', sdp});
  return [reply.status, reply.headers.get('ETag') !== etag];
}"""
END = """async () => (await fetch(resource, {method: 'DELETE',
  headers: {Authorization: `Bearer ${token}`}})).status"""
FRAMES = """async () => {
  let frames = 0, samples = 0;
  for (const r of (await pc.getStats()).values()) {
    if (r.type === 'inbound-rtp' && r.kind === 'video') frames = r.framesDecoded;
    if (r.type === 'inbound-rtp' && r.kind === 'audio') samples = r.totalSamplesReceived || 0;
  }
  return [frames, samples, pc.connectionState];
}"""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[CallServer]:
    async with call_server(tmp_path) as started:
        yield started


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A blank page of an origin that is not the server's."""
    require_chromium()

    async def blank(_: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>blank</title>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", blank)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        page = await browser.new_page()
        await page.goto(f"http://127.0.0.1:{runner.addresses[0][1]}/")
        yield page
        await browser.close()
    await runner.cleanup()


def arguments(server: CallServer, door: str, simulcast: bool = False) -> list[Any]:
    url = f"{server.running.url}/{door}/{server.link.rsplit('/', 1)[1]}"
    return [url, server.host_token, door == "whip", simulcast]


async def layers_of(server: CallServer, count: int) -> list[str | None]:
    """The RIDs of the WHIP publisher's camera, once ``count`` layers of it have come."""
    (session,) = (await server.ask("GET", "/sessions"))["sessions"]
    async with asyncio.timeout(15):
        while True:
            found = await server.ask("GET", f"/sessions/{session['id']}/connections")
            (whip,) = (c for c in found["connections"] if c["door"] == "whip")
            (camera,) = (t for t in whip["stats"]["publish"]["tracks"] if t["source"] == "camera")
            come = [layer["rid"] for layer in camera["encodings"] if layer["packets"] > 5]
            if len(come) == count:
                return come
            await asyncio.sleep(0.1)


async def frames_of(page: Page, beyond: int) -> int:
    """Decoded video frames, once there are more than ``beyond`` and sound has come too."""
    for _ in range(100):
        frames, samples, _ = await page.evaluate(FRAMES)
        if frames > beyond and samples > 0:
            return int(frames)
        await page.wait_for_timeout(100)
    raise AssertionError(await page.evaluate(FRAMES))


@pytest.mark.parametrize("simulcast", [False, True])
async def test_publishes_and_restarts_ice(server: CallServer, page: Page, simulcast: bool) -> None:
    async with Bot(BotOptions("Ana")) as ana:
        await ana.join(server.link)
        status, etag = await page.evaluate(OPEN, arguments(server, "whip", simulcast))
        assert (status, etag[0]) == (201, '"')
        await eventually(lambda: ana.frames(kind="video") > 10, "the picture")
        layers = await layers_of(server, 3 if simulcast else 1)
        assert layers == (["q", "h", "f"] if simulcast else [None])
        await eventually(lambda: ana.frames(kind="audio") > 10, "the sound")
        assert await page.evaluate(RESTART) == [200, True]
        seen = ana.frames(kind="video")
        await eventually(lambda: ana.frames(kind="video") > seen + 30, "the picture afterwards")
        assert await page.evaluate(END) == 200
        await eventually(lambda: not ana.room.peers, "the end")


async def test_plays_one_after_another_and_restarts_ice(server: CallServer, page: Page) -> None:
    assert (await page.evaluate(OPEN, arguments(server, "whep")))[0] == 201
    source = synthetic_source(SyntheticSettings(tone_hz=500))
    async with Bot(BotOptions("Ana"), source) as ana:
        await ana.join(server.link)
        frames = await frames_of(page, 20)
        assert await page.evaluate(RESTART) == [200, True]
        frames = await frames_of(page, frames + 30)
    source = synthetic_source(SyntheticSettings(tone_hz=800))
    async with Bot(BotOptions("Bia"), source) as bia:
        await bia.join(server.link)
        await frames_of(page, frames + 30)
    assert await page.evaluate(END) == 200
