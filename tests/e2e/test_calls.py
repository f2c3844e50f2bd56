"""People in browsers see and hear each other: every way into a call, and what happens in it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bots.bot import Bot, BotOptions
from bots.file_source import file_source
from signaling.demo import DEMO_PASSWORD
from tests.bots.media_files import write_clip
from tests.support.browser import GUEST, PATIENT, THERAPIST, Look, Person, Window
from tests.support.clinic import PATIENT_EMAIL, THERAPIST_EMAIL, Clinic, Session

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]
BOT = Look("Bot", (220, 200, 40), 1500)


async def host_joins(roda: Clinic, therapist: Person, session: Session) -> Window:
    await therapist.has_logged_in(roda.url, roda.host_token)
    window = await therapist.window()
    await window.join(session.link)
    return window


async def two_in_call(
    roda: Clinic, therapist: Person, guest: Person, **choices: object
) -> tuple[Session, Window, Window]:
    session = await roda.session(**choices)
    host = await host_joins(roda, therapist, session)
    visitor = await guest.window()
    await visitor.join(session.link, "Visita")
    await host.sees_live(GUEST)
    await visitor.sees_live(THERAPIST)
    return session, host, visitor


async def test_one_account_in_two_windows(roda: Clinic, therapist: Person) -> None:
    session = await roda.session()
    first = await host_joins(roda, therapist, session)
    second = await therapist.window()
    await second.join(session.link)
    await first.sees_live(THERAPIST)
    await second.sees_live(THERAPIST)
    await first.screenshot("two-windows-of-one-account")
    (row,) = await roda.participants(session)
    assert (row["role"], row["is_active"]) == ("host", True)
    assert await first.at("participant-row").count() == 1
    await second.at("leave-button").click()
    await first.sees_live()


async def test_therapist_and_patient_by_link(
    roda: Clinic, therapist: Person, patient: Person
) -> None:
    """The way of the dashboard: log-in, start, link; the patient has an account too."""
    dashboard = await therapist.log_in(roda.url, THERAPIST_EMAIL, DEMO_PASSWORD)
    await dashboard.at("start-session").click()
    link = await dashboard.at("session-link").first.get_attribute("href")
    assert link
    host = await therapist.window()
    await host.join(link)
    token = link.rpartition("/")[2]
    found = await roda.ask("GET", "/sessions")
    (made,) = [one for one in found["sessions"] if one["session_token"] == token]
    session = Session(made["id"], token, link)
    await patient.log_in(roda.url, PATIENT_EMAIL, DEMO_PASSWORD)
    visitor = await patient.window()
    await visitor.join(link)
    if made["waiting_room_enabled"]:
        await host.at("admit-button").click()
    await host.sees_live(PATIENT)
    await visitor.sees_live(THERAPIST)
    await host.screenshot("therapist-and-patient")
    rows = await roda.participants(session)
    assert {row["role"] for row in rows} == {"host", "participant"}
    assert all(row["user_id"] for row in rows)
    for line in (
        "TURN credentials initialized",
        "Signaling connected",
        "Found existing participants: 1",
        "joinSession completed successfully",
    ):
        assert f"[VideoSession] {line}" in visitor.console


async def test_a_guest_by_link_without_log_in(
    roda: Clinic, therapist: Person, guest: Person
) -> None:
    session, host, visitor = await two_in_call(roda, therapist, guest)
    await visitor.screenshot("therapist-and-guest")
    rows = {row["participant_name"]: row for row in await roda.participants(session)}
    assert rows["Visita"]["user_id"] is None
    assert await host.at("participant-row").count() == 2


async def test_a_guest_waits_and_is_admitted(
    roda: Clinic, therapist: Person, guest: Person
) -> None:
    session = await roda.session(waiting_room_enabled=True)
    host = await host_joins(roda, therapist, session)
    visitor = await guest.window()
    await visitor.join(session.link, "Visita")
    assert await visitor.at("waiting-message").is_visible()
    await host.at("admit-button").wait_for()
    await host.screenshot("someone-waits")
    await host.sees_live()
    await host.at("admit-button").click()
    await host.sees_live(GUEST)
    await visitor.sees_live(THERAPIST)


async def test_three_with_a_bot_come_reload_and_go(
    roda: Clinic, therapist: Person, guest: Person, tmp_path: Path
) -> None:
    clip = write_clip(tmp_path / "clip.webm", 2.0, BOT.colour, BOT.tone_hz)
    session, host, visitor = await two_in_call(roda, therapist, guest)
    async with Bot(BotOptions("Bot"), file_source(clip)) as bot:
        await bot.join(session.link)
        await host.sees_live(GUEST, BOT)
        await visitor.sees_live(THERAPIST, BOT)
        await host.screenshot("three-with-a-bot")
        await bot.wait_for(lambda: bot.frames(kind="video") > 10, 10, "frames at the bot")
        before = {row["id"] for row in await roda.participants(session)}
        await visitor.page.reload()
        await visitor.enter()
        await visitor.sees_live(THERAPIST, BOT)
        await host.sees_live(GUEST, BOT)
        rows = await roda.participants(session)
        assert {row["id"] for row in rows} == before
        assert len(rows) == 3
        assert all(row["is_active"] for row in rows)
        await visitor.at("leave-button").click()
        await host.sees_live(BOT)
        await bot.wait_for(lambda: len(bot.room.peers) == 1, 10, "the bot to see the guest leave")
    await host.sees_live()


async def test_muting_is_silence_and_shows(roda: Clinic, therapist: Person, guest: Person) -> None:
    _, host, visitor = await two_in_call(roda, therapist, guest)
    await visitor.at("mic-toggle").click()
    await host.until(lambda tiles: tiles[0].micOff, "the mute's sign")
    await host.hears_nothing()
    await visitor.sees_live(THERAPIST)
    await visitor.at("mic-toggle").click()
    await host.sees_live(GUEST)
    assert not (await host.tiles())[0].micOff


async def test_a_camera_goes_off_and_on(roda: Clinic, therapist: Person, guest: Person) -> None:
    _, host, visitor = await two_in_call(roda, therapist, guest)
    await visitor.at("camera-toggle").click()
    await host.until(lambda tiles: tiles[0].width == 0, "the picture's end")
    await host.until(lambda tiles: tiles[0].says(GUEST.tone_hz), "the voice going on")
    await host.screenshot("camera-off")
    await visitor.at("camera-toggle").click()
    await host.sees_live(GUEST)
    await visitor.sees_live(THERAPIST)


async def test_a_screen_is_shared_beside_the_camera(
    roda: Clinic, therapist: Person, guest: Person
) -> None:
    _, host, visitor = await two_in_call(roda, therapist, guest)
    await visitor.at("screen-toggle").click()
    await host.until(
        lambda tiles: len(tiles) == 1 and tiles[0].width > 0 and tiles[0].frames > 2,
        "the screen",
        "screen-tile",
    )
    await host.sees_live(GUEST)
    await visitor.sees_live(THERAPIST)
    await host.screenshot("screen-shared")
    await visitor.at("screen-toggle").click()
    await host.until(lambda tiles: not tiles, "the screen's end", "screen-tile")
    await host.sees_live(GUEST)
    totals = await host.totals()
    assert totals["lost"] == 0


async def test_the_host_ends_the_session_for_all(
    roda: Clinic, therapist: Person, guest: Person
) -> None:
    session, host, visitor = await two_in_call(roda, therapist, guest)
    async with Bot(BotOptions("Bot")) as bot:
        await bot.join(session.link)
        await host.at("end-session").click()
        for window, words in (
            (host, "The session has ended"),
            (visitor, "The host has ended this session."),
        ):
            told = window.at("error-message")
            await told.wait_for()
            assert words in await told.inner_text()
        reason = await asyncio.wait_for(bot.wait_closed(), 10)
    assert reason is not None
    assert reason.code == "session_ended"
    assert not any(row["is_active"] for row in await roda.participants(session))
    await visitor.open(session.link)
    await visitor.at("error-message").wait_for()
    assert await visitor.at("join-button").count() == 0


async def test_the_host_removes_a_guest(roda: Clinic, therapist: Person, guest: Person) -> None:
    _, host, visitor = await two_in_call(roda, therapist, guest)
    await host.at("remove-participant").click()
    told = visitor.at("error-message")
    await told.wait_for()
    assert "removed" in (await told.inner_text()).lower()
    await host.sees_live()
