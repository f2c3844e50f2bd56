"""What people do at the dashboard: sessions and their history, inquiries, plans, the account."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from signaling.demo import DEMO_PASSWORD
from tests.support.browser import LIMIT_S, THERAPIST, Person
from tests.support.clinic import PATIENT_EMAIL, Clinic
from tests.support.process import environment, run_roda

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture(autouse=True)
def _patience() -> None:
    expect.set_options(timeout=LIMIT_S * 1000)


async def test_an_inquiry_is_written_answered_and_closed(
    roda: Clinic, therapist: Person, patient: Person
) -> None:
    await roda.ask("POST", "/treatment-plans", await roda.plan("Rest", ""))  # they know each other
    asks = await patient.log_in(roda.url, PATIENT_EMAIL, DEMO_PASSWORD)
    await asks.at("new-inquiries").click()
    await asks.at("care-title").fill("<b>Sleep</b>")
    await asks.at("care-text").fill("I wake at four.")
    await asks.at("care-submit").click()
    written = asks.at("patient-inquiry").first
    await expect(written.locator("strong")).to_have_text("<b>Sleep</b>")
    await therapist.has_logged_in(roda.url, roda.host_token)
    answers = await therapist.window()
    await answers.open(roda.url)
    received = answers.at("patient-inquiry").first
    await received.locator("summary").click()
    await expect(received).to_contain_text("I wake at four.")
    await received.get_by_test_id("care-status").select_option("answered")
    await expect(received.locator(".chip")).to_have_text("Answered")
    await asks.page.reload()
    await expect(written.locator(".chip")).to_have_text("Answered")
    plan = asks.at("treatment-plan").first
    await plan.locator("summary").click()
    assert await plan.get_by_test_id("care-status").count() == 0, "a plan is the therapist's"


async def test_a_session_is_extended_ended_and_its_history_read(
    roda: Clinic, therapist: Person, guest: Person
) -> None:
    session = await roda.session(session_name="To be ended", duration_minutes=5)
    visitor = await guest.window()
    await visitor.join(session.link, "Ana")
    await therapist.has_logged_in(roda.url, roda.host_token)
    window = await therapist.window()
    await window.open(roda.url)
    row = window.at("active-session").filter(has_text="To be ended")
    await expect(row).to_contain_text("1 of 10 people")
    extend = row.get_by_role("button", name="+ 30 min")
    await extend.click()
    await expect(window.page.locator("#live")).to_contain_text("Open until")
    await expect(extend).to_be_focused()
    end = row.get_by_role("button", name="End", exact=True)
    await end.click()
    await row.get_by_role("button", name="End for everyone?").click()
    past = window.at("past-session").filter(has_text="To be ended")
    await expect(past).to_contain_text("Ended by the host")
    await past.get_by_test_id("session-history").click()
    events = past.get_by_test_id("audit-event")
    await expect(events.filter(has_text=re.compile(r"\bended the session"))).to_have_count(1)
    told = await events.all_inner_texts()
    for words in ("extended the session by 30 minutes", "Ana joined the call", "Ana left"):
        assert any(words in line for line in told), told
    assert "ended" in (await visitor.at("error-message").inner_text()).lower()


async def test_the_password_is_changed_and_every_log_in_ended(
    roda: Clinic, guest: Person, patient: Person
) -> None:
    name = "new.therapist@example.org"
    add = ("user", "add", name, "--role", "therapist", "--name", "Nova")
    env = environment(roda.server.log.parent)
    status, told = await run_roda(*add, env=env, given="first-one\n")
    assert status == 0, told
    window = await guest.log_in(roda.url, name, "first-one")
    elsewhere = await patient.log_in(roda.url, name, "first-one")
    await window.at("account-button").click()
    await window.at("current-password").fill("not the first")
    await window.at("new-password").fill("second-one")
    await window.at("change-password").click()
    await expect(window.at("error-message")).to_contain_text("password")
    await window.at("current-password").fill("first-one")
    await window.at("new-password").fill("second-one")
    await window.at("change-password").click()
    await expect(window.page.get_by_text("Your password has been changed")).to_be_visible()
    await elsewhere.page.reload()
    await elsewhere.at("login-submit").wait_for()
    again = await patient.log_in(roda.url, name, "second-one")
    await window.at("logout-everywhere").click()
    await window.at("login-submit").wait_for()
    await again.page.reload()
    await again.at("login-submit").wait_for()


async def test_guests_see_no_failed_request(roda: Clinic, guest: Person) -> None:
    session = await roda.session()
    window = await guest.window()
    await window.open(session.link)
    await window.at("join-name").wait_for()
    assert [line for line in window.console if "Failed to load" in line] == []


async def test_a_pasted_link_leads_to_its_session(roda: Clinic, patient: Person) -> None:
    session = await roda.session(session_name="Pasted")
    window = await patient.log_in(roda.url, PATIENT_EMAIL, DEMO_PASSWORD)
    await window.at("paste-link").fill("not a link")
    await window.page.get_by_role("button", name="Continue").click()
    assert await window.at("paste-link").evaluate("input => input.validationMessage")
    await window.at("paste-link").fill(f"See you at {session.link} !")
    await window.page.get_by_role("button", name="Continue").click()
    await window.at("join-button").wait_for()


async def test_who_comes_in_the_last_minutes_is_told(
    roda: Clinic, therapist: Person, guest: Person
) -> None:
    session = await roda.session(duration_minutes=3)
    await therapist.has_logged_in(roda.url, roda.host_token)
    host, visitor = await therapist.window(), await guest.window()
    await host.join(session.link)
    await visitor.join(session.link, "Ana")
    warning = "less than five minutes"
    await visitor.sees_live(THERAPIST)
    await expect(visitor.page.locator(".banner-place")).to_contain_text(warning)
    await expect(host.page.locator(".banner-place")).to_contain_text(warning)
    await host.page.get_by_role("button", name="+ 30 minutes").click()
    await expect(visitor.page.locator(".banner-place")).not_to_contain_text(warning)
