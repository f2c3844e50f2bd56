"""An aiortc client wired to a media server without signaling in between."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Any

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack, VideoStreamTrack

from sfu.net.media_api import PublishedSection, TrackInfo
from sfu.net.media_server import MediaServer


def new_peer_connection() -> RTCPeerConnection:
    """With other bundle policies aiortc leaves the second video section on a discarded
    transport."""
    return RTCPeerConnection(
        RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
    )


class CountingSink:
    """Takes a track's frames and counts them."""

    def __init__(self, track: MediaStreamTrack) -> None:
        self.kind = track.kind
        self.frames = 0
        self.got_some = asyncio.Event()
        self._task = asyncio.ensure_future(self._read(track))

    async def _read(self, track: MediaStreamTrack) -> None:
        while True:
            await track.recv()
            self.frames += 1
            if self.frames >= 3:
                self.got_some.set()

    def stop(self) -> None:
        self._task.cancel()


class MediaClient:
    """Publishes a camera and a microphone, takes all offers; implements `MediaListener`."""

    def __init__(self, server: MediaServer, room_id: str, name: str) -> None:
        self.name = name
        self.steps: list[tuple[str, str]] = []
        self.states: dict[str, str] = {}
        self.tracks: list[TrackInfo] = []
        self.lost = asyncio.Event()
        self.sinks: list[CountingSink] = []
        self.offered: list[TrackInfo] = []
        self.subscribed = new_peer_connection()
        self.subscribed.on("track", lambda track: self.sinks.append(CountingSink(track)))
        self.published: RTCPeerConnection | None = None
        self._offers: asyncio.Queue[tuple[int, str]] = asyncio.Queue()
        self.connection = server.open_connection(room_id, name, self)
        self._answering = asyncio.ensure_future(self._answer())

    async def publish(self) -> None:
        pc = self.published = new_peer_connection()
        pc.addTrack(AudioStreamTrack())
        pc.addTrack(VideoStreamTrack())
        await pc.setLocalDescription(await pc.createOffer())
        sources: dict[str, Any] = {"audio": "microphone", "video": "camera"}
        sections = [PublishedSection(t.mid, sources[t.kind]) for t in pc.getTransceivers()]
        answer, _ = await self.connection.publish(pc.localDescription.sdp, sections)
        await pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def receives(self, kinds: Sequence[str], timeout_s: float = 10) -> None:
        """Wait until a track of every kind has given frames."""
        async with asyncio.timeout(timeout_s):
            while True:
                ready = [sink.kind for sink in self.sinks if sink.frames >= 3]
                if sorted(ready) == sorted(kinds):
                    return
                await asyncio.sleep(0.02)

    async def close(self) -> None:
        await self.connection.close()
        await self.vanish()

    async def vanish(self) -> None:
        """Stop the client without telling the server."""
        self._answering.cancel()
        for sink in self.sinks:
            sink.stop()
        for pc in (self.published, self.subscribed):
            if pc is not None:
                await pc.close()

    async def _answer(self) -> None:
        while True:
            offer_id, sdp = await self._offers.get()
            pc = self.subscribed
            await pc.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
            await pc.setLocalDescription(await pc.createAnswer())
            await self.connection.accept_answer(offer_id, pc.localDescription.sdp)

    # --- MediaListener ---------------------------------------------------------------------------

    def on_subscribe_offer(self, offer_id: int, sdp: str, tracks: Sequence[TrackInfo]) -> None:
        self.offered = list(tracks)
        self._offers.put_nowait((offer_id, sdp))

    def on_transport_state(self, transport: str, state: str) -> None:
        self.states[transport] = state

    def on_tracks(self, tracks: Sequence[TrackInfo]) -> None:
        self.tracks = list(tracks)

    def on_step(self, step: str, outcome: str, detail: str) -> None:
        self.steps.append((step, outcome))

    def on_layers_wanted(
        self, track_id: str, rids: Sequence[str], spatial_layers: int | None
    ) -> None:
        self.layers_wanted = list(rids)

    def on_codec_wanted(self, track_id: str, codec: str) -> None:
        """Not looked at."""

    def on_undecodable(self, track: TrackInfo, codec: str, asked: bool) -> None:
        """Not looked at."""

    def on_speakers(self, speaker: str | None, speaking: Collection[str]) -> None:
        self.speaker = speaker

    def on_lost(self, reason: str) -> None:
        self.lost.set()
