"""One peer connection's transport: ICE, DTLS and SRTP, and whether the peer is still there."""

from __future__ import annotations

import asyncio
import ctypes
import logging
from typing import Literal

from sfu.ice_lite import IceLiteAgent
from sfu.net.aiortc_adapter import (
    DtlsError,
    DtlsSession,
    InboundSrtp,
    OutboundSrtp,
)
from sfu.net.media_api import TransportStateName
from sfu.net.path import Path, Route
from sfu.net.transport_context import TransportContext
from sfu.net.transport_ice import TransportIce
from sfu.rtp_parameters import IceParameters, TransportParameters
from sfu.wire.errors import WireError
from sfu.wire.rtcp import RtcpPacket, parse_rtcp, serialize_rtcp

MAX_RTCP_BYTES = 1200

logger = logging.getLogger(__name__)


class Transport:
    """Base of `PublishTransport` and `SubscribeTransport`.

    Subclasses say what to do with media (`receive_rtp`, `receive_rtcp`), at a batch's end
    (`flush`), when the keys are there (`media_ready`) and at every tick (`tick_media`).
    """

    name: Literal["publish", "subscribe"]

    def __init__(self, context: TransportContext, setup: Literal["actpass", "passive"]) -> None:
        self.state: TransportStateName = "connecting"
        self._path: Path | None = None
        self._route = Route()
        self.inbound: InboundSrtp | None = None
        self.outbound: OutboundSrtp | None = None
        self.ice = TransportIce(context, self, controlling=setup == "actpass")
        self.rejected_packets = 0  # failed their authentication
        self._context = context
        self._setup = setup
        self._dtls: DtlsSession | None = None
        self._handshake: asyncio.Task[None] | None = None
        self._remote: TransportParameters | None = None
        self._started_at: float | None = None
        self._heard_at: float | None = None
        self._final = False  # failed in a way that no ICE restart mends

    @property
    def agent(self) -> IceLiteAgent:
        return self.ice.agent

    @property
    def path(self) -> Path | None:
        """The way to the peer, once a check has selected one."""
        return self._path

    @path.setter
    def path(self, path: Path | None) -> None:
        if path is not self._path:
            self.path_left()
        self._path = path
        self._route.set(path)

    @property
    def route_at(self) -> int:
        """Address of the `Route` that always is that of `path`, as long as this object lives."""
        return ctypes.addressof(self._route)

    @property
    def local(self) -> TransportParameters:
        return self.local_with(self.agent.local)

    def local_with(self, ice: IceParameters) -> TransportParameters:
        """Our description with other ICE credentials, as an ICE restart would have it."""
        return TransportParameters(
            ice,
            self._context.certificate.fingerprints,
            self._setup,
            self.ice.candidates(ice),
        )

    @property
    def started(self) -> bool:
        """Whether the peer's description has come."""
        return self._started_at is not None

    @property
    def srtp_profile(self) -> str | None:
        return self._dtls.srtp_profile if self._dtls is not None and self.outbound else None

    def start(self, remote: TransportParameters, now: float) -> None:
        """The peer's description is known. Again, after an ICE restart: the new credentials."""
        self.ice.set_remote(remote.ice, remote.candidates)
        if self._dtls is not None or self.state == "closed":
            return
        self._started_at = now
        role: Literal["client", "server"] = "client" if remote.setup == "passive" else "server"
        self._dtls = DtlsSession(
            self._context.certificate, role, self._send_dtls, self._peer_closed
        )
        self._remote = remote
        self._context.on_state("connecting")
        if self.path is not None:
            self._begin_handshake(remote)

    def restart_ice(self, local: IceParameters) -> None:
        """New credentials of ours (RFC 8445 section 9); media goes on over the old path, unless
        that has failed: then it begins again with the first check under the new ones."""
        failed = self.state == "failed" and not self._final
        self.ice.restart(local, keep_path=not failed)
        self._context.on_step(f"{self.name}_restarted", "ok", "")
        if failed:
            self.path = None
            self._started_at = self._heard_at = asyncio.get_running_loop().time()
            self._set_state("connecting")

    # --- from the demultiplexer -----------------------------------------------------------------

    def path_selected(self, path: Path, now: float) -> None:
        if self.state in ("failed", "closed"):
            return
        first = self.path is None
        self.path = path
        self.ice.settled()
        self._heard_at = now
        if first:
            self._context.on_step(f"{self.name}_ice", "ok", "")
            if self.outbound is not None:
                self._set_state("connected")
                self.media_ready(now)
            elif self._remote is not None:
                self._begin_handshake(self._remote)

    def path_lost(self, path: Path) -> None:
        """A TCP connection has ended. The next check selects another way, at once."""
        if self.agent.selected is path:
            self.agent.selected = None

    def receive_dtls(self, data: bytes, now: float) -> None:
        if self._dtls is not None:
            self._dtls.feed(data)

    def receive_media(self, data: bytes, path: Path, now: float) -> None:
        if self.inbound is None or len(data) < 12 or self.state == "failed":
            return
        if path is self._path:
            self.ice.agent.selected_heard_at = now
        if 191 < data[1] < 224:
            self._receive_srtcp(data, path, now)
            return
        plain = self.inbound.unprotect_rtp(data)
        if plain is None:
            self._reject()
            return
        self._note_heard(path, now)
        self.receive_rtp(plain, now)

    def _receive_srtcp(self, data: bytes, path: Path, now: float) -> None:
        assert self.inbound is not None
        plain = self.inbound.unprotect_rtcp(data)
        if plain is None:
            self._reject()
        else:
            self._take_rtcp(plain, path, now)

    def _take_rtcp(self, plain: bytes, path: Path, now: float) -> None:
        self._note_heard(path, now)
        try:
            packets = parse_rtcp(plain)
        except WireError:
            self._reject()
            return
        self.receive_rtcp(packets, now)

    def _note_heard(self, path: Path, now: float) -> None:
        """Authentic media came by this path."""
        self._heard_at = now
        if path is not self._path and self.agent.media_from(path, now):
            self.path_selected(path, now)

    def _reject(self) -> None:
        self.rejected_packets += 1
        self._context.counters.packets_rejected += 1

    # --- for subclasses -------------------------------------------------------------------------

    def receive_rtp(self, data: bytes, now: float) -> None:
        """Take a decrypted RTP packet."""

    def receive_rtcp(self, packets: list[RtcpPacket], now: float) -> None:
        """Take a decrypted RTCP datagram's packets."""

    def flush(self, now: float) -> None:
        """A batch of datagrams has been handed over."""

    def media_ready(self, now: float) -> None:
        """The SRTP contexts are there."""

    def path_left(self) -> None:
        """The way to the peer is about to be another, or none."""

    def media_stopped(self) -> None:
        """The transport has failed: nothing more may be sent (RFC 7675 section 5.1)."""

    def tick_media(self, now: float) -> None:
        """Called at every tick while connected."""

    # --- time -----------------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Look at the time limits, and let media do what is due."""
        if self.state in ("closed", "failed") or self._started_at is None:
            return
        if self.outbound is None or self.path is None:
            self._check_set_up(now)
            return
        silent_s = now - self._last_heard()
        limits = self._context.limits
        if silent_s > limits.failed_s:
            self._fail(f"{self.name}_silent", f"nothing heard for {silent_s:.0f} s", final=False)
            return
        state: TransportStateName = (
            "disconnected" if silent_s > limits.disconnected_s else "connected"
        )
        if state != self.state:
            self._set_state(state)
        self.tick_media(now)

    def _check_set_up(self, now: float) -> None:
        assert self._started_at is not None
        limits = self._context.limits
        if self.path is None and now - self._started_at > limits.ice_s:
            detail = "no connectivity check reached the media port"
            if self.ice.full:
                detail = "no pair of candidates passed its check"
            self._fail(f"{self.name}_ice", detail, final=False)

    def is_lost(self, now: float) -> bool:
        """Whether it has failed and no ICE restart is waited for (any more)."""
        if self.state != "failed":
            return self.state == "closed"
        silent_s = now - max(self._last_heard(), self._started_at or 0.0)
        return self._final or self.outbound is None or silent_s > self._context.limits.lost_s

    def _last_heard(self) -> float:
        return max(self._heard_at or 0.0, self.agent.last_check_at or 0.0)

    # --- DTLS -----------------------------------------------------------------------------------

    def _begin_handshake(self, remote: TransportParameters) -> None:
        self._handshake = asyncio.get_running_loop().create_task(self._shake_hands(remote))

    async def _shake_hands(self, remote: TransportParameters) -> None:
        assert self._dtls is not None
        try:
            keys = await self._dtls.handshake(remote.fingerprints, self._context.limits.dtls_s)
        except DtlsError as exc:
            self._fail(f"{self.name}_dtls", str(exc))
            return
        except Exception:
            logger.exception("the DTLS handshake broke")
            self._fail(f"{self.name}_dtls", "internal fault")
            return
        self.inbound, self.outbound = keys
        now = asyncio.get_running_loop().time()
        self._heard_at = now
        self._context.on_step(f"{self.name}_dtls", "ok", self._dtls.srtp_profile)
        self._set_state("connected")
        self.media_ready(now)

    def _send_dtls(self, data: bytes) -> None:
        if self.path is not None:
            self.path.send(data)

    def _peer_closed(self) -> None:
        if self.state != "closed":
            self._fail("closed", "the peer closed the transport")

    # --- sending --------------------------------------------------------------------------------

    def send_rtcp(self, packets: list[RtcpPacket]) -> None:
        """Send packets in as few datagrams as they fit."""
        batch: list[bytes] = []
        size = 0
        for packet in packets:
            try:
                data = serialize_rtcp([packet])
            except WireError:
                logger.exception("an RTCP packet of ours does not serialize")
                continue
            if batch and size + len(data) > MAX_RTCP_BYTES:
                self._send_srtcp(b"".join(batch))
                batch, size = [], 0
            batch.append(data)
            size += len(data)
        if batch:
            self._send_srtcp(b"".join(batch))

    def _send_srtcp(self, data: bytes) -> None:
        if self.outbound is not None and self.path is not None:
            protected = self.outbound.protect_rtcp(data)
            if protected is not None:
                self.path.send(protected)

    # --- end ------------------------------------------------------------------------------------

    def _set_state(self, state: TransportStateName) -> None:
        if state != self.state and self.state != "closed":
            self.state = state
            self._context.on_state(state)

    def _fail(self, step: str, detail: str, *, final: bool = True) -> None:
        if self.state in ("failed", "closed"):
            return
        self._final = final
        if step.startswith(self.name):
            self._context.on_step(step, "failed", detail)
        self.media_stopped()
        self.ice.stop()
        self._set_state("failed")

    async def close(self) -> None:
        """Idempotent."""
        if self.state == "closed":
            return
        if self.started:
            self._set_state("closed")
        self.state = "closed"
        self.ice.unlist()
        if self._handshake is not None:
            self._handshake.cancel()
        if self._dtls is not None:
            await self._dtls.close()
        self._context.demultiplexer.remove(self)
        await self.ice.close()
