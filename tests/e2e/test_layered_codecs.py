"""VP9 and AV1 in Chromium: who watches a large tile gets the large picture, who watches a small
one the small, and frames can be left out of each."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Playwright

from tests.support.browser import GUEST, Window, launch, person
from tests.support.clinic import Clinic, clinic
from tests.support.fake_media import Camera

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


async def camera_of(roda: Clinic, name: str) -> dict[str, Any]:
    """What the server counts of somebody's camera."""
    (track,) = (
        track
        for connection in await roda.connections()
        if connection["name"] == name
        for track in connection["stats"]["publish"]["tracks"]
        if track["source"] == "camera"
    )
    return dict(track)


async def sees_width(window: Window, name: str, width: int) -> None:
    await window.until(
        lambda tiles: any(tile.name == name and tile.width == width for tile in tiles),
        f"{name}'s picture {width} pixels wide",
    )


@pytest.mark.parametrize("codec", ["VP9", pytest.param("AV1", marks=pytest.mark.figures)])
async def test_each_viewer_gets_the_size_that_is_of_use(
    playwright: Playwright, patient_browser: Browser, tmp_path: Path, codec: str
) -> None:
    async with (
        clinic(tmp_path, RODA_VIDEO_CODECS=f"{codec},VP8") as roda,
        person(await launch(playwright, tmp_path, GUEST, camera=Camera(640, 480, 12))) as ana,
        person(patient_browser) as rui,
    ):
        session = await roda.session()
        large, small = await rui.window(), await rui.window()
        await small.page.set_viewport_size({"width": 320, "height": 360})
        sender = await ana.window()
        await sender.join(session.link, "Ana")
        await large.join(session.link, "Rui")
        await small.join(session.link, "Rui")
        await sees_width(large, "Ana", 640)
        await sees_width(small, "Ana", 320)

        async def all_layers() -> bool:
            camera = await camera_of(roda, "Ana")
            assert camera["codec"] == codec
            widths = [one["width"] for one in camera["encodings"] if one["bitrate_bps"]]
            temporal = [{at["temporal"] for at in one["layers"]} for one in camera["encodings"]]
            return widths == [320, 640] and temporal[:2] == [{0, 1, 2}, {0, 1, 2}]

        async with asyncio.timeout(20):
            while not await all_layers():
                pass
        await large.page.set_viewport_size({"width": 320, "height": 360})
        await sees_width(large, "Ana", 320)
