"""How everyone's line does, as the page tells the host, and each of their own."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.support.axe import is_accessible, require_axe
from tests.support.browser import LIMIT_S, Person, Window
from tests.support.clinic import Clinic

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]
ANSWERS = re.compile("/api/v1/sessions/[^/]+/connections$")


@pytest.fixture(autouse=True)
def _patience() -> None:
    """As long as for everything else: the machine may be busy."""
    expect.set_options(timeout=LIMIT_S * 1000)


async def has_figures(window: Window) -> None:
    """Of the guest's card, opened: what the server counts, in words."""
    card = window.at("line").filter(has=window.page.get_by_text("Ana", exact=True))
    await card.locator("summary").click()
    figures = card.locator(".line-figures")
    await expect(figures).to_contain_text("Direct (UDP)")
    await expect(figures).to_contain_text(re.compile(r"\d+ kbit/s"))
    await expect(figures).to_contain_text("320 × 240 (VP8)")
    await expect(figures).to_contain_text("From Rafael")


async def test_the_host_sees_how_lines_do_and_that_a_look_failed(
    roda: Clinic, therapist: Person, guest: Person
) -> None:
    session = await roda.session()
    await therapist.has_logged_in(roda.url, roda.host_token)
    host, visitor = await therapist.window(), await guest.window()
    await host.join(session.link)
    await visitor.join(session.link, "Ana")
    await visitor.until(lambda tiles: len(tiles) == 1 and tiles[0].width > 0, "the host's picture")
    assert not await visitor.at("call-lines").is_visible()
    await host.at("call-lines").locator("summary").first.click()
    await expect(host.at("line")).to_have_count(2)
    await has_figures(host)
    await expect(host.at("lines-summary")).not_to_be_empty()
    await host.page.route(ANSWERS, lambda route: route.abort())
    await expect(host.at("call-lines").get_by_test_id("error-message")).to_be_visible()
    await expect(host.at("line")).to_have_count(2)
    require_axe()
    await is_accessible(host.page, "lines that could not be looked at")
    await host.page.unroute(ANSWERS)
    await expect(host.at("call-lines").get_by_test_id("error-message")).to_have_count(0)
    await host.at("call-lines").locator("summary").first.click()
    await expect(host.at("line")).to_have_count(0)

    dashboard = await therapist.window()
    await dashboard.open(roda.url)
    row = dashboard.at("active-session").filter(
        has=dashboard.page.locator(f"[href$='{session.token}']")
    )
    await row.get_by_test_id("session-lines").click()
    await expect(dashboard.at("line")).to_have_count(2)
    await has_figures(dashboard)
    await visitor.at("leave-button").click()
    await expect(dashboard.at("line")).to_have_count(1)
