"""Firefox ESR in a call with Chromium: its own WebRTC stack, by Roda's page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.async_api import Playwright

from tests.support.bad_network import SERVER_SETTINGS, bad_network
from tests.support.browser import PATIENT, Window, launch, person, require_chromium
from tests.support.clinic import Clinic, Session, clinic
from tests.support.firefox import Firefox, firefox, require_firefox

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

SEES = """(await probe.tiles('remote-tile')).every((tile) => tile.frames > 20 && tile.energy > 0)"""
TROUBLE = "document.querySelector('[data-testid=remote-tile] [data-testid=tile-trouble]')"


async def join(window: Firefox, link: str, name: str) -> None:
    """Through the pre-join into the call."""
    await window.open(link)
    await window.until("return !!document.querySelector('[data-testid=join-name]');", "pre-join")
    await window.evaluate(
        f"""const name = document.querySelector('[data-testid=join-name]');
        name.value = {name!r};
        name.dispatchEvent(new Event('input', {{bubbles: true}}));
        document.querySelector('[data-testid=join-button]').click();"""
    )
    await window.until("return !!document.querySelector('[data-testid=local-video]');", "the call")


async def camera_of(roda: Clinic, session: Session, name: str) -> dict[str, Any]:
    """What the server counts of that person's camera."""
    found = await roda.ask("GET", f"/sessions/{session.id}/connections")
    for connection in found["connections"]:
        if connection["name"] == name and connection["state"] == "in_room":
            for track in connection["stats"]["publish"]["tracks"]:
                if track["source"] == "camera":
                    return dict(track)
    return {"codec": "", "encodings": []}


async def camera_when(
    roda: Clinic, session: Session, name: str, fits: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """That camera, once it is as told."""
    async with asyncio.timeout(15):
        while True:
            camera = await camera_of(roda, session, name)
            if fits(camera):
                return camera
            await asyncio.sleep(0.1)


def flows(camera: dict[str, Any]) -> bool:
    """All three layers have come."""
    return len(camera["encodings"]) == 3 and all(e["packets"] > 20 for e in camera["encodings"])


class Scene(NamedTuple):
    """Chromium ("Rui") and Firefox ("Fox") before they join a session."""

    roda: Clinic
    session: Session
    chromium: Window
    firefox: Firefox


@asynccontextmanager
async def scene(playwright: Playwright, folder: Path, codecs: str) -> AsyncIterator[Scene]:
    require_chromium()
    require_firefox()
    profile = folder / "firefox"
    profile.mkdir()
    settings = {**SERVER_SETTINGS, "RODA_VIDEO_CODECS": codecs}
    async with (
        bad_network() as network,
        clinic(folder, inside=network.server, **settings) as roda,
        firefox(profile, network.client) as fox,
    ):
        started = await launch(playwright, folder, PATIENT, inside=network.client, origin=roda.url)
        async with person(started) as patient:
            yield Scene(roda, await roda.session(), await patient.window(), fox)
        await started.close()


async def test_a_call_with_chromium_that_begins_in_a_codec_firefox_has_not(
    playwright: Playwright, tmp_path: Path
) -> None:
    """Firefox sends three layers and receives, once Chromium has been asked for another codec. When
    Firefox has left, Chromium's track stays as it is."""
    async with scene(playwright, tmp_path, "H264,VP8,VP9,AV1") as (roda, session, window, fox):
        await window.join(session.link, "Rui")
        await camera_when(roda, session, "Rui", lambda camera: camera["codec"] == "H264")
        await join(fox, session.link, "Fox")
        asked = await camera_when(roda, session, "Rui", lambda camera: camera["codec"] == "VP8")
        assert [layer["rid"] for layer in asked["encodings"]] == ["q", "h", "f"]
        assert await fox.until(f"return {SEES};", "Chromium's picture and sound")
        assert await fox.evaluate(f"return {TROUBLE}.hidden;")
        sent = await camera_when(roda, session, "Fox", flows)
        assert [layer["rid"] for layer in sent["encodings"]] == ["q", "h", "f"]
        await window.until(
            lambda tiles: [tile.frames > 20 and tile.energy > 0 for tile in tiles] == [True],
            "Firefox's picture and sound",
        )
        await fox.evaluate("document.querySelector('[data-testid=leave-button]').click();")
        await window.until(lambda tiles: not tiles, "Firefox's end")
        after = await camera_of(roda, session, "Rui")
        assert (after["codec"], after["track_id"]) == ("VP8", asked["track_id"])


async def test_a_picture_that_cannot_be_shown_says_so(
    playwright: Playwright, tmp_path: Path
) -> None:
    async with scene(playwright, tmp_path, "H264") as (roda, session, window, fox):
        await window.join(session.link, "Rui")
        await camera_when(roda, session, "Rui", lambda camera: camera["codec"] == "H264")
        await join(fox, session.link, "Fox")
        words = await fox.until(f"return {TROUBLE}?.textContent;", "the words")
        assert words == "This browser cannot show this picture (H264)"
        await window.until(lambda tiles: [t.energy > 0 for t in tiles] == [True], "Firefox's sound")
