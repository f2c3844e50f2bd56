"""Bots in calls through a whole server: what they publish is what the others receive."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from pydantic import SecretStr

from bots.bot import Bot, BotOptions
from bots.errors import BotError
from bots.file_source import file_source
from bots.pattern import Rgb
from bots.recorded import recorded_source
from bots.report import BotReport
from bots.sources import PatternTrack, SyntheticSettings, ToneTrack, synthetic_source
from signaling import protocol
from tests.bots.media_files import write_clip
from tests.support.call_server import CallServer, call_server
from tests.support.coturn import coturn, coturn_path

pytestmark = pytest.mark.e2e
RED, BLUE, GREEN, YELLOW = (200, 40, 40), (40, 70, 200), (40, 160, 60), (220, 200, 40)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[CallServer]:
    async with call_server(tmp_path) as started:
        yield started


def synthetic_bot(name: str, colour: Rgb, tone_hz: float) -> Bot:
    source = synthetic_source(SyntheticSettings(colour=colour, tone_hz=tone_hz))
    return Bot(BotOptions(name), source)


async def hears_and_sees(bot: Bot, other: Bot, colour: Rgb, tone_hz: float) -> None:
    """Enough of both kinds arrived to judge them, and they are the other's."""
    who = other.connection_id
    await bot.wait_for(lambda: bot.frames(who, "video") > 10, 10, "video")
    await bot.wait_for(lambda: bot.frames(who, "audio") > 40, 10, "audio")
    (video,) = bot.remote_tracks(who, "video")
    (audio,) = bot.remote_tracks(who, "audio")
    assert video.video is not None
    assert audio.audio is not None
    seen = video.video.mean_colour()
    assert seen is not None
    assert np.abs(np.subtract(seen, colour)).max() <= 15
    assert audio.audio.dominant_frequency_hz() == pytest.approx(tone_hz, abs=3)


async def test_two_bots_see_and_hear_each_other(server: CallServer) -> None:
    async with synthetic_bot("A", RED, 500) as a, synthetic_bot("B", BLUE, 800) as b:
        await a.join(server.link)
        await b.join(server.link)
        await hears_and_sees(a, b, BLUE, 800)
        await hears_and_sees(b, a, RED, 500)
        report = await b.report()
    assert (report.connected, report.media_flowed, report.error) == (True, True, None)
    assert report.packets_lost == 0
    assert report.published.packets_lost == 0
    steps = [step.step for step in report.steps]
    assert len(steps) == len(set(steps)) == 11
    assert steps[:4] == ["registered", "ice_servers", "signaling_connected", "joined"]
    assert report.join_ms is not None
    assert report.join_ms < 5000


async def test_people_come_and_go_and_the_rest_goes_on(server: CallServer) -> None:
    async with synthetic_bot("stays", RED, 500) as stays:
        await stays.join(server.link)
        for colour, tone_hz in ((BLUE, 700.0), (GREEN, 900.0), (YELLOW, 1100.0)):
            async with synthetic_bot("guest", colour, tone_hz) as guest:
                await guest.join(server.link)
                await hears_and_sees(stays, guest, colour, tone_hz)
                await hears_and_sees(guest, stays, RED, 500)
            await stays.wait_for(lambda: not stays.remote_tracks(), 10, "the tile's end")
            assert stays.room.peers == {}
        assert len(stays.subscriber.past) == 6
        assert stays.subscriber.failure is None


async def test_tracks_are_added_replaced_and_removed_mid_call(server: CallServer) -> None:
    async with synthetic_bot("A", RED, 500) as a, Bot(BotOptions("B")) as b:
        await a.join(server.link)
        await b.join(server.link)
        await hears_and_sees(b, a, RED, 500)
        assert a.publisher is not None
        await a.publisher.add("screen", PatternTrack(SyntheticSettings(colour=GREEN)))
        await b.wait_for(lambda: len(b.remote_tracks()) == 3, 5, "the screen")
        screen = next(t for t in b.remote_tracks() if t.info.source == "screen")
        await b.wait_for(lambda: screen.frames > 5, 10, "the screen's frames")
        a.publisher.replace("microphone", ToneTrack(1200))
        (audio,) = b.remote_tracks(kind="audio")
        assert audio.audio is not None
        heard = audio.audio
        await b.wait_for(
            lambda: abs((heard.dominant_frequency_hz() or 0) - 1200) < 3, 5, "the new tone"
        )
        await a.publisher.remove("screen")
        await b.wait_for(lambda: len(b.remote_tracks()) == 2, 5, "the screen's end")
        before = b.frames(a.connection_id, "video")
        await b.wait_for(lambda: b.frames(a.connection_id, "video") > before + 5, 5, "the camera")
        await a.publisher.set_muted("camera", True)
        await b.wait_for(lambda: is_muted(b, "camera"), 5, "the mute")


def is_muted(bot: Bot, source: str) -> bool:
    (peer,) = bot.room.peers.values()
    return any(track.source == source and track.muted for track in peer.tracks)


async def test_a_file_is_published_and_recorded(server: CallServer, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.webm", 1.0, YELLOW, 600)
    folder = tmp_path / "recorded"
    folder.mkdir()
    async with (
        Bot(BotOptions("player"), file_source(clip)) as player,
        Bot(BotOptions("recorder", record_dir=folder)) as recorder,
    ):
        await player.join(server.link)
        await recorder.join(server.link)
        await hears_and_sees(recorder, player, YELLOW, 600)
        await recorder.wait_for(lambda: recorder.frames(kind="video") > 30, 10, "a second round")
    recorded = {path.suffix: path for path in folder.glob("*")}
    again = file_source(recorded[".webm"])
    assert again.video is not None
    picture = (await again.video.recv()).to_ndarray(format="rgb24")
    assert np.abs(np.subtract(picture[120, 160], YELLOW)).max() <= 20
    assert recorded[".wav"].stat().st_size > 48_000


async def test_a_room_of_bots_that_only_count(server: CallServer) -> None:
    """Four here; ten hold on a machine that does nothing else."""
    bots: list[Bot] = []
    for number in range(4):
        source = await recorded_source(SyntheticSettings(tone_hz=300 + 100 * number))
        bots.append(Bot(BotOptions(f"B{number}", decode=False), source))
    for bot in bots:
        await bot.join(server.link)
    for bot in bots:
        await bot.wait_for(lambda bot=bot: everybody_arrives(bot), 15, "media of all")
    reports = [await bot.report() for bot in bots]
    await asyncio.gather(*(bot.leave() for bot in bots))
    for report in reports:
        assert len(report.tracks) == 6
        assert report.frames_decoded == 0
        assert report.packets_lost == 0
        assert report.media_flowed


def everybody_arrives(bot: Bot) -> bool:
    tracks = bot.remote_tracks()
    return len(tracks) == 6 and all(track.frames > 40 for track in tracks)


async def test_recorded_packets_are_a_picture_and_a_tone(server: CallServer) -> None:
    source = await recorded_source(SyntheticSettings(colour=GREEN, tone_hz=650))
    async with Bot(BotOptions("A", decode=False), source) as a, Bot(BotOptions("B")) as b:
        await a.join(server.link)
        await b.join(server.link)
        await hears_and_sees(b, a, GREEN, 650)


async def test_chat(server: CallServer) -> None:
    async with Bot(BotOptions("A")) as a, Bot(BotOptions("B")) as b:
        await a.join(server.link)
        await b.join(server.link)
        await a.send_chat("bom dia")
        await b.wait_for(lambda: len(b.room.chat) > 0, 5, "the message")
        assert b.room.chat[0].text == "bom dia"


async def test_the_waiting_room_admits_and_declines(server: CallServer) -> None:
    _, link = await server.new_session(waiting_room_enabled=True)
    host = Bot(BotOptions("host", bearer=server.host_token))
    async with host, synthetic_bot("A", RED, 500) as a, Bot(BotOptions("B")) as b:
        await host.join(link)
        joining = [asyncio.create_task(bot.join(link)) for bot in (a, b)]
        await host.wait_for(lambda: len(host.room.waiting) == 2, 10, "two waiting")
        assert a.joined is None
        await host.request(
            lambda i: protocol.Decline(id=i, type="decline", participant_id=b.participant_id or "")
        )
        with pytest.raises(BotError, match="declined"):
            await joining[1]
        await host.request(
            lambda i: protocol.Admit(id=i, type="admit", participant_id=a.participant_id or "")
        )
        await joining[0]
        await hears_and_sees(host, a, RED, 500)
        assert a.timeline.reached("waiting")
        assert a.timeline.reached("admitted")
        report = await b.report()
        assert report.connected is False
        assert report.error is not None
        assert report.error.code == "declined"


async def test_sent_back_and_admitted_again(server: CallServer) -> None:
    _, link = await server.new_session(waiting_room_enabled=True)
    host = Bot(BotOptions("host", bearer=server.host_token))
    async with host, synthetic_bot("A", RED, 500) as a:
        await host.join(link)
        joining = asyncio.create_task(a.join(link))
        await host.wait_for(lambda: len(host.room.waiting) == 1, 10, "one waiting")
        await admit_all(host)
        await joining
        await hears_and_sees(host, a, RED, 500)
        who = a.participant_id or ""
        await host.request(lambda i: protocol.SendBack(id=i, type="send_back", participant_id=who))
        await host.wait_for(lambda: not host.remote_tracks(), 10, "the tile's end")
        await host.wait_for(lambda: len(host.room.waiting) == 1, 10, "one waiting again")
        await admit_all(host)
        await hears_and_sees(host, a, RED, 500)


async def admit_all(host: Bot) -> None:
    await host.request(lambda i: protocol.AdmitAll(id=i, type="admit_all"))


async def test_the_end_of_the_session_reaches_the_bot(server: CallServer) -> None:
    session_id, link = await server.new_session(waiting_room_enabled=False)
    async with Bot(BotOptions("A")) as a:
        await a.join(link)
        await server.ask("POST", f"/sessions/{session_id}/end")
        reason = await asyncio.wait_for(a.wait_closed(), 5)
        assert reason is not None
        assert reason.code == "session_ended"


async def test_the_command_line(server: CallServer) -> None:
    async def run(*arguments: str) -> tuple[int | None, BotReport]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "signaling.cli", "bot", server.link, "--json"),
            *arguments,
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
        return process.returncode, BotReport.model_validate(json.loads(out))

    (red, seen_by_red), (blue, seen_by_blue) = await asyncio.gather(
        run("--name", "A", "--colour", "red", "--tone", "500", "--duration", "6"),
        run("--name", "B", "--publish", "none", "--duration", "6"),
    )
    assert (red, blue) == (0, 0)
    assert seen_by_red.published.packets > 0
    assert seen_by_red.tracks == []
    (video,) = [track for track in seen_by_blue.tracks if track.kind == "video"]
    assert video.mean_colour is not None
    assert np.abs(np.subtract(video.mean_colour, RED)).max() <= 15
    assert seen_by_red.server is not None
    assert seen_by_blue.server is not None
    sent = {track.kind: track.encodings[0].packets for track in seen_by_red.server.publish.tracks}
    assert set(sent) == {"audio", "video"}
    assert all(count > 50 for count in sent.values())
    got = {track.kind: track for track in seen_by_blue.server.subscribe.tracks}
    assert all(track.started and track.packets > 50 for track in got.values())
    alone, report = await run("--publish", "none", "--duration", "1.5")
    assert (alone, report.connected, report.media_flowed) == (1, True, False)


@pytest.mark.skipif(
    coturn_path() is None and not os.environ.get("CI"), reason="Debian's coturn is missing"
)
async def test_the_bot_uses_the_turn_server_it_is_given(tmp_path: Path) -> None:
    async with (
        coturn("shared-secret", tmp_path) as port,
        call_server(
            tmp_path,
            turn_urls=(f"turn:127.0.0.1:{port}?transport=udp",),
            turn_secret=SecretStr("shared-secret"),
        ) as server,
        synthetic_bot("A", RED, 500) as a,
    ):
        await a.join(server.link)
        await a.connected(10)
        assert a.publisher is not None
        assert "typ relay" in a.publisher.local_sdp
        assert (await a.report()).ice_servers == 1
