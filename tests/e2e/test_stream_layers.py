"""Chromium sends one stream in layers, and Chromium decodes what another's line and tile allow.

Only on a quiet machine: encoding several sizes in one stream takes all that two cores have, and an
encoder that falls behind leaves the larger ones out by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright

from tests.support.bad_network import SERVER_SETTINGS, bad_network
from tests.support.browser import GUEST, PATIENT, Person, Window, launch, person
from tests.support.clinic import Clinic, Session, clinic
from tests.support.fake_media import Camera
from tests.support.layered_sender import sends_in_layers
from tests.support.line_bounds import ON_ANY_MACHINE, LineBounds
from tests.support.network import Conditions
from tests.support.reception import Reception, pictures, receive

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.figures,
    pytest.mark.asyncio(loop_scope="session"),
]
_module = pytest_asyncio.fixture(scope="module", loop_scope="session")

CAMERA = Camera(640, 360, 15, grain=4)
LARGE, SMALL = 640, 320  # pixels across: of this size libwebrtc makes two spatial layers
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 260, "height": 560}
FLUENT = Camera(320, 180, 30, grain=10)
MAX_BPS, FLUENT_BPS = 800_000, 500_000
THIN = Conditions(delay_s=0.02, rate_bps=400_000, queue_bytes=12_500)


@_module
async def sender(
    playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Browser]:
    folder = tmp_path_factory.mktemp("sender")
    started = await launch(playwright, folder, PATIENT, camera=CAMERA)
    yield started
    await started.close()


async def call(
    roda: Clinic, publisher: Person, viewer: Person, codec: str, mode: str, max_bps: int = MAX_BPS
) -> tuple[Session, Window]:
    """The viewer's window: it has no camera of its own, so that the other's picture is the only
    one."""
    session = await roda.session()
    await publisher.before_pages(sends_in_layers(codec, mode, max_bps))
    await (await publisher.window()).join(session.link, "Rui")
    window = await viewer.window()
    await window.open(session.link)
    await window.at("preview-video").wait_for()
    await window.at("camera-toggle").click()
    await window.enter("Ana")
    return session, window


async def watched(roda: Clinic, session: Session) -> dict[str, Any]:
    """What the server counts of the picture that the viewer gets."""
    found = await roda.ask("GET", f"/sessions/{session.id}/connections")
    track: dict[str, Any]
    (track,) = [
        track
        for connection in found["connections"]
        for track in connection["stats"]["subscribe"]["tracks"]
        if track["kind"] == "video" and track["packets"]
    ]
    return track


async def until(condition: Callable[[], Awaitable[bool]], what: str, limit_s: float = 20.0) -> None:
    deadline = time.monotonic() + limit_s
    while not await condition():
        assert time.monotonic() < deadline, f"{what} did not come"
        await asyncio.sleep(0.2)


async def width_is(window: Window, width: int) -> bool:
    return [picture.width for picture in await pictures(window)] == [width]


async def received(window: Window, duration_s: float) -> Reception:
    ((only,),) = await receive(duration_s, window)
    return only


@ON_ANY_MACHINE
@pytest.mark.parametrize("codec", ["VP9", "AV1"])
async def test_a_small_tile_gets_the_small_size_inside_a_stream(
    roda: Clinic, sender: Browser, guest_browser: Browser, codec: str, bounds: LineBounds
) -> None:
    async with person(sender) as publisher, person(guest_browser) as viewer:
        session, window = await call(roda, publisher, viewer, codec, "L3T3_KEY")
        await until(lambda: width_is(window, LARGE), "the large picture")
        await window.page.set_viewport_size(NARROW)
        await until(lambda: width_is(window, SMALL), "the small picture")
        rates = (bounds.frame_rate * CAMERA.frame_rate, 2 * CAMERA.frame_rate)
        await until(partial(is_steady, window, rates, bounds.frozen), "a steady small picture", 25)
        track = await watched(roda, session)
        assert track["codec"] == codec
        assert track["stream_layer"] == {"spatial": 0, "temporal": 2}
        assert track["frames_left_out"] > 20
        await window.page.set_viewport_size(WIDE)
        await until(lambda: width_is(window, LARGE), "the large picture again")
        await until(partial(is_fluent, window, rates[0]), "its frames", 25)
        after = await watched(roda, session)
        assert after["stream_layer"] == {"spatial": 1, "temporal": 2}
        assert after["keyframe_requests"] <= 3


@ON_ANY_MACHINE
async def test_a_thin_line_gets_fewer_frames_of_a_stream_without_sizes(
    playwright: Playwright, tmp_path_factory: pytest.TempPathFactory, bounds: LineBounds
) -> None:
    """And all of them when it is a wide one again."""
    folder = tmp_path_factory.mktemp("thin")
    async with (
        bad_network() as network,
        clinic(folder, inside=network.server, **SERVER_SETTINGS) as roda,
    ):
        near = await launch(
            playwright, folder, PATIENT, inside=network.server, origin=roda.url, camera=FLUENT
        )
        away = await launch(playwright, folder, GUEST, inside=network.client, origin=roda.url)
        async with person(near) as publisher, person(away) as viewer:
            session, window = await call(roda, publisher, viewer, "VP8", "L1T3", FLUENT_BPS)
            await until(lambda: width_is(window, FLUENT.width), "the picture")
            await until(partial(sends, roda, session, 0.7 * FLUENT_BPS), "the encoder's rate")
            best = await received(window, 2)
            await network.to_client(THIN)
            await until(partial(has_lower_frame_rate, roda, session), "a lower frame rate")
            asked = (await watched(roda, session))["keyframe_requests"]
            slower = (0.1 * best.frame_rate, 0.8 * best.frame_rate)
            await until(partial(is_steady, window, slower, bounds.frozen), "a steady picture", 25)
            assert (await watched(roda, session))["keyframe_requests"] - asked <= 3
            await network.to_client(Conditions())
            await until(partial(is_fluent, window, 0.7 * best.frame_rate), "all frames again", 25)
        await near.close()
        await away.close()


async def is_steady(window: Window, frame_rate: tuple[float, float], frozen: float) -> bool:
    seen = await received(window, 3)
    return frame_rate[0] < seen.frame_rate < frame_rate[1] and seen.frozen < frozen


async def is_fluent(window: Window, frame_rate: float) -> bool:
    return (await received(window, 1)).frame_rate > frame_rate


async def has_lower_frame_rate(roda: Clinic, session: Session) -> bool:
    flowing = (await watched(roda, session))["stream_layer"]
    return flowing is not None and flowing["temporal"] < 2


async def sends(roda: Clinic, session: Session, bps: float) -> bool:
    """Whether the publisher sends at this rate at least."""
    found = await roda.ask("GET", f"/sessions/{session.id}/connections")
    rates = [
        encoding["bitrate_bps"]
        for connection in found["connections"]
        for track in connection["stats"]["publish"]["tracks"]
        for encoding in track["encodings"]
    ]
    return max(rates, default=0) >= bps
