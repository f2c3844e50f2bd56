"""Standard clients in calls: aiortc publishes by WHIP and plays by WHEP, bots are at the page's
end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bots.bot import Bot, BotOptions
from bots.pattern import Rgb
from bots.sinks import AudioSink, VideoSink
from bots.sources import PatternTrack, SyntheticSettings, ToneTrack, synthetic_source
from tests.support.call_server import CallServer, call_server
from tests.support.eventually import eventually
from tests.support.standard_client import StandardClient, standard_client

pytestmark = pytest.mark.e2e
RED, BLUE, GREEN = (200, 40, 40), (40, 70, 200), (40, 160, 60)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[CallServer]:
    async with call_server(tmp_path) as started:
        yield started


def endpoint(server: CallServer, door: str, link: str | None = None) -> str:
    return f"{server.running.url}/{door}/{(link or server.link).rsplit('/', 1)[1]}"


async def guest(server: CallServer, name: str, link: str | None = None) -> tuple[str, str]:
    """A guest's participant id and connect token."""
    token = (link or server.link).rsplit("/", 1)[1]
    url = f"{server.running.url}/api/v1/sessions/by-token/{token}/participants"
    async with server.http.post(url, json={"participant_name": name}) as answer:
        answer.raise_for_status()
        body = await answer.json()
        server.http.cookie_jar.clear()
        return body["participant"]["id"], body["connect_token"]


def camera(colour: Rgb) -> PatternTrack:
    return PatternTrack(SyntheticSettings(colour=colour))


def bot(name: str, colour: Rgb, tone_hz: float) -> Bot:
    source = synthetic_source(SyntheticSettings(colour=colour, tone_hz=tone_hz))
    return Bot(BotOptions(name), source)


def shows(sink: VideoSink | None, colour: Rgb) -> bool:
    seen = sink.mean_colour() if sink is not None else None
    return seen is not None and bool(np.abs(np.subtract(seen, colour)).max() <= 15)


def sounds(sink: AudioSink | None, tone_hz: float) -> bool:
    heard = sink.dominant_frequency_hz() if sink is not None else None
    return heard is not None and abs(heard - tone_hz) <= 3


def sink_of(client: StandardClient, kind: type[Any], number: int = 0) -> Any:
    sinks = [sink for sink in client.sinks if isinstance(sink, kind)]
    return sinks[number] if number < len(sinks) else None


async def test_a_whip_publisher_is_a_tile_with_microphone_camera_and_screen(
    server: CallServer,
) -> None:
    url = endpoint(server, "whip")
    async with bot("Ana", BLUE, 800) as ana:
        await ana.join(server.link)
        _, token = await guest(server, "OBS")
        async with standard_client(server.http, url, token) as obs:
            reply = await obs.publish([ToneTrack(500), camera(RED), camera(GREEN)])
            assert reply.status == 201, reply.text
            await eventually(lambda: ana.room.peers, "the tile")
            (peer,) = ana.room.peers.values()
            assert peer.participant.name == "OBS"
            await eventually(
                lambda: (
                    [t.source for t in next(iter(ana.room.peers.values())).tracks]
                    == ["microphone", "camera", "screen"]
                ),
                "the tracks",
            )
            who = peer.connection_id
            by_source = {t.info.source: t for t in ana.remote_tracks(who)}
            await eventually(lambda: len(ana.remote_tracks(who)) == 3, "the subscription")
            by_source = {t.info.source: t for t in ana.remote_tracks(who)}
            await eventually(lambda: shows(by_source["camera"].video, RED), "red")
            await eventually(lambda: shows(by_source["screen"].video, GREEN), "green")
            await eventually(lambda: sounds(by_source["microphone"].audio, 500), "500 Hz")
            assert (await obs.delete()).status == 200
            await eventually(lambda: not ana.room.peers, "the tile's end")
            assert (await obs.delete()).status == 404


async def test_a_player_gets_the_others_and_what_comes_later(server: CallServer) -> None:
    _, token = await guest(server, "Player")
    async with standard_client(server.http, endpoint(server, "whep"), token) as player:
        reply = await player.play(("audio", "video"))
        assert reply.status == 201, reply.text
        async with bot("Ana", RED, 500) as ana:
            await ana.join(server.link)
            await eventually(lambda: shows(sink_of(player, VideoSink), RED), "red")
            await eventually(lambda: sounds(sink_of(player, AudioSink), 500), "500 Hz")
            assert [p.participant.name for p in ana.room.peers.values()] == ["Player"]
        async with bot("Bia", BLUE, 800) as bia:
            await bia.join(server.link)
            await eventually(lambda: shows(sink_of(player, VideoSink), BLUE), "blue")
            await eventually(lambda: sounds(sink_of(player, AudioSink), 800), "800 Hz")


async def test_more_tracks_than_sections_wait_for_one(server: CallServer) -> None:
    async with bot("Bia", BLUE, 800) as bia:
        await bia.join(server.link)
        async with bot("Ana", RED, 500) as ana:
            await ana.join(server.link)
            await bia.wait_for(lambda: bia.frames(kind="video") > 5, 10)
            await ana.wait_for(lambda: ana.frames(kind="video") > 5, 10)
            _, token = await guest(server, "Player")
            async with standard_client(server.http, endpoint(server, "whep"), token) as player:
                await player.play(("video",))
                await eventually(lambda: shows(sink_of(player, VideoSink), BLUE), "blue")
                await bia.leave()
                await eventually(lambda: shows(sink_of(player, VideoSink), RED), "red")


async def test_a_player_of_one_participant(server: CallServer) -> None:
    async with bot("Ana", RED, 500) as ana, bot("Bia", BLUE, 800) as bia:
        await ana.join(server.link)
        await bia.join(server.link)
        _, token = await guest(server, "Player")
        url = f"{endpoint(server, 'whep')}?participant={bia.participant_id}"
        async with standard_client(server.http, url, token) as player:
            assert (await player.play(("video", "video"))).status == 201
            await eventually(lambda: shows(sink_of(player, VideoSink), BLUE), "blue")
            await asyncio.sleep(0.5)
            assert sorted(frames > 0 for frames in player.frames("video"))[0] is False


async def test_a_log_in_registers_and_plays_never_ones_own(server: CallServer) -> None:
    async with (
        bot("Ana", RED, 500) as ana,
        standard_client(server.http, endpoint(server, "whip"), server.host_token) as obs,
        standard_client(server.http, endpoint(server, "whep"), server.host_token) as player,
    ):
        assert (await obs.publish([camera(BLUE)])).status == 201
        await ana.join(server.link)
        await ana.wait_for(lambda: ana.frames(kind="video") > 5, 10)
        assert (await player.play(("video", "video"))).status == 201
        await eventually(lambda: shows(sink_of(player, VideoSink), RED), "red")
        await asyncio.sleep(0.5)
        assert [frames > 0 for frames in player.frames("video")] == [True, False]
        names = {p.participant.name for p in ana.room.peers.values()}
        assert len(ana.room.peers) == 2
        assert len(names) == 1


async def test_ice_restarts_while_media_flows(server: CallServer) -> None:
    async with bot("Ana", RED, 500) as ana:
        await ana.join(server.link)
        _, token = await guest(server, "OBS")
        async with standard_client(server.http, endpoint(server, "whip"), token) as obs:
            await obs.publish([camera(BLUE)])
            await ana.wait_for(lambda: ana.frames(kind="video") > 5, 10)
            candidate = "a=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n"
            section = f"m=audio 9 RTP/AVP 0\r\na=mid:0\r\n{candidate}"
            assert (await obs.patch(section, If_Match=obs.etag)).status == 204
            fragment = "a=ice-ufrag:newufrag\r\na=ice-pwd:newpasswordnewpasswordnew\r\n"
            reply = await obs.patch(fragment, If_Match="*")
            assert reply.status == 200
            assert reply.headers["Content-Type"].startswith("application/trickle-ice-sdpfrag")
            assert reply.headers["ETag"] not in ("", obs.etag)
            assert "a=ice-ufrag:" in reply.text
            assert "a=candidate:" in reply.text
            assert (await obs.patch(section, If_Match=obs.etag)).status == 412
            assert (await obs.patch(section, If_Match=reply.headers["ETag"])).status == 204
            seen = ana.frames(kind="video")
            await ana.wait_for(lambda: ana.frames(kind="video") > seen + 5, 10)
