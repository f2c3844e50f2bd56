"""Every screen, wide and narrow, light and dark: accessible, inside the window, kept."""

from __future__ import annotations

import pytest

from signaling.demo import DEMO_PASSWORD
from tests.support.axe import is_accessible, require_axe
from tests.support.browser import Person, Window
from tests.support.clinic import PATIENT_EMAIL, THERAPIST_EMAIL, Clinic, Session

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]
WIDE, NARROW = (1280, 800), (390, 844)
LOOKS = [("light", WIDE), ("dark", NARROW), ("dark", WIDE), ("light", NARROW)]
IDS = [f"{scheme}-{'wide' if size == WIDE else 'narrow'}" for scheme, size in LOOKS]


async def looks_right(window: Window, screen: str) -> None:
    """In both schemes and both sizes: nothing sticks out sideways, and axe has nothing to say."""
    for (scheme, (width, height)), look in zip(LOOKS, IDS, strict=True):
        await window.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        await window.page.set_viewport_size({"width": width, "height": height})
        sticks_out = await window.page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert sticks_out <= 0, f"{screen} {look}"
        await window.screenshot(f"page-{screen}-{look}")
        await is_accessible(window.page, f"{screen} {look}")
    await window.page.emulate_media(color_scheme="light")
    await window.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})


@pytest.fixture(autouse=True)
def _axe() -> None:
    require_axe()


async def test_log_in_and_dashboard(roda: Clinic, therapist: Person) -> None:
    window = await therapist.window()
    await window.open(roda.url)
    await window.at("login-submit").wait_for()
    await looks_right(window, "log-in")
    await window.at("login-email").fill(THERAPIST_EMAIL)
    await window.at("login-password").fill("not the password")
    await window.at("login-submit").click()
    assert "password" in await window.at("error-message").inner_text()
    await looks_right(window, "log-in-refused")
    await window.at("login-password").fill(DEMO_PASSWORD)
    await window.at("login-submit").click()
    await window.page.locator("form summary").click()
    await window.at("start-session").click()
    await window.at("session-link").wait_for()
    await window.at("active-session").first.wait_for()
    await window.at("session-lines").first.click()
    await window.at("lines-summary").get_by_text("Nobody is connected").wait_for()
    await looks_right(window, "dashboard")
    await window.at("account-button").click()
    await window.at("new-password").wait_for()
    await looks_right(window, "account")


async def test_a_patients_dashboard(roda: Clinic, patient: Person) -> None:
    await roda.ask("POST", "/treatment-plans", await roda.plan("Sono", "Sem telas."))
    await patient.has_logged_in(roda.url, await roda.log_in(PATIENT_EMAIL))
    window = await patient.window()
    await window.open(roda.url)
    await window.at("treatment-plan").locator("summary").first.click()
    await looks_right(window, "patient")
    await window.at("new-inquiries").click()
    await window.at("care-title").wait_for()
    await looks_right(window, "inquiry")


async def test_pre_join_waiting_and_end(roda: Clinic, therapist: Person, guest: Person) -> None:
    session = await roda.session(waiting_room_enabled=True)
    await therapist.has_logged_in(roda.url, roda.host_token)
    host = await therapist.window()
    await host.join(session.link)
    visitor = await guest.window()
    await visitor.open(session.link)
    await visitor.at("camera-select").wait_for(state="attached")
    await visitor.page.locator("summary").click()
    await looks_right(visitor, "pre-join")
    await visitor.enter("Ana Clara")
    await visitor.at("waiting-message").wait_for()
    await looks_right(visitor, "waiting")
    await host.at("admit-button").wait_for()
    await looks_right(host, "call-with-someone-at-the-door")
    await host.at("decline-button").click()
    await visitor.at("error-message").wait_for()
    await looks_right(visitor, "declined")
    await host.at("leave-button").click()
    await host.at("rejoin-button").wait_for()
    await looks_right(host, "left")


async def test_call(roda: Clinic, therapist: Person, guest: Person) -> None:
    session = await roda.session()
    await therapist.has_logged_in(roda.url, roda.host_token)
    host = await therapist.window()
    await host.join(session.link)
    await looks_right(host, "call-alone")
    visitors = [await guest.window() for _ in range(2)]
    for visitor in visitors:
        await visitor.join(session.link, "Ana Clara")
    await host.until(lambda tiles: len(tiles) == 2 and all(t.frames for t in tiles), "two tiles")
    await visitors[0].at("chat-input").fill("Bom dia!")
    await visitors[0].page.keyboard.press("Enter")
    await visitors[0].at("hand-toggle").click()
    await host.at("chat-message").wait_for()
    await host.at("join-timeline").locator("summary").click()
    await host.at("call-lines").locator("summary").first.click()
    await host.at("line").first.locator("summary").click()
    await looks_right(host, "call")
    await host.page.locator(".menu summary").first.click()
    await is_accessible(host.page, "menu")
    await host.page.keyboard.press("Escape")
    await host.at("settings-button").click()
    await looks_right(host, "settings")
    await host.page.keyboard.press("Escape")


async def ended(roda: Clinic) -> Session:
    session = await roda.session()
    await roda.ask("POST", f"/sessions/{session.id}/end")
    return session


@pytest.mark.parametrize(
    ("language", "unknown", "over"),
    [
        ("en", "There is no such session", "This session has ended"),
        ("pt-BR", "Esta sessão não existe", "Esta sessão foi encerrada"),
        ("es", "Esta sesión no existe", "Esta sesión ha terminado"),
    ],
)
async def test_links_that_do_not_work_say_why_and_what_to_do(
    roda: Clinic, guest: Person, language: str, unknown: str, over: str
) -> None:
    window = await guest.window()
    session = await ended(roda)
    await window.open(roda.url)
    await window.at("language-select").select_option(language)
    for link, sentence in ((f"{roda.url}/s/no-such-session", unknown), (session.link, over)):
        await window.open(link)
        told = window.at("error-message")
        await told.wait_for()
        words = await told.inner_text()
        assert sentence in words
        assert len(words) > len(sentence) + 20, "and a remedy"
        assert await window.at("join-button").count() == 0
    if language == "en":
        await looks_right(window, "ended-link")
    assert await window.page.locator("html").get_attribute("lang") == language
