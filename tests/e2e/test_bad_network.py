"""Chromium and the server at two ends of a line that is bad for real."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Playwright

from tests.support.bad_network import SERVER_SETTINGS, BadNetwork, bad_network
from tests.support.browser import (
    GUEST,
    PATIENT,
    THERAPIST,
    Look,
    Person,
    Window,
    launch,
    person,
    require_chromium,
)
from tests.support.clinic import Clinic, clinic
from tests.support.fake_media import Camera
from tests.support.far_call import far_call
from tests.support.line_bounds import ON_ANY_MACHINE, LineBounds
from tests.support.namespace import Namespace
from tests.support.network import Conditions
from tests.support.reception import pictures, receive

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]
_fixture = pytest_asyncio.fixture(loop_scope="session")

CAMERA = Camera(480, 270, 15, grain=10)
SMALL, LARGE = 240, 480  # pixels across, of the two layers that such a camera is sent in
SETTLED_S = 5.0  # the page looks every two seconds, and gives a picture more time then


@_fixture
async def network() -> AsyncIterator[BadNetwork]:
    require_chromium()
    async with bad_network() as made:
        yield made


@_fixture
async def far(
    network: BadNetwork, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Clinic]:
    """A server at the other end."""
    folder = tmp_path_factory.mktemp("far")
    async with clinic(folder, inside=network.server, **SERVER_SETTINGS) as roda:
        yield roda


@_fixture
async def call(
    network: BadNetwork,
    far: Clinic,
    playwright: Playwright,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[Window, Window]]:
    """Who sits beside the server, and who sits behind the line."""
    folder = tmp_path_factory.mktemp("browsers")
    async with far_call(playwright, folder, network, far, camera=CAMERA) as windows:
        yield windows


@ON_ANY_MACHINE
async def test_pictures_go_on_over_a_line_that_loses(
    network: BadNetwork, call: tuple[Window, Window], bounds: LineBounds
) -> None:
    """Both ways lose, so that one picture misses what was sent to the server, one what the server
    sent. 100 ms round trip."""
    await network.both(Conditions(delay_s=0.05))
    await until_width(LARGE, call, 20)
    best = await receive(6, *call)
    assert min(one.frame_rate for (one,) in best) > bounds.frame_rate * CAMERA.frame_rate
    for loss, duration_s, (share, frozen) in (
        (0.05, 14, bounds.at_5_percent),
        (0.1, 8, bounds.at_10_percent),
    ):
        await network.both(Conditions(delay_s=0.05, loss=loss))
        await asyncio.sleep(SETTLED_S)
        found = await receive(duration_s, *call)
        for (lossless,), (lossy,) in zip(best, found, strict=True):
            assert lossy.frame_rate >= share * lossless.frame_rate, (loss, best, found)
            assert lossy.frozen < frozen, (loss, found)


async def in_session(far: Clinic, people: Sequence[tuple[str, Person]]) -> list[Window]:
    """All in one session, each window with everyone's picture."""
    session = await far.session()
    windows = []
    for name, someone in people:
        windows.append(await someone.window())
        await windows[-1].join(session.link, name)
    for window in windows:
        await window.until(
            lambda tiles: len(tiles) == len(people) - 1 and all(tile.frames for tile in tiles),
            "everyone's picture",
        )
    return windows


@asynccontextmanager
async def at(
    playwright: Playwright, folder: Path, look: Look, place: Namespace, origin: str, camera: Camera
) -> AsyncIterator[Person]:
    """Someone with a browser in a network."""
    browser = await launch(playwright, folder, look, inside=place, origin=origin, camera=camera)
    async with person(browser) as someone:
        yield someone
    await browser.close()


async def widths(windows: Sequence[Window]) -> list[int]:
    return [picture.width for window in windows for picture in await pictures(window)]


async def until_width(width: int, windows: Sequence[Window], limit_s: float) -> None:
    """All pictures are ``width`` pixels wide, for two seconds on end."""
    deadline, since = time.monotonic() + limit_s, time.monotonic()
    while time.monotonic() - since < 2:
        if set(found := await widths(windows)) != {width}:
            since = time.monotonic()
            assert since < deadline, found
        await asyncio.sleep(0.2)


@ON_ANY_MACHINE
async def test_a_thin_line_gets_the_small_picture_and_nobody_else_does(
    network: BadNetwork, far: Clinic, playwright: Playwright, tmp_path: Path, bounds: LineBounds
) -> None:
    """Three people with simulcast; 300 kbit/s with a queue of 200 ms to one of them."""
    place = partial(
        at, playwright, tmp_path, origin=far.url, camera=Camera(480, 270, 15, grain=1.5)
    )
    async with (
        place(GUEST, place=network.server) as first,
        place(THERAPIST, place=network.server) as second,
        place(PATIENT, place=network.client) as third,
    ):
        *others, thin = await in_session(far, [("Ana", first), ("Bea", second), ("Rui", third)])
        await network.both(Conditions(delay_s=0.02))
        await until_width(LARGE, [*others, thin], 20)
        limit = Conditions(delay_s=0.02, rate_bps=300_000, queue_bytes=7_500)
        await network.to_client(limit)
        await asyncio.sleep(4)
        mine, *theirs = await receive(5, thin, *others)
        small = [one for one in mine if one.width == SMALL]  # both, or the speaker's is large
        assert small, mine
        steadiest = max(small, key=lambda one: one.frame_rate)
        assert steadiest.frame_rate > bounds.frame_rate * 15, mine
        assert steadiest.frozen < bounds.frozen, mine
        for one in (one for window in theirs for one in window):
            assert one.width == LARGE, theirs
            assert one.frame_rate > bounds.frame_rate * 15, theirs
        await network.to_client(Conditions(delay_s=0.02))
        await until_width(LARGE, [thin], 10)
