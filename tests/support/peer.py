"""A minimal WebRTC peer: one socket, STUN checks, DTLS and SRTP, with packets made by hand.

A load needs hundreds of peers beside the server on two cores; a browser or aiortc would cost more
than what is measured.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Callable
from struct import Struct

from sfu.net.aiortc_adapter import Certificate, DtlsSession, InboundSrtp, OutboundSrtp
from sfu.rtp_parameters import TRANSPORT_CC_URI
from sfu.wire.rtcp import RtcpPacket, serialize_rtcp
from sfu.wire.sdp import parse_sdp
from sfu.wire.stun import build_binding_request

CHECK_INTERVAL_S = 2.5
TRANSPORT_CC_ID = 3
_RTP = Struct("!BBHII")
_TRANSPORT_CC = Struct("!HHBHx")


class Peer:
    """One transport, as the client end of it."""

    protocol = "udp"

    def __init__(
        self,
        certificate: Certificate,
        profile: bytes | None,
        on_rtp: Callable[[bytes], None],
        host: str = "127.0.0.1",
    ) -> None:
        """
        :param profile: OpenSSL's name of the only SRTP profile to offer, or None for all
        :param on_rtp: gets every datagram of SRTP that arrives, still protected
        :param host: address to send from, and of the candidate to send to
        """
        self.ufrag, self.password = secrets.token_hex(4), secrets.token_hex(16)
        self.certificate = certificate
        self.check_interval_s = CHECK_INTERVAL_S
        self.received = 0
        self.inbound: InboundSrtp | None = None
        self.outbound: OutboundSrtp | None = None
        self._on_rtp = on_rtp
        self._address = (host, 0)
        self.sock = self._new_socket()
        self.told_closed = asyncio.Event()  # the other end has ended DTLS
        self._dtls = DtlsSession(certificate, "client", self._send, self.told_closed.set)
        if profile is not None:
            self._dtls.restrict_profiles((profile,))
        self._checked = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def connect(self, remote_sdp: str) -> None:
        """Connect to the server whose description this is."""
        section = parse_sdp(remote_sdp).media[0]
        await self.check(remote_sdp)
        fingerprints = tuple((f.algorithm, f.value) for f in section.fingerprints)
        self.inbound, self.outbound = await self._dtls.handshake(fingerprints, 10)

    async def check(self, remote_sdp: str) -> None:
        """Check by the credentials of this description, again and again; returns at the first
        answer."""
        section = parse_sdp(remote_sdp).media[0]
        wanted = (self.protocol, self._address[0])
        candidates = [candidate.split() for candidate in section.candidates]
        port = next(c[5] for c in candidates if (c[2], c[4]) == wanted)
        self._address = (self._address[0], int(port))
        username = f"{section.ice_ufrag}:{self.ufrag}"
        self._checked.clear()
        self._tasks.append(
            asyncio.create_task(self._keep_checking(username, str(section.ice_pwd).encode()))
        )
        await self._checked.wait()

    def fall_silent(self) -> None:
        """Check no more."""
        for task in self._tasks:
            task.cancel()

    def move(self) -> None:
        """From now on by another port, as behind a NAT that has forgotten the old one."""
        self._close_socket()
        self.sock = self._new_socket()

    def renew_credentials(self) -> None:
        """ICE credentials for a restart: the next `sdp` has them."""
        self.fall_silent()
        self.ufrag, self.password = secrets.token_hex(4), secrets.token_hex(16)

    def send_rtp(self, packets: list[bytes]) -> None:
        """Protect and send unprotected packets, one behind the other."""
        assert self.outbound is not None
        for packet in packets:
            protected = self.outbound.protect_rtp(packet)
            if protected is not None:
                self._send(protected)

    def send_rtcp(self, packets: list[RtcpPacket]) -> None:
        """Protect and send one compound datagram."""
        assert self.outbound is not None
        protected = self.outbound.protect_rtcp(serialize_rtcp(packets))
        if protected is not None:
            self._send(protected)

    async def close(self) -> None:
        self.fall_silent()
        await self._dtls.close()
        self._close_socket()

    def sdp(
        self,
        kind: str,
        direction: str,
        setup: str,
        ssrc: int,
        mids: list[str],
        *,
        transport_cc: bool = False,
    ) -> str:
        """A VP8 offer or answer of this peer, one section per mid.

        :param transport_cc: with transport-wide sequence numbers, as `TRANSPORT_CC_ID`"""
        (_, fingerprint), *_ = self.certificate.fingerprints
        lines = [
            "v=0",
            "o=- 1 1 IN IP4 127.0.0.1",
            "s=-",
            "t=0 0",
            f"a=group:BUNDLE {' '.join(mids)}",
        ]
        for index, mid in enumerate(mids):
            lines += [
                f"m={kind} 9 UDP/TLS/RTP/SAVPF 96 97",
                "c=IN IP4 0.0.0.0",
                f"a=ice-ufrag:{self.ufrag}",
                f"a=ice-pwd:{self.password}",
                f"a=fingerprint:sha-256 {fingerprint}",
                f"a=setup:{setup}",
                f"a=mid:{mid}",
                f"a={direction}",
                "a=rtcp-mux",
                "a=rtcp-rsize",
                "a=rtpmap:96 VP8/90000",
                "a=rtcp-fb:96 nack",
                "a=rtcp-fb:96 nack pli",
                "a=rtpmap:97 rtx/90000",
                "a=fmtp:97 apt=96",
            ]
            if transport_cc:
                lines.append(f"a=extmap:{TRANSPORT_CC_ID} {TRANSPORT_CC_URI}")
                lines.append("a=rtcp-fb:96 transport-cc")
            if direction == "sendonly":
                lines.append(f"a=ssrc:{ssrc + index} cname:bench")
        return "\r\n".join(lines) + "\r\n"

    def _new_socket(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        sock.bind((self._address[0], 0))
        sock.setblocking(False)
        asyncio.get_running_loop().add_reader(sock.fileno(), self.read)
        return sock

    def _close_socket(self) -> None:
        asyncio.get_running_loop().remove_reader(self.sock.fileno())
        self.sock.close()

    def _send(self, data: bytes) -> None:
        self.sock.sendto(data, self._address)

    def receive(self) -> bytes:
        """One datagram. Raises `BlockingIOError` where none waits."""
        return self.sock.recv(2048)

    def read(self) -> None:
        """Take what has arrived, 64 datagrams at most."""
        for _ in range(64):
            try:
                data = self.receive()
            except BlockingIOError:
                return
            first = data[0]
            if 127 < first < 192:
                self.received += 1
                self._on_rtp(data)
            elif first < 4:
                self._checked.set()
            else:
                self._dtls.feed(data)

    async def _keep_checking(self, username: str, password: bytes) -> None:
        while True:
            request = build_binding_request(
                os.urandom(12),
                username,
                password,
                priority=1,
                controlling=1,
                use_candidate=True,
            )
            self._send(request)
            await asyncio.sleep(self.check_interval_s if self._checked.is_set() else 0.05)


def vp8_packet(
    ssrc: int,
    sequence: int,
    timestamp: int,
    marker: bool,
    start: bool,
    key: bool,
    payload_size: int,
    transport_number: int | None = None,
    picture: int | None = None,
) -> bytes:
    """An RTP packet with a VP8 payload descriptor (RFC 7741) and noise.

    :param transport_number: its transport-wide sequence number, eight bytes more
    :param picture: its picture's number; then that comes in three temporal layers"""
    descriptor = b"\x10" if start else b"\x00"
    if picture is not None:
        descriptor = _temporal_descriptor(start, picture)
    frame = (b"\x00" if key else b"\x01") + b"\x00\x00\x9d\x01\x2a\x80\x02\xe0\x01"
    extension = b""
    if transport_number is not None:
        extension = _TRANSPORT_CC.pack(
            0xBEDE, 1, TRANSPORT_CC_ID << 4 | 1, transport_number & 0xFFFF
        )
    first = 0x90 if extension else 0x80
    header = _RTP.pack(
        first, 96 | (0x80 if marker else 0), sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc
    )
    filling = os.urandom(payload_size - len(descriptor) - len(frame))
    return header + extension + descriptor + frame + filling


def _temporal_descriptor(start: bool, picture: int) -> bytes:
    """Layers 0 2 1 2, as libwebrtc's: key pictures have to be multiples of four."""
    phase = picture % 4
    first = 0x80 | (0x10 if start else 0) | (0x20 if phase == 3 else 0)
    number = (0x8000 | picture & 0x7FFF).to_bytes(2, "big")
    layer = (0, 2, 1, 2)[phase] << 6 | (phase in (1, 2)) << 5
    return bytes((first, 0xE0, *number, picture // 4 & 0xFF, layer))
