"""People at real browsers: Debian's Chromium with a camera and microphone of their own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, Playwright

from bots.pattern import Rgb
from signaling.http.auth import LOGIN_COOKIE
from tests.support.fake_media import SMALL_CAMERA, Camera, write_camera, write_microphone
from tests.support.namespace import Namespace

CHROMIUM = Path("/usr/bin/chromium")
ARTIFACTS = Path("test-artifacts")
PROBE = Path(__file__).with_name("page_probe.js")
FLAGS = (
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--auto-select-desktop-capture-source=Entire screen",
    "--allow-loopback-in-peer-connection",
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
COLOUR_TOLERANCE = 40  # of 255: two conversions, one lossy encoder
TONE_TOLERANCE_HZ = 15.0  # two and a half bins of the analyser
SILENCE = 1e-4  # of total audio energy, that of full loudness for a second being 1
LIMIT_S = 20.0


@dataclass(frozen=True)
class Look:
    """What one person's camera shows and microphone says."""

    name: str
    colour: Rgb
    tone_hz: float


THERAPIST = Look("therapist", (200, 40, 40), 440)
PATIENT = Look("patient", (40, 70, 200), 700)
GUEST = Look("guest", (40, 160, 60), 1000)


def require_chromium() -> None:
    """Skips the test, or fails it in CI, where Chromium is missing."""
    if not CHROMIUM.exists():
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("Debian's chromium is not installed")


async def launch(
    playwright: Playwright,
    folder: Path,
    look: Look,
    *,
    inside: Namespace | None = None,
    origin: str = "",
    camera: Camera = SMALL_CAMERA,
    trusted: str = "",
) -> Browser:
    """A browser process: the fake files are given for the whole of it.

    :param inside: the network to run it in, if not the caller's
    :param origin: of the page, where that is neither on loopback nor https
    :param trusted: `tests.support.certificate.Certificate.pin`"""
    pictures = write_camera(folder / f"{look.name}.y4m", look.colour, camera)
    microphone = write_microphone(folder / f"{look.name}.wav", look.tone_hz)
    program = CHROMIUM if inside is None else inside.wrapper(CHROMIUM, folder)
    return await playwright.chromium.launch(
        executable_path=str(program),
        args=[
            *FLAGS,
            *([f"--unsafely-treat-insecure-origin-as-secure={origin}"] if origin else []),
            *([f"--ignore-certificate-errors-spki-list={trusted}"] if trusted else []),
            f"--use-file-for-fake-video-capture={pictures}",
            f"--use-file-for-fake-audio-capture={microphone}",
        ],
    )


@dataclass(frozen=True)
class Tile:
    """A tile as `page_probe.js` describes it."""

    connection: str
    name: str
    micOff: bool
    width: int
    colour: Rgb | None
    frames: int
    energy: float
    tone: float | None
    playing: bool

    def shows(self, colour: Rgb) -> bool:
        return self.colour is not None and all(
            abs(seen - wanted) <= COLOUR_TOLERANCE
            for seen, wanted in zip(self.colour, colour, strict=True)
        )

    def says(self, tone_hz: float) -> bool:
        return self.tone is not None and abs(self.tone - tone_hz) <= TONE_TOLERANCE_HZ


class Window:
    """One browser window of one person, its console lines and its page errors."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.console: list[str] = []
        self.errors: list[str] = []
        page.on("console", lambda message: self.console.append(message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def at(self, testid: str) -> Locator:
        return self.page.get_by_test_id(testid)

    async def open(self, link: str) -> None:
        await self.page.goto(link)

    async def join(self, link: str, name: str = "") -> None:
        """Through the pre-join, until the call or its waiting room is on the screen."""
        await self.open(link)
        await self.enter(name)
        await self.at("local-video").or_(self.at("waiting-message")).first.wait_for()

    async def enter(self, name: str = "") -> None:
        """From the pre-join into the session."""
        await self.at("join-button").wait_for()
        if name:
            await self.at("join-name").fill(name)
        await self.at("join-button").click()

    async def tiles(self, testid: str = "remote-tile") -> list[Tile]:
        described = await self.page.evaluate("(testid) => probe.tiles(testid)", testid)
        return [
            Tile(**{**one, "colour": one["colour"] and tuple(one["colour"])}) for one in described
        ]

    async def until(
        self, condition: Callable[[list[Tile]], bool], what: str, testid: str = "remote-tile"
    ) -> list[Tile]:
        """The tiles, once ``condition`` holds of them."""
        deadline = asyncio.get_running_loop().time() + LIMIT_S
        while not condition(tiles := await self.tiles(testid)):
            assert asyncio.get_running_loop().time() < deadline, f"{what} did not come: {tiles}"
            await asyncio.sleep(0.05)
        return tiles

    async def sees_live(self, *looks: Look) -> None:
        """Exactly these people's tiles, each with the right picture and the right sound, and both
        go on: frames are decoded, audio energy grows."""
        await self.until(lambda tiles: len(tiles) == len(looks), f"{len(looks)} tiles")
        before = {tile.connection: tile for tile in await self.tiles()}
        missing = list(looks)

        def all_live(tiles: list[Tile]) -> bool:
            missing[:] = [
                look for look in missing if not any(_is_live(one, look, before) for one in tiles)
            ]
            return not missing

        await self.until(all_live, f"{[look.name for look in looks]} live")

    async def hears_nothing(self) -> None:
        """The only tile's picture goes on for 20 frames in which no sound comes."""
        (since,) = await self.tiles()

        def quiet(tiles: list[Tile]) -> bool:
            nonlocal since
            (tile,) = tiles
            if tile.energy > since.energy + SILENCE:
                since = tile
            return tile.frames > since.frames + 20

        await self.until(quiet, "silence beside a picture")

    async def screenshot(self, name: str) -> None:
        """Kept for people to look at."""
        await self.page.screenshot(path=ARTIFACTS / f"{name}.png")

    async def totals(self) -> dict[str, Any]:
        totals: dict[str, Any] = await self.page.evaluate("() => probe.totals()")
        return totals

    async def close(self) -> None:
        await self.page.close()


def _is_live(tile: Tile, look: Look, before: dict[str, Tile]) -> bool:
    earlier = before.get(tile.connection)
    return (
        earlier is not None
        and tile.width > 0
        and tile.frames > earlier.frames
        and tile.energy > earlier.energy
        and tile.shows(look.colour)
        and tile.says(look.tone_hz)
    )


class Person:
    """A browser profile: one set of cookies, any number of windows."""

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        self.windows: list[Window] = []

    async def window(self) -> Window:
        window = Window(await self._context.new_page())
        self.windows.append(window)
        return window

    async def before_pages(self, script: str) -> None:
        """Run a script in every page that is opened from now on, before the page's own."""
        await self._context.add_init_script(script)

    async def has_logged_in(self, url: str, token: str) -> None:
        """Bring the cookie of an earlier log-in."""
        await self._context.add_cookies([{"name": LOGIN_COOKIE, "value": token, "url": url}])

    async def screenshots(self, name: str) -> None:
        """Of every open window."""
        for number, window in enumerate(self.windows):
            if not window.page.is_closed():
                await window.screenshot(f"{name}-{number}")

    async def log_in(self, url: str, email: str, password: str) -> Window:
        """Through the page's own form, until that is gone."""
        window = await self.window()
        await window.open(url)
        await window.at("login-email").fill(email)
        await window.at("login-password").fill(password)
        await window.at("login-submit").click()
        await window.at("login-submit").wait_for(state="detached")
        return window


@asynccontextmanager
async def person(browser: Browser) -> AsyncIterator[Person]:
    """A fresh profile, and afterwards no page may have had an error of its own."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
    await context.add_init_script(path=PROBE)
    context.set_default_timeout(LIMIT_S * 1000)
    someone = Person(context)
    yield someone
    await context.close()
    assert [error for window in someone.windows for error in window.errors] == []
