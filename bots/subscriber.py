"""The subscribe transport: the server offers, the bot answers."""

from __future__ import annotations

import asyncio
import logging
import re
from pathlib import Path

from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpTransceiver, RTCSessionDescription
from aiortc.exceptions import InternalError, InvalidAccessError, InvalidStateError, OperationError

from bots.aiortc_light import renew_receiver
from bots.errors import BotError
from bots.ice_restart import RestartableIce
from bots.remote_track import RemoteTrack
from bots.signaling import Requests
from bots.timeline import Timeline
from bots.transport_state import watch_transport
from signaling.protocol import ForwardedTrack, SubscribeAnswer, SubscribeOffer

MAX_TRACKS_KEPT = 1000
_UFRAG = re.compile(r"^a=ice-ufrag:(\S+)", re.MULTILINE)
_logger = logging.getLogger("roda.bot")

# What aiortc raises for an offer it cannot take, by reading it and by experience.
_UNUSABLE = (
    ValueError,
    KeyError,
    AttributeError,
    InternalError,
    InvalidAccessError,
    InvalidStateError,
    OperationError,
)


class Subscriber:
    """Answers offers one after the other, and keeps a `RemoteTrack` for each forwarded track.

    Offers that come before `start` wait. ``tracks`` holds those received now, by track id;
    ``past`` the ended ones. ``connected`` is None until the first offer.
    """

    def __init__(
        self, timeline: Timeline, decode: bool = True, record_dir: Path | None = None
    ) -> None:
        self._timeline = timeline
        self._decode = decode
        self._record_dir = record_dir
        self._offers: asyncio.Queue[SubscribeOffer] = asyncio.Queue()
        self._worker: asyncio.Task[None] | None = None
        self._pc: RTCPeerConnection | None = None
        self._ice: RestartableIce | None = None
        self._remote_ufrag: str | None = None
        self._by_mid: dict[str, RemoteTrack] = {}
        self._used_mids: set[str] = set()
        self.past: list[RemoteTrack] = []
        self.failure: BotError | None = None
        self.connected: asyncio.Future[BotError | None] | None = None

    @property
    def tracks(self) -> dict[str, RemoteTrack]:
        return {track.info.track_id: track for track in self._by_mid.values()}

    def start(self, signaling: Requests, configuration: RTCConfiguration) -> None:
        self._worker = asyncio.create_task(self._work(signaling, configuration))

    def offer(self, offer: SubscribeOffer) -> None:
        """Take an offer; it is answered in its turn."""
        self._offers.put_nowait(offer)

    async def stop_answering(self) -> None:
        """Take no further offer: the bot is about to leave. Idempotent."""
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)

    async def close(self) -> None:
        """Ends every track; recordings are complete afterwards. Idempotent."""
        await self.stop_answering()
        for mid in list(self._by_mid):
            await self._end(mid)
        if self._pc is not None:
            await self._pc.close()
        if self._ice is not None:
            await self._ice.close()

    async def _work(self, signaling: Requests, configuration: RTCConfiguration) -> None:
        while True:
            offer = await self._offers.get()
            if self._pc is None:
                self._pc = RTCPeerConnection(configuration)
                self.connected = watch_transport(self._pc, self._timeline, "subscribe_connected")
            try:
                await self._answer(signaling, self._pc, configuration, offer)
            except BotError as exc:
                self._failed(exc)
            except _UNUSABLE as exc:
                detail = f"{type(exc).__name__}: {exc}"
                self._failed(BotError("media_failed", f"cannot take the offer: {detail}"))

    async def _answer(
        self,
        signaling: Requests,
        pc: RTCPeerConnection,
        configuration: RTCConfiguration,
        offer: SubscribeOffer,
    ) -> None:
        self._timeline.step("subscribe_offered")
        restarts = self._restarts(offer)
        if self._ice is not None and restarts:
            await self._ice.restart()
            self._ice.connect()
        await pc.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
        if self._ice is None:
            self._ice = RestartableIce(pc, configuration)
        await self._change_tracks(pc, offer.tracks)
        await pc.setLocalDescription(await pc.createAnswer())
        sdp = pc.localDescription.sdp
        await signaling.request(
            lambda i: SubscribeAnswer(
                id=i, type="subscribe_answer", offer_id=offer.offer_id, sdp=sdp
            )
        )
        self._timeline.step("subscribe_answered")

    def _restarts(self, offer: SubscribeOffer) -> bool:
        """Whether the server's credentials are others than before (RFC 8839 section 4.4.1.1.1)."""
        found = _UFRAG.search(offer.sdp)
        before, self._remote_ufrag = self._remote_ufrag, found[1] if found else None
        return before is not None and self._remote_ufrag != before

    async def _change_tracks(self, pc: RTCPeerConnection, tracks: list[ForwardedTrack]) -> None:
        """End what is no longer forwarded, begin what is new."""
        wanted = {track.mid: track for track in tracks}
        for mid, current in list(self._by_mid.items()):
            there = wanted.get(mid)
            if there is None or there.track_id != current.info.track_id:
                await self._end(mid)
        for transceiver in pc.getTransceivers():
            new = transceiver.mid
            if new is not None and new in wanted and new not in self._by_mid:
                self._by_mid[new] = await self._begin(transceiver, new, wanted[new])

    async def _begin(
        self, transceiver: RTCRtpTransceiver, mid: str, info: ForwardedTrack
    ) -> RemoteTrack:
        if mid in self._used_mids:
            await renew_receiver(transceiver, info.track_id)
        self._used_mids.add(mid)
        return RemoteTrack(info, transceiver, self._decode, self._first_frame, self._record_dir)

    async def _end(self, mid: str) -> None:
        track = self._by_mid.pop(mid)
        await track.end()
        self.past = [*self.past, track][-MAX_TRACKS_KEPT:]

    def _first_frame(self) -> None:
        if not self._timeline.reached("first_remote_frame"):
            self._timeline.step("first_remote_frame")

    def _failed(self, failure: BotError) -> None:
        if failure.code == "offer_superseded":  # a newer offer is on its way
            return
        self.failure = failure
        self._timeline.step("subscribe_answered", "failed", failure.message)
        _logger.warning("subscribe offer not answered: %s", failure.code)
