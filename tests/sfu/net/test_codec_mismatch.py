"""A subscriber without the codec that is published: who is told what, and how it ends."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from sfu.net.connection import Connection
from sfu.net.media_server import MediaServer, MediaSettings
from tests.sfu.net.call import Listener
from tests.sfu.sdp_fixtures import read

OFFER = read("chromium_camera")


@pytest.fixture
async def server() -> AsyncIterator[MediaServer]:
    server = await MediaServer.start(MediaSettings(port=0, hosts=("127.0.0.1",)))
    yield server
    await server.close()


class Person:
    """``decodes``: names of the video codecs; those of others are refused (RFC 3264 section 6)."""

    def __init__(self, server: MediaServer, name: str, *decodes: str) -> None:
        self.listener = Listener()
        self.connection: Connection = server.open_connection("room", name, self.listener)
        self._decodes = decodes

    async def publishes(self, offer: str = OFFER) -> str:
        """The video codec of the answer."""
        answer, _ = await self.connection.publish(offer, None)
        (name,) = re.findall(r"a=rtpmap:\d+ (VP8|VP9|H264|AV1)/", answer)
        return str(name)

    @property
    def track(self) -> str:
        (track,) = (t.track_id for t in self.connection.publication.tracks() if t.kind == "video")
        return track

    async def answers(self) -> None:
        """The next offer."""
        offer_id, sdp = await asyncio.wait_for(self.listener.offers.get(), 5)
        await self.connection.accept_answer(offer_id, self._answer(sdp))

    def _answer(self, offer: str) -> str:
        head, *sections = re.split(r"(?m)^(?=m=)", offer)
        answered = [self._section(section) for section in sections]
        taken = [re.findall(r"a=mid:(\w+)", one)[0] for one in answered if " 9 " in one]
        head = re.sub(r"a=group:.*\r\n", f"a=group:BUNDLE {' '.join(taken)}\r\n", head)
        return head.replace("a=ice-lite\r\n", "") + "".join(answered)

    def _section(self, section: str) -> str:
        names = re.findall(r"a=rtpmap:\d+ (VP8|VP9|H264|AV1)/", section)
        section = re.sub(r"a=(msid|ssrc|ssrc-group|candidate):.*\r\n", "", section)
        section = section.replace("a=setup:actpass", "a=setup:active")
        if names and names[0] not in self._decodes:
            return section.replace("m=video 9", "m=video 0").replace("a=sendonly", "a=inactive")
        return section.replace("a=sendonly", "a=recvonly")


async def test_the_publisher_is_asked_for_what_both_can(server: MediaServer) -> None:
    ana, bia = Person(server, "ana"), Person(server, "bia", "VP9")
    assert await ana.publishes() == "VP8"
    first = ana.track
    await bia.answers()
    assert ana.listener.codecs_wanted == [(first, "H264")]
    assert bia.listener.undecodable == [(first, "VP8", True)]
    assert await ana.publishes() == "H264"
    assert ana.track != first
    await bia.answers()
    assert ana.listener.codecs_wanted[1:] == [(ana.track, "VP9")]
    assert await ana.publishes() == "VP9"
    await bia.answers()
    last = ana.track
    await bia.connection.close()
    assert await ana.publishes() == "VP9"
    assert (ana.track, len(ana.listener.codecs_wanted)) == (last, 2)


async def test_who_comes_later_gets_what_the_first_can(server: MediaServer) -> None:
    bia = Person(server, "bia", "VP9")
    without_vp8 = re.sub(r"(VP8|H264)/90000", "other/90000", OFFER)
    assert await bia.publishes(without_vp8) == "VP9"
    ana = Person(server, "ana", "VP8", "VP9")
    assert await ana.publishes() == "VP9"
    await bia.answers()
    assert ana.listener.codecs_wanted == bia.listener.undecodable == []


async def test_who_cannot_be_helped_is_told_so(server: MediaServer) -> None:
    ana, bia = Person(server, "ana"), Person(server, "bia", "VP9")
    only_vp8 = re.sub(r"(VP9|H264|AV1)/90000", "other/90000", OFFER)
    assert await ana.publishes(only_vp8) == "VP8"
    await bia.answers()
    assert ana.listener.codecs_wanted == []
    assert bia.listener.undecodable == [(ana.track, "VP8", False)]
