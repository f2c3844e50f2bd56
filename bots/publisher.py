"""The publish transport: the bot offers, the server answers."""

from __future__ import annotations

import asyncio

from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from pydantic import ValidationError

from bots.aiortc_light import on_keyframe_request
from bots.errors import BotError
from bots.ice_restart import RestartableIce
from bots.report import PublishReport
from bots.signaling import Requests, parse_result
from bots.sources import LentTrack, MediaSource
from bots.timeline import Timeline
from bots.transport_state import watch_transport
from signaling.protocol import (
    ForwardedTrack,
    PublishOffer,
    PublishResult,
    SetMuted,
    Source,
    TrackOffer,
)

_PREFERRED = {"audio": ("audio/opus",), "video": ("video/VP8", "video/rtx")}


class Publisher:
    """Publishes tracks, each under a source name; tracks can be added, replaced and removed.

    ``connected`` is done when the transport is up, or holds the `BotError` that says why not.
    """

    def __init__(
        self, signaling: Requests, configuration: RTCConfiguration, timeline: Timeline
    ) -> None:
        self._signaling = signaling
        self._timeline = timeline
        self._configuration = configuration
        self._pc = RTCPeerConnection(configuration)
        self._ice: RestartableIce | None = None
        self._transceivers: dict[Source, RTCRtpTransceiver] = {}
        self._negotiating = asyncio.Lock()
        self.tracks: dict[Source, ForwardedTrack] = {}
        self.connected = watch_transport(self._pc, timeline, "publish_connected")

    @property
    def local_sdp(self) -> str:
        """The last offer, with the candidates that were gathered."""
        description = self._pc.localDescription
        return description.sdp if description else ""

    async def publish(self, source: MediaSource) -> None:
        """Offer the source's tracks as microphone and camera. Raises `BotError`."""
        if source.audio is not None:
            self._send("microphone", source.audio)
        if source.video is not None:
            sender = self._send("camera", source.video)
            if source.on_keyframe_request is not None:
                on_keyframe_request(sender, source.on_keyframe_request)
        await self._negotiate()

    async def add(self, name: Source, track: MediaStreamTrack) -> None:
        """Publish one more track. Raises `BotError`."""
        self._send(name, track)
        await self._negotiate()

    async def remove(self, name: Source) -> None:
        """Stop publishing a track; its section stays, inactive. Raises `BotError`."""
        transceiver = self._transceivers.pop(name)
        transceiver.direction = "inactive"
        transceiver.sender.replaceTrack(None)
        await self._negotiate()

    def replace(self, name: Source, track: MediaStreamTrack) -> None:
        """Send another track of the same kind in the place of the old one; nothing to negotiate."""
        self._transceivers[name].sender.replaceTrack(LentTrack(track))

    async def set_muted(self, name: Source, muted: bool) -> None:
        """Tell the server and the others. Raises `BotError`."""
        track_id = self.tracks[name].track_id
        await self._signaling.request(
            lambda i: SetMuted(id=i, type="set_muted", track_id=track_id, muted=muted)
        )

    async def report(self) -> PublishReport:
        packets = octets = lost = 0
        for transceiver in self._transceivers.values():
            for entry in (await transceiver.sender.getStats()).values():
                if entry.type == "outbound-rtp":
                    packets += entry.packetsSent
                    octets += entry.bytesSent
                elif entry.type == "remote-inbound-rtp":
                    lost += entry.packetsLost
        return PublishReport(
            tracks=len(self._transceivers), packets=packets, octets=octets, packets_lost=lost
        )

    async def restart_ice(self) -> None:
        """Seek another path, by new credentials, after a change of address. Raises `BotError`."""
        if self._ice is not None:
            await self._ice.restart()
            await self._negotiate()

    async def close(self) -> None:
        await self._pc.close()
        if self._ice is not None:
            await self._ice.close()

    def _send(self, name: Source, track: MediaStreamTrack) -> RTCRtpSender:
        if name in self._transceivers:
            raise BotError("media_failed", f"{name} is published already")
        transceiver = self._pc.addTransceiver(LentTrack(track), direction="sendonly")
        codecs = RTCRtpSender.getCapabilities(track.kind).codecs
        wanted = _PREFERRED[track.kind]
        transceiver.setCodecPreferences([c for c in codecs if c.mimeType in wanted])
        self._transceivers[name] = transceiver
        return transceiver.sender

    async def _negotiate(self) -> None:
        async with self._negotiating:
            try:
                await self._offer()
            except BotError as exc:
                self._timeline.step("publish_answered", "failed", exc.code)
                raise

    async def _offer(self) -> None:
        if self._ice is None:
            self._ice = RestartableIce(self._pc, self._configuration)
        await self._pc.setLocalDescription(await self._pc.createOffer())
        sdp = self._pc.localDescription.sdp
        names = [
            TrackOffer(mid=transceiver.mid or "", source=name)
            for name, transceiver in self._transceivers.items()
        ]
        self._timeline.step("publish_offered")
        answer = await self._signaling.request(
            lambda i: PublishOffer(id=i, type="publish_offer", sdp=sdp, tracks=names)
        )
        try:
            result = PublishResult.model_validate(parse_result(answer))
            self._ice.connect()
            await self._pc.setRemoteDescription(RTCSessionDescription(result.sdp, "answer"))
        except ValidationError:
            raise BotError("answer_invalid", "the publish answer has another shape") from None
        except ValueError as exc:
            raise BotError("answer_invalid", f"the answer's SDP: {exc}") from None
        self.tracks = {track.source: track for track in result.tracks}
        self._timeline.step("publish_answered")
