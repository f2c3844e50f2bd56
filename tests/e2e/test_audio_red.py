"""Redundant sound from Chromium: to Chromium as it is, to aiortc without the redundancy."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser

from bots.bot import Bot, BotOptions
from tests.support.browser import PATIENT, person
from tests.support.clinic import clinic
from tests.support.eventually import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


async def test_each_gets_the_sound_it_can_take(patient_browser: Browser, tmp_path: Path) -> None:
    async with (
        clinic(tmp_path, RODA_AUDIO_RED="true") as roda,
        person(patient_browser) as one,
        person(patient_browser) as two,
        Bot(BotOptions("Bot")) as bot,
    ):
        session = await roda.session()
        here, there = await one.window(), await two.window()
        await here.join(session.link, "Ana")
        await there.join(session.link, "Rui")
        await bot.join(session.link)
        await there.until(
            lambda tiles: any(tile.says(PATIENT.tone_hz) for tile in tiles), "Ana's sound"
        )
        await eventually(lambda: bot.frames(kind="audio") > 100, "sound without redundancy")
        heard = [track.audio for track in bot.remote_tracks(kind="audio") if track.audio]
        assert [sink.dominant_frequency_hz() for sink in heard] == [
            pytest.approx(PATIENT.tone_hz, abs=5)
        ] * 2
        found = await roda.ask("GET", f"/sessions/{session.id}/connections")
        ana = next(c["connection_id"] for c in found["connections"] if c["name"] == "Ana")
        bytes_each = {}
        for connection in found["connections"]:
            for track in connection["stats"]["subscribe"]["tracks"]:
                if (track["connection_id"], track["kind"]) == (ana, "audio"):
                    size = track["bytes"] / track["packets"]
                    bytes_each[connection["name"], track["codec"]] = size
        assert set(bytes_each) == {("Rui", "red"), ("Bot", "opus")}
        assert bytes_each["Rui", "red"] > 1.5 * bytes_each["Bot", "opus"]
