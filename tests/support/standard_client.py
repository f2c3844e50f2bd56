"""WHIP and WHEP by aiortc and plain HTTP: a client that knows nothing of Roda."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack
from yarl import URL

from bots.sinks import AudioSink, VideoSink
from tests.support.media_client import new_peer_connection

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"


@dataclass
class Reply:
    """One HTTP answer; ``problem`` is its JSON body, empty where it has none."""

    status: int
    headers: Mapping[str, str]
    text: str
    links: list[str]
    problem: dict[str, Any]


class StandardClient:
    """One peer connection and the resource that it is signaled by."""

    def __init__(self, http: aiohttp.ClientSession, url: str, token: str | None) -> None:
        """``url``: of the endpoint, ``http://…/whip/TOKEN`` or ``…/whep/TOKEN``."""
        self.http = http
        self.url = url
        self.token = token
        self.resource = ""
        self.etag = ""
        self.pc: RTCPeerConnection = new_peer_connection()
        self.sinks: list[AudioSink | VideoSink] = []
        self.pc.on("track", self._on_track)

    async def ask(
        self,
        method: str,
        url: str,
        body: str | bytes | None = None,
        content_type: str | None = None,
        **headers: str,
    ) -> Reply:
        """``headers`` with underscores for hyphens."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        if content_type is not None:
            sent["Content-Type"] = content_type
        async with self.http.request(method, url, data=body, headers=sent) as answer:
            text = await answer.text()
            is_problem = answer.content_type == "application/problem+json"
            problem = await answer.json(content_type=None) if is_problem else {}
            links = answer.headers.getall("Link", [])
            return Reply(answer.status, answer.headers, text, links, problem)

    async def post(self, offer: str, content_type: str = SDP) -> Reply:
        return await self.ask("POST", self.url, offer, content_type)

    async def publish(self, tracks: Sequence[MediaStreamTrack]) -> Reply:
        for track in tracks:
            self.pc.addTransceiver(track, direction="sendonly")
        return await self._negotiate()

    async def play(self, kinds: Sequence[str] = ("audio", "video")) -> Reply:
        for kind in kinds:
            self.pc.addTransceiver(kind, direction="recvonly")
        return await self._negotiate()

    async def patch(self, fragment: str, **headers: str) -> Reply:
        return await self.ask("PATCH", self.resource, fragment, FRAGMENT, **headers)

    async def delete(self) -> Reply:
        return await self.ask("DELETE", self.resource)

    def frames(self, kind: str) -> list[int]:
        """Decoded frames of each section of this kind."""
        wanted = AudioSink if kind == "audio" else VideoSink
        return [sink.frames for sink in self.sinks if isinstance(sink, wanted)]

    async def close(self) -> None:
        """Without a word to the server."""
        for sink in self.sinks:
            await sink.stop()
        await self.pc.close()

    async def _negotiate(self) -> Reply:
        await self.pc.setLocalDescription(await self.pc.createOffer())
        reply = await self.post(self.pc.localDescription.sdp)
        if reply.status == 201:
            self.resource = str(URL(self.url).join(URL(reply.headers["Location"])))
            self.etag = reply.headers["ETag"]
            await self.pc.setRemoteDescription(RTCSessionDescription(reply.text, "answer"))
        return reply

    def _on_track(self, track: MediaStreamTrack) -> None:
        sink = AudioSink() if track.kind == "audio" else VideoSink()
        self.sinks.append(sink)
        sink.start(track)


@asynccontextmanager
async def standard_client(
    http: aiohttp.ClientSession, url: str, token: str | None
) -> AsyncIterator[StandardClient]:
    client = StandardClient(http, url, token)
    try:
        yield client
    finally:
        await client.close()
