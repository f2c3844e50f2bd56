"""Cameras of every size in Chromium: the largest picture that is sent is the camera's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Playwright

from tests.support.browser import GUEST, PATIENT, Look, Person, Window, launch, person
from tests.support.clinic import Clinic
from tests.support.fake_media import Camera

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

RESIZE = """async (constraints) => {
    const [track] = document.querySelector("[data-testid=local-video]").srcObject.getVideoTracks();
    await track.applyConstraints(constraints);
}"""


@asynccontextmanager
async def behind(
    playwright: Playwright, folder: Path, look: Look, camera: Camera
) -> AsyncIterator[Person]:
    browser = await launch(playwright, folder, look, camera=camera)
    async with person(browser) as someone:
        yield someone
    await browser.close()


async def sees_width(window: Window, width: int) -> None:
    """The other's picture, and it goes on."""
    (tile,) = await window.until(
        lambda tiles: len(tiles) == 1 and tiles[0].width == width, f"a picture {width} pixels wide"
    )
    frames = tile.frames
    await window.until(lambda tiles: tiles[0].frames > frames, "its next frame")


async def test_a_camera_is_seen_in_its_own_size_also_after_it_changes(
    roda: Clinic, playwright: Playwright, tmp_path: Path
) -> None:
    """Chromium sends two layers of 640×480 and one of 320×240, whatever was negotiated."""
    session = await roda.session()
    async with (
        behind(playwright, tmp_path, GUEST, Camera(640, 480, 12)) as first,
        behind(playwright, tmp_path, PATIENT, Camera(320, 240, 12)) as second,
    ):
        ana, rui = await first.window(), await second.window()
        await ana.join(session.link, "Ana")
        await rui.join(session.link, "Rui")
        await sees_width(ana, 320)
        await sees_width(rui, 640)
        await ana.page.evaluate(RESIZE, {"width": {"exact": 320}, "height": {"exact": 240}})
        await sees_width(rui, 320)
        await ana.page.evaluate(RESIZE, {"width": {"exact": 640}, "height": {"exact": 480}})
        await sees_width(rui, 640)
        await sees_width(ana, 320)
