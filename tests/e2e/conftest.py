"""One server and one browser a person, for all tests of a run: each starts in about a second."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright, async_playwright

from tests.support import browser, clinic

FAILED = pytest.StashKey[bool]()
_session = pytest_asyncio.fixture(scope="session", loop_scope="session")


@_session
async def roda(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[clinic.Clinic]:
    """A demo server; at the end it must have logged no fault of its own."""
    async with clinic.clinic(tmp_path_factory.mktemp("server")) as started:
        yield started
        assert started.logged_errors() == []


@_session
async def playwright() -> AsyncIterator[Playwright]:
    browser.require_chromium()
    async with async_playwright() as started:
        yield started


async def _browser(
    playwright: Playwright, folders: pytest.TempPathFactory, look: browser.Look
) -> AsyncIterator[Browser]:
    started = await browser.launch(playwright, folders.mktemp(look.name), look)
    yield started
    await started.close()


@_session
async def therapist_browser(
    playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Browser]:
    async for started in _browser(playwright, tmp_path_factory, browser.THERAPIST):
        yield started


@_session
async def patient_browser(
    playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Browser]:
    async for started in _browser(playwright, tmp_path_factory, browser.PATIENT):
        yield started


@_session
async def guest_browser(
    playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Browser]:
    async for started in _browser(playwright, tmp_path_factory, browser.GUEST):
        yield started


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the fixtures know how the test ended."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


async def _person(started: Browser, node: pytest.Item) -> AsyncIterator[browser.Person]:
    async with browser.person(started) as someone:
        yield someone
        if node.stash.get(FAILED, False):
            await someone.screenshots(f"failed-{node.name}-{id(someone)}")


@pytest_asyncio.fixture(loop_scope="session")
async def therapist(
    therapist_browser: Browser, request: pytest.FixtureRequest
) -> AsyncIterator[browser.Person]:
    async for someone in _person(therapist_browser, request.node):
        yield someone


@pytest_asyncio.fixture(loop_scope="session")
async def patient(
    patient_browser: Browser, request: pytest.FixtureRequest
) -> AsyncIterator[browser.Person]:
    async for someone in _person(patient_browser, request.node):
        yield someone


@pytest_asyncio.fixture(loop_scope="session")
async def guest(
    guest_browser: Browser, request: pytest.FixtureRequest
) -> AsyncIterator[browser.Person]:
    async for someone in _person(guest_browser, request.node):
        yield someone
