"""Chromium sends three layers in each codec it makes them in; a viewer's tile decides which comes,
and what nobody watches is not sent."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Playwright

from tests.support.browser import PATIENT, Window, launch, person
from tests.support.clinic import Clinic, Session, clinic
from tests.support.fake_media import Camera

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

CAMERA = Camera(960, 540, 10)  # of this size Chromium makes three
LARGE, SMALLER = 960, (480, 240)  # pixels across
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 260, "height": 560}
SPARED_S = 5.0  # until a layer that nobody watches has ceased
SENT_AT_MOST = 3  # packets of a layer that has ceased, under way or for probing


async def layers(roda: Clinic, session: Session) -> dict[str, dict[str, Any]]:
    """The publisher's camera as the server counts it, by RID."""
    found = await roda.ask("GET", f"/sessions/{session.id}/connections")
    return {
        encoding["rid"]: {**encoding, "codec": track["codec"]}
        for connection in found["connections"]
        for track in connection["stats"]["publish"]["tracks"]
        if track["source"] == "camera"
        for encoding in track["encodings"]
    }


async def until_flowing(roda: Clinic, session: Session) -> dict[str, dict[str, Any]]:
    async with asyncio.timeout(20):
        while True:
            found = await layers(roda, session)
            if len(found) == 3 and all(each["packets"] > 20 for each in found.values()):
                return found
            await asyncio.sleep(0.2)


async def sees(window: Window, *widths: int) -> None:
    """The picture in one of these widths, and it goes on."""
    (tile,) = await window.until(
        lambda tiles: len(tiles) == 1 and tiles[0].width in widths, f"a picture {widths} wide"
    )
    frames = tile.frames
    await window.until(lambda tiles: tiles[0].frames > frames + 3, "its next frames")


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_a_tile_gets_the_layer_of_its_size_and_spares_the_rest(
    playwright: Playwright, guest_browser: Browser, tmp_path: Path, codec: str
) -> None:
    async with clinic(tmp_path, RODA_VIDEO_CODECS=codec) as roda:
        session = await roda.session()
        started = await launch(playwright, tmp_path, PATIENT, camera=CAMERA)
        async with person(started) as publisher, person(guest_browser) as viewer:
            await (await publisher.window()).join(session.link, "Rui")
            sent = await until_flowing(roda, session)
            assert {each["codec"] for each in sent.values()} == {codec}
            window = await viewer.window()
            await window.join(session.link, "Ana")
            await sees(window, LARGE)
            await window.page.set_viewport_size(NARROW)
            await sees(window, *SMALLER)
            await asyncio.sleep(SPARED_S)
            before = (await layers(roda, session))["f"]["packets"]
            await asyncio.sleep(1)
            after = (await layers(roda, session))["f"]["packets"]
            assert after - before <= SENT_AT_MOST
            await window.page.set_viewport_size(WIDE)
            await sees(window, LARGE)
        await started.close()
