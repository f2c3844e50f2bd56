"""A headless participant."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bots.errors import BotError
from bots.ice import rtc_configuration
from bots.links import parse_share_link, websocket_url
from bots.publisher import Publisher
from bots.registration import Registration, register
from bots.remote_track import RemoteTrack
from bots.report import BotReport, PublishReport
from bots.report_builder import build_report
from bots.resumption import enter, resume
from bots.room_view import RoomView
from bots.signaling import SignalingClient
from bots.sources import MediaSource
from bots.subscriber import Subscriber
from bots.timeline import Timeline
from bots.timeline_reporter import TimelineReporter
from signaling import protocol

LEAVE_LIMIT_S = 3.0
POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class BotOptions:
    """``decode`` False counts packets only. ``record_dir`` must exist; it needs ``decode``.

    ``bearer`` is a log-in token: without it the bot is a guest.
    """

    name: str = "Bot"
    decode: bool = True
    record_dir: Path | None = None
    bearer: str | None = field(default=None, repr=False)


class Bot:
    """Joins one session, publishes, receives, chats, reports. An asynchronous context manager::

    async with Bot(BotOptions(name="Ana"), synthetic_source(SyntheticSettings())) as bot:
        await bot.join("https://roda.example/s/TOKEN")
        await bot.wait_for(lambda: bot.frames() > 0, 10)
        report = await bot.report()
    """

    def __init__(self, options: BotOptions, source: MediaSource | None = None) -> None:
        self._options = options
        self._source = source
        self._started_at = time.monotonic()
        self._http: aiohttp.ClientSession | None = None
        self._signaling: SignalingClient | None = None
        self._registration: Registration | None = None
        self._admission: asyncio.Future[protocol.JoinResult] | None = None
        self._returning: asyncio.Task[None] | None = None
        self._socket_url = ""
        self._keeping: asyncio.Task[BotError | None] | None = None
        self._restarting: asyncio.Task[None] | None = None
        self._reporter = TimelineReporter()
        self.timeline = Timeline(self._reporter.add)
        self.room = RoomView()
        self.joined: protocol.JoinResult | None = None
        self.publisher: Publisher | None = None
        self.subscriber = self._new_subscriber()
        self.error: BotError | None = None

    async def __aenter__(self) -> Bot:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.leave()

    # --- joining and leaving ------------------------------------------------------------------

    async def join(self, share_url: str) -> None:
        """Register, connect, enter, publish. Waits in the waiting room as long as it takes: put an
        ``asyncio.timeout`` around it. Raises `BotError`; its step is in the timeline."""
        link = parse_share_link(share_url)
        # No connection is kept for later use: it might lead through a network that is no more.
        self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))
        with self._step("registered"):
            seat = await register(self._http, link, self._options.name, self._options.bearer)
        self._registration = seat
        self.timeline.step("ice_servers", detail=f"{len(seat.ice_servers)} given")
        with self._step("signaling_connected"):
            self._socket_url = websocket_url(link.origin, seat.signaling_url, seat.connect_token)
            signaling = await self._open_socket()
        with self._step("joined"):
            # Ready before the request: the admission may come right behind the answer.
            self._admission = asyncio.get_running_loop().create_future()
            result = await enter(signaling)
        self._reporter.start(self)
        await self._begin(await self._admitted(signaling, result))
        self._keeping = asyncio.create_task(self._keep_seat())

    def use(self, source: MediaSource | None) -> None:
        """Choose what to publish; before `join`."""
        self._source = source

    async def leave(self) -> None:
        """Leave, close everything, finish recordings. Idempotent."""
        tasks = [t for t in (self._keeping, self._returning, self._restarting) if t is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._reporter.close()
        await self.subscriber.stop_answering()
        if self._signaling is not None:
            await self._say_goodbye(self._signaling)
        await self._end_media()
        if self._source is not None:
            self._source.stop()
        if self._http is not None:
            await self._http.close()

    async def wait_closed(self) -> BotError | None:
        """Until the server ends the connection, or it is lost and cannot be resumed; why, when it
        said so."""
        assert self._keeping is not None
        self.error = await asyncio.shield(self._keeping)
        return self.error

    async def wait_for(
        self, condition: Callable[[], bool], limit_s: float, what: str = "the condition"
    ) -> None:
        """Poll until ``condition()`` holds. Raises `BotError` (``timeout``)."""
        deadline = time.monotonic() + limit_s
        while not condition():
            if time.monotonic() > deadline:
                raise BotError("timeout", f"{what} did not come true in {limit_s:g} s")
            await asyncio.sleep(POLL_S)

    # --- in the call --------------------------------------------------------------------------

    @property
    def connection_id(self) -> str | None:
        return self.joined.connection_id if self.joined else None

    @property
    def participant_id(self) -> str | None:
        return self._registration.participant_id if self._registration else None

    def remote_tracks(
        self, connection_id: str | None = None, kind: protocol.Kind | None = None
    ) -> list[RemoteTrack]:
        """Tracks received now, of one connection or all, of one kind or both."""
        return [
            track
            for track in self.subscriber.tracks.values()
            if connection_id in (None, track.info.connection_id) and kind in (None, track.info.kind)
        ]

    def frames(self, connection_id: str | None = None, kind: protocol.Kind | None = None) -> int:
        """Frames received of `remote_tracks`."""
        return sum(track.frames for track in self.remote_tracks(connection_id, kind))

    async def send_chat(self, text: str) -> None:
        """Raises `BotError`."""
        await self.request(lambda i: protocol.SendChat(id=i, type="chat", text=text))

    async def request(self, make: Callable[[int], protocol.Request]) -> protocol.Ok:
        """Any other request of the protocol. Raises `BotError`."""
        if self._signaling is None:
            raise BotError("connection_closed", "not connected")
        return await self._signaling.request(make)

    async def server_stats(self) -> protocol.ConnectionStats | None:
        """What the server counts of this connection; None where it cannot say."""
        try:
            answer = await self.request(lambda i: protocol.GetStats(id=i, type="get_stats"))
        except BotError:
            return None
        return protocol.ConnectionStats.model_validate((answer.model_extra or {}).get("stats"))

    async def connected(self, limit_s: float) -> None:
        """Until every transport in use is up. Raises `BotError`."""
        outcomes = self._transports()
        if not outcomes:
            return
        done, late = await asyncio.wait(outcomes, timeout=limit_s)
        failures = [failure for future in done if (failure := future.result()) is not None]
        if failures:
            raise failures[0]
        if late:
            raise BotError(
                "timeout",
                f"no media connection in {limit_s:g} s",
                "Check that the server's media port can be reached, or configure TURN.",
            )

    # --- reporting ----------------------------------------------------------------------------

    def is_connected(self) -> bool:
        """Joined, and every transport in use came up."""
        outcomes = self._transports()
        return self.joined is not None and all(
            outcome.done() and outcome.result() is None for outcome in outcomes
        )

    async def media_flowed(self) -> bool:
        """Packets left when the bot publishes; frames came when somebody else does, unmuted; and
        at least one of the two was due."""
        unmuted = [track for track in self._all_tracks() if not track.info.muted]
        if self.publisher is None and not unmuted:
            return False
        received = not unmuted or any(track.frames for track in unmuted)
        return received and (self.publisher is None or (await self._published()).packets > 0)

    async def report(self) -> BotReport:
        """What happened so far; best taken before `leave`."""
        servers = self._registration.ice_servers if self._registration else ()
        return await build_report(
            name=self._options.name,
            connected=self.is_connected(),
            media_flowed=await self.media_flowed(),
            duration_s=time.monotonic() - self._started_at,
            participant_id=self.participant_id,
            connection_id=self.connection_id,
            peers=len(self.room.peers),
            ice_servers=len(servers),
            published=await self._published(),
            remote=self._all_tracks(),
            timeline=self.timeline,
            error=self.error or self.subscriber.failure,
        )

    # --- inside -------------------------------------------------------------------------------

    @contextmanager
    def _step(self, step: str) -> Iterator[None]:
        """The step of the timeline that the block is: ok at its end, failed when it raises."""
        try:
            yield
        except BotError as exc:
            self.error = exc
            self.timeline.step(step, "failed", f"{exc.code}: {exc.message}")
            raise
        self.timeline.step(step)

    def _notified(self, note: protocol.Notification) -> None:
        self.room.take(note)
        if isinstance(note, protocol.SubscribeOffer):
            self.subscriber.offer(note)
        elif isinstance(note, protocol.Admitted):
            if self._admission is not None and not self._admission.done():
                self._admission.set_result(note)
        elif isinstance(note, protocol.SentBack) and self._returning is None:
            # Here and not in the task: the next admission may be the very next message.
            self._admission = asyncio.get_running_loop().create_future()
            self._returning = asyncio.create_task(self._return_to_waiting())
        elif isinstance(note, protocol.TransportState):
            mine = note.connection_id == self.connection_id
            if mine and note.state in ("disconnected", "failed"):
                self._restart_soon()

    async def _admitted(
        self, signaling: SignalingClient, result: protocol.JoinResult | None
    ) -> protocol.JoinResult:
        """``result``, or the admission that follows when it says to wait. Raises `BotError` when
        the connection ends first (declined, session over)."""
        if result is not None and result.state == "in_call":
            return result
        self.timeline.step("waiting")
        assert self._admission is not None
        either: list[asyncio.Future[Any]] = [self._admission, signaling.ended]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not self._admission.done():
            gone = BotError("connection_closed", "the connection ended while waiting")
            self.error = signaling.ended.result() or gone
            self.timeline.step("admitted", "failed", self.error.code)
            raise self.error
        self.timeline.step("admitted")
        return self._admission.result()

    async def _begin(self, result: protocol.JoinResult) -> None:
        self.joined = result
        self.room.enter(result)
        assert self._registration is not None
        servers = result.ice_servers or self._registration.ice_servers
        configuration = rtc_configuration(servers)
        self.subscriber.start(self, configuration)
        if self._source is not None:
            self.publisher = Publisher(self, configuration, self.timeline)
            await self.publisher.publish(self._source)

    async def _return_to_waiting(self) -> None:
        """The host sent the bot back: media ends, and begins again with the next admission."""
        assert self._signaling is not None
        self.timeline.step("sent_back")
        await self._end_media()
        self.subscriber = self._new_subscriber()
        try:
            await self._begin(await self._admitted(self._signaling, None))
        except BotError as exc:
            self.error = exc
        finally:
            self._returning = None

    async def _end_media(self) -> None:
        if self.publisher is not None:
            await self.publisher.close()
        await self.subscriber.close()

    # --- a network that changes ---------------------------------------------------------------

    async def _open_socket(self, resume_id: str = "") -> SignalingClient:
        assert self._http is not None
        url = f"{self._socket_url}&resume={resume_id}" if resume_id else self._socket_url
        previous = self._signaling
        self._signaling = await SignalingClient.connect(self._http, url, self._notified)
        if previous is not None:
            await previous.close()
        return self._signaling

    async def _keep_seat(self) -> BotError | None:
        """Take the seat up again whenever the socket is lost without a word; why it ended."""
        while True:
            assert self._signaling is not None
            farewell = await asyncio.shield(self._signaling.ended)
            if farewell is not None:
                return farewell
            self.timeline.step("signaling_connected", "failed", "the connection was lost")
            try:
                await self._resume()
            except BotError as exc:
                self.timeline.step("joined", "failed", exc.code)
                return exc

    async def _resume(self) -> None:
        """Raises `BotError`, also where the seat was lost meanwhile."""
        seat = self.connection_id or ""
        result = await resume(lambda: self._open_socket(seat))
        if result.connection_id != seat:
            raise BotError("connection_lost", "the seat was given up meanwhile")
        self.timeline.step("joined", detail="resumed")
        self._reporter.start(self)
        self.joined = result
        self.room.enter(result)
        self._restart_soon()

    def _restart_soon(self) -> None:
        if self._restarting is None or self._restarting.done():
            self._restarting = asyncio.create_task(self._restart_ice())

    async def _restart_ice(self) -> None:
        """Seek another path for both transports."""
        try:
            await self.request(lambda i: protocol.RestartIce(id=i, type="restart_ice"))
            if self.publisher is not None:
                await self.publisher.restart_ice()
        except BotError as exc:
            self.timeline.step("ice_restarted", "failed", exc.code)

    async def _say_goodbye(self, signaling: SignalingClient) -> None:
        if not signaling.ended.done():
            try:
                async with asyncio.timeout(LEAVE_LIMIT_S):
                    await signaling.request(lambda i: protocol.Leave(id=i, type="leave"))
            except (BotError, TimeoutError) as exc:
                self.timeline.step("left", "failed", type(exc).__name__)
        await signaling.close()

    def _new_subscriber(self) -> Subscriber:
        return Subscriber(self.timeline, self._options.decode, self._options.record_dir)

    def _transports(self) -> list[asyncio.Future[BotError | None]]:
        outcomes = [self.publisher.connected] if self.publisher else []
        return outcomes + ([self.subscriber.connected] if self.subscriber.connected else [])

    def _all_tracks(self) -> list[RemoteTrack]:
        return [*self.subscriber.past, *self.subscriber.tracks.values()]

    async def _published(self) -> PublishReport:
        return await self.publisher.report() if self.publisher else PublishReport()
