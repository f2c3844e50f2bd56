"""The only module that knows aiortc's and pylibsrtp's private names.

aiortc gives certificates, DTLS and SRTP keys (`RTCDtlsTransport`, by composition: its ICE transport
is duck-typed). pylibsrtp's own functions copy every packet twice; protecting in place takes the
library's C functions beneath them. `tests/sfu/net/test_aiortc_contract.py` asserts every name.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import sys
import types
from collections.abc import Callable
from typing import Any, Literal

import pylibsrtp
from OpenSSL import SSL
from pylibsrtp._binding import ffi, lib

MAX_QUEUED_DATAGRAMS = 64
_RELEASE_BUFFERS = 0x10  # openssl/ssl.h, SSL_MODE_RELEASE_BUFFERS
MAX_STREAMS = 256  # libsrtp keeps a context per SSRC, and looks for it in a list
CIPHER_SUITES = (
    b"ECDHE-ECDSA-AES128-GCM-SHA256",  # what RFC 8827 section 6.5 demands, and aiortc's others
    b"ECDHE-ECDSA-CHACHA20-POLY1305",
    b"ECDHE-ECDSA-AES128-SHA",
    b"ECDHE-ECDSA-AES256-SHA",
    b"ECDHE-RSA-AES128-GCM-SHA256",  # as DTLS client: of servers with RSA certificates (GStreamer)
    b"ECDHE-RSA-CHACHA20-POLY1305",
    b"ECDHE-RSA-AES128-SHA",
    b"ECDHE-RSA-AES256-SHA",
)

_SRTP_FUNCTION = "srtp_err_status_t(*)(struct srtp_ctx_t_ *, void *, int *)"
_STAND_INS = {"aiortc": None, "aiortc.rtcicetransport": "RTCIceTransport", "av": "AudioFrame"}


def _import_dtls() -> Any:
    """aiortc's DTLS module without the codecs and the ICE agent that importing aiortc brings along.

    They cost 25 MB that this server never uses. While `aiortc.rtcdtlstransport` is imported, the
    package, its ICE module and ``av`` are empty stand-ins that have the one name asked of them,
    for annotations. All are gone afterwards, so that a later ``import aiortc`` gets the whole of
    it, with these very modules inside."""
    if "aiortc" in sys.modules:
        return importlib.import_module("aiortc.rtcdtlstransport")
    spec = importlib.util.find_spec("aiortc")
    if spec is None or spec.submodule_search_locations is None:
        raise ImportError("aiortc is not installed")
    made = [name for name in _STAND_INS if name not in sys.modules]
    for name in made:
        module = types.ModuleType(name)
        wanted = _STAND_INS[name]
        if wanted is None:
            module.__path__ = list(spec.submodule_search_locations)
        else:
            setattr(module, wanted, object)
        sys.modules[name] = module
    try:
        return importlib.import_module("aiortc.rtcdtlstransport")
    finally:
        for name in made:
            del sys.modules[name]


_dtls = _import_dtls()


class DtlsError(Exception):
    """The handshake failed, or its certificate is not the one that the SDP named."""


class _WiderCertificate(_dtls.RTCCertificate):  # type: ignore[misc, name-defined]
    """aiortc's, with `CIPHER_SUITES`, and one context for all transports: a context of its own
    would be half of what a transport takes of memory."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._contexts: dict[tuple[bytes, ...], Any] = {}  # by SRTP profiles

    def _create_ssl_context(self, srtp_profiles: Any) -> Any:
        names = tuple(profile.openssl_profile for profile in srtp_profiles)
        context = self._contexts.get(names)
        if context is None:
            context = super()._create_ssl_context(srtp_profiles=srtp_profiles)
            context.set_cipher_list(b":".join(CIPHER_SUITES))
            context.set_session_cache_mode(SSL.SESS_CACHE_OFF)  # it would keep every peer's
            context.set_mode(_RELEASE_BUFFERS)
            self._contexts[names] = context
        return context


class Certificate:
    """The server's DTLS certificate; one serves every transport."""

    def __init__(self) -> None:
        self.inner = _WiderCertificate.generateCertificate()

    @property
    def fingerprints(self) -> tuple[tuple[str, str], ...]:
        """(algorithm, value) of SHA-256."""
        return tuple(
            (f.algorithm, f.value) for f in self.inner.getFingerprints() if f.algorithm == "sha-256"
        )


def _nothing(*_: object) -> None:
    """Takes the place of a callback that nobody waits for any more."""


class _IceShim:
    """What `RTCDtlsTransport` needs of an ICE transport."""

    role = "controlled"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send_datagram = send
        self.received: asyncio.Queue[bytes | None] = asyncio.Queue(MAX_QUEUED_DATAGRAMS)

    async def _recv(self) -> bytes:
        data = await self.received.get()
        if data is None:
            raise ConnectionError("the transport is closed")
        return data

    async def _send(self, data: bytes) -> None:
        self._send_datagram(data)

    async def stop(self) -> None:
        """Part of the interface; the owner stops ICE itself."""

    def let_go(self) -> None:
        """Nothing more will be sent."""
        self._send_datagram = _nothing


class DtlsSession:
    """One peer's DTLS association and the SRTP contexts that come of it."""

    def __init__(
        self,
        certificate: Certificate,
        role: Literal["client", "server"],
        send: Callable[[bytes], None],
        on_closed: Callable[[], None],
    ) -> None:
        """
        :param send: sends one datagram to the peer
        :param on_closed: called once when the peer has closed the association
        """
        self._shim = _IceShim(send)
        self._dtls = _dtls.RTCDtlsTransport(self._shim, [certificate.inner])
        self._dtls._set_role(role)
        self._on_closed = on_closed
        self._dtls.on("statechange", self._state_changed)
        self._closing = False
        self._profile = ""
        self.dropped = 0

    def feed(self, data: bytes) -> None:
        """Take one DTLS datagram."""
        try:
            self._shim.received.put_nowait(data)
        except asyncio.QueueFull:
            self.dropped += 1

    async def handshake(
        self, fingerprints: tuple[tuple[str, str], ...], timeout_s: float
    ) -> tuple[InboundSrtp, OutboundSrtp]:
        """Raises `DtlsError`."""
        parameters = _dtls.RTCDtlsParameters(
            fingerprints=[
                _dtls.RTCDtlsFingerprint(algorithm=algorithm, value=value)
                for algorithm, value in fingerprints
            ]
        )
        try:
            await asyncio.wait_for(self._dtls.start(parameters), timeout_s)
        except TimeoutError as exc:
            raise DtlsError(f"no handshake within {timeout_s:g} s") from exc
        if self._dtls.state != "connected":
            raise DtlsError("handshake failed or certificate mismatch")
        self._profile = self._dtls._ssl.get_selected_srtp_profile().decode()
        return InboundSrtp(self._dtls._rx_srtp), OutboundSrtp(self._dtls._tx_srtp)

    def restrict_profiles(self, names: tuple[bytes, ...]) -> None:
        """Before the handshake: offer or accept only these protection profiles (OpenSSL's
        names, such as ``b"SRTP_AES128_CM_SHA1_80"``)."""
        self._dtls._srtp_profiles = [
            profile for profile in _dtls.SRTP_PROFILES if profile.openssl_profile in names
        ]

    @property
    def srtp_profile(self) -> str:
        """Name of the negotiated protection profile (RFC 5764, RFC 7714), empty before."""
        return self._profile

    async def close(self) -> None:
        """Tell the peer, and end the reading task."""
        self._closing = True
        if not self._shim.received.full():
            self._shim.received.put_nowait(None)
        await self._dtls.stop()
        # aiortc's objects refer to each other in circles: OpenSSL's memory, which is most of what
        # they hold, would wait for the collector.
        self._dtls._ssl = None
        self._dtls.remove_all_listeners()
        self._shim.let_go()
        self._on_closed = _nothing

    def _state_changed(self) -> None:
        if self._dtls.state == "closed" and not self._closing:
            self._closing = True
            self._on_closed()


class InboundSrtp:
    """Takes the protection off received packets."""

    def __init__(self, session: pylibsrtp.Session) -> None:
        self._session = session
        self._ssrcs: set[bytes] = set()
        self._srtp = session._srtp[0]
        self.address = int(ffi.cast("uintptr_t", self._srtp))  # for native code
        self._memory, self._buffer = session._cdata, session._buffer  # the same 1500 bytes
        self._length = ffi.new("int *")

    @property
    def streams(self) -> int:
        """SSRCs that have proved themselves, at most `MAX_STREAMS`."""
        return len(self._ssrcs)

    def knows(self, ssrc: bytes) -> bool:
        """Whether packets of ``ssrc``, four bytes, have proved themselves."""
        return ssrc in self._ssrcs

    def unprotect_rtp(self, data: bytes) -> bytes | None:
        """The RTP packet; None if it is forged, replayed, malformed, or of one SSRC too many."""
        return self._unprotect(lib.srtp_unprotect, data, data[8:12])

    def unprotect_rtcp(self, data: bytes) -> bytes | None:
        """The RTCP datagram, or None as in `unprotect_rtp`."""
        return self._unprotect(lib.srtp_unprotect_rtcp, data, data[4:8])

    def _unprotect(
        self, unprotect: Callable[[object, object, object], int], data: bytes, ssrc: bytes
    ) -> bytes | None:
        known = ssrc in self._ssrcs
        if not known and len(self._ssrcs) >= MAX_STREAMS:
            return None
        size, length = len(data), self._length
        if size > len(self._buffer):
            return None
        self._buffer[0:size] = data
        length[0] = size
        if unprotect(self._srtp, self._memory, length):
            return None
        if not known:
            self._ssrcs.add(ssrc)
        plain: bytes = self._buffer[0 : length[0]]
        return plain


class OutboundSrtp:
    """Puts protection on packets to be sent. ``handle`` is for `SrtpArena`'s function."""

    def __init__(self, session: pylibsrtp.Session) -> None:
        self._session = session
        self.handle: object = session._srtp[0]
        self.address = int(ffi.cast("uintptr_t", self.handle))  # the same, for native code

    def protect_rtp(self, data: bytes) -> bytes | None:
        """None if the packet cannot be protected (its index is too old)."""
        try:
            protected: bytes = self._session.protect(data)
        except (pylibsrtp.Error, ValueError):
            return None
        return protected

    def protect_rtcp(self, data: bytes) -> bytes | None:
        try:
            protected: bytes = self._session.protect_rtcp(data)
        except (pylibsrtp.Error, ValueError):
            return None
        return protected


def srtp_address(name: Literal["srtp_protect", "srtp_unprotect_rtcp"]) -> int:
    """Where libsrtp's ``int name(srtp_t, void *packet, int *length)`` is: 0 is success."""
    function = ffi.addressof(lib, name)
    kind = ffi.typeof(function).cname
    if kind != _SRTP_FUNCTION:
        raise TypeError(f"{name} is another function: {kind}")
    return int(ffi.cast("uintptr_t", function))


class SrtpArena:
    """Memory in which packets are protected in place (`sfu.fanout.Arena`)."""

    def __init__(self, size: int) -> None:
        """:param size: bytes"""
        self.buffer = bytearray(size)
        self._pointer = ffi.from_buffer("char[]", self.buffer)

    def protect(self) -> Callable[[object, int, int], int]:
        """See `sfu.fanout.Arena`."""
        base = self._pointer
        length_pointer = ffi.new("int *")
        srtp_protect = lib.srtp_protect

        def protect(srtp: object, offset: int, length: int) -> int:
            length_pointer[0] = length
            if srtp_protect(srtp, base + offset, length_pointer):
                return -1
            protected: int = length_pointer[0]
            return protected

        return protect
