"""One server and one browser a person, for all tests of a run: each starts in about a second."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright, async_playwright

from tests.support import browser, clinic

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


@pytest_asyncio.fixture(loop_scope="session")
async def therapist(
    therapist_browser: Browser, request: pytest.FixtureRequest
) -> AsyncIterator[browser.Person]:
    async with browser.person(therapist_browser, request.node.name) as someone:
        yield someone


@pytest_asyncio.fixture(loop_scope="session")
async def patient(
    patient_browser: Browser, request: pytest.FixtureRequest
) -> AsyncIterator[browser.Person]:
    async with browser.person(patient_browser, request.node.name) as someone:
        yield someone


@pytest_asyncio.fixture(loop_scope="session")
async def guest(
    guest_browser: Browser, request: pytest.FixtureRequest
) -> AsyncIterator[browser.Person]:
    async with browser.person(guest_browser, request.node.name) as someone:
        yield someone
