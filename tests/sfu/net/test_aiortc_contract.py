"""Every private name of aiortc and pylibsrtp that the adapter rests on. An upgrade breaks here."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from OpenSSL import SSL
from pylibsrtp import Policy, Session
from pylibsrtp._binding import ffi, lib

from sfu.net import aiortc_adapter
from sfu.net.aiortc_adapter import (
    MAX_STREAMS,
    Certificate,
    DtlsError,
    DtlsSession,
    InboundSrtp,
    OutboundSrtp,
    SrtpArena,
)

ROOT = Path(__file__).parents[3]
dtls = aiortc_adapter._dtls
KEY = bytes(range(30))


def in_a_process(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_the_media_server_brings_no_codec() -> None:
    code = "import sys, sfu.net.media_server; print('av' in sys.modules, 'aiortc' in sys.modules)"
    assert in_a_process(code) == "False False"


def test_a_later_import_of_aiortc_is_whole_and_shares_the_dtls_module() -> None:
    code = (
        "import sfu.net.aiortc_adapter as adapter, asyncio, aiortc, av\n"
        "from aiortc import rtcdtlstransport\n"
        "assert rtcdtlstransport is adapter._dtls\n"
        "assert aiortc.RTCDtlsTransport is adapter._dtls.RTCDtlsTransport\n"
        "assert av.AudioFrame is not object\n"
        "async def main():\n"
        "    pc = aiortc.RTCPeerConnection()\n"
        "    pc.addTrack(aiortc.mediastreams.AudioStreamTrack())\n"
        "    await pc.setLocalDescription(await pc.createOffer())\n"
        "    await pc.close()\n"
        "    frame = await aiortc.mediastreams.AudioStreamTrack().recv()\n"
        "    assert isinstance(frame, av.AudioFrame)\n"
        "asyncio.run(main())\n"
        "print('whole')"
    )
    assert in_a_process(code) == "whole"


def test_importing_aiortc_first_is_fine_too() -> None:
    code = (
        "import aiortc, sfu.net.aiortc_adapter as adapter\n"
        "print(adapter._dtls.RTCDtlsTransport is aiortc.RTCDtlsTransport)"
    )
    assert in_a_process(code) == "True"


@pytest.mark.parametrize(
    "name",
    [
        "RTCCertificate",
        "RTCDtlsTransport",
        "RTCDtlsParameters",
        "RTCDtlsFingerprint",
        "SRTP_PROFILES",
    ],
)
def test_names_of_the_dtls_module(name: str) -> None:
    assert hasattr(dtls, name)


async def test_private_names_of_the_dtls_transport() -> None:
    shim = aiortc_adapter._IceShim(lambda data: None)
    transport = dtls.RTCDtlsTransport(shim, [Certificate().inner])
    assert callable(transport._set_role)
    transport._set_role("server")
    assert transport._role == "server"
    assert (transport._rx_srtp, transport._tx_srtp, transport._ssl) == (None, None, None)
    assert transport._srtp_profiles == dtls.SRTP_PROFILES
    assert {profile.openssl_profile for profile in dtls.SRTP_PROFILES} >= {
        b"SRTP_AES128_CM_SHA1_80",
        b"SRTP_AEAD_AES_128_GCM",
    }
    assert transport.state == "new"


def test_what_the_dtls_transport_asks_of_ice() -> None:
    source = inspect.getsource(dtls.RTCDtlsTransport)
    used = {
        word for word in ("_recv", "_send", "role", "stop") if f"self.transport.{word}" in source
    }
    assert used >= {"_recv", "_send", "role"}
    assert all(
        hasattr(aiortc_adapter._IceShim, name) for name in ("_recv", "_send", "stop", "role")
    )


def test_the_same_packet_may_be_sent_again() -> None:
    """The retransmission of a consumer without RTX rests on it, and so does the care that never
    other bytes leave under one number: libsrtp would let them."""
    source = inspect.getsource(dtls.RTCDtlsTransport._setup_srtp)
    assert "tx_policy.allow_repeat_tx = True" in source
    assert "tx_policy.window_size = 1024" in source


def sessions(
    profile: int = Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
) -> tuple[Session, Session]:
    """Sending and receiving."""
    key = KEY if profile == Policy.SRTP_PROFILE_AES128_CM_SHA1_80 else KEY[:28]
    policies = [
        Policy(key=key, ssrc_type=kind, srtp_profile=profile)
        for kind in (Policy.SSRC_ANY_OUTBOUND, Policy.SSRC_ANY_INBOUND)
    ]
    return Session(policies[0]), Session(policies[1])


def rtp(sequence: int, ssrc: int = 7, size: int = 40) -> bytes:
    header = b"\x80\x60" + sequence.to_bytes(2, "big") + bytes(4) + ssrc.to_bytes(4, "big")
    return header + bytes(size)


def test_protecting_in_place_is_what_the_library_does() -> None:
    assert callable(lib.srtp_protect)
    plain, packet = sessions()[0], rtp(1)
    expected = plain.protect(packet)
    handle = OutboundSrtp(sessions()[0]).handle
    assert ffi.typeof(handle).kind == "pointer"
    outbound = OutboundSrtp(sessions()[0])
    arena = SrtpArena(4096)
    arena.buffer[100 : 100 + len(packet)] = packet
    length = arena.protect()(outbound.handle, 100, len(packet))
    assert bytes(arena.buffer[100 : 100 + length]) == expected


def test_a_packet_that_cannot_be_protected_says_so() -> None:
    outbound, arena = OutboundSrtp(sessions()[0]), SrtpArena(4096)
    protect = arena.protect()
    arena.buffer[:52] = rtp(1)
    assert protect(outbound.handle, 0, 4) == -1
    assert outbound.protect_rtp(bytes(5000)) is None
    assert outbound.protect_rtcp(b"\x80") is None


def test_forged_replayed_malformed_and_oversized_packets_are_refused() -> None:
    sender, receiver = sessions()
    inbound = InboundSrtp(receiver)
    good = sender.protect(rtp(1))
    assert inbound.unprotect_rtp(good[:-1] + bytes([good[-1] ^ 1])) is None
    assert inbound.unprotect_rtp(good) == rtp(1)
    assert inbound.unprotect_rtp(good) is None
    for bad in (b"", b"\x80", good[:11], good[:20], bytes(2000)):
        assert inbound.unprotect_rtp(bad) is None
        assert inbound.unprotect_rtcp(bad) is None


def test_streams_of_one_peer_are_bounded_and_forged_ones_take_no_place() -> None:
    sender, receiver = sessions()
    inbound = InboundSrtp(receiver)
    for ssrc in range(5 * MAX_STREAMS):
        assert inbound.unprotect_rtp(rtp(1, 100_000 + ssrc)) is None
    taken = [
        inbound.unprotect_rtp(sender.protect(rtp(1, 1 + ssrc))) is not None
        for ssrc in range(MAX_STREAMS + 50)
    ]
    assert taken == [True] * MAX_STREAMS + [False] * 50
    assert inbound.streams == MAX_STREAMS
    assert inbound.unprotect_rtp(sender.protect(rtp(2, 1))) is not None


def pair(
    client: Certificate | None = None, server: Certificate | None = None
) -> tuple[DtlsSession, DtlsSession]:
    """Two ends wired to each other, before their handshakes."""
    ends: list[DtlsSession] = []
    mine, yours = client or Certificate(), server or Certificate()
    ends.append(DtlsSession(mine, "client", lambda data: ends[1].feed(data), lambda: None))
    ends.append(DtlsSession(yours, "server", lambda data: ends[0].feed(data), lambda: None))
    return ends[0], ends[1]


async def test_a_certificate_that_the_sdp_does_not_name_is_refused() -> None:
    client, server = pair()
    ours = (("sha-256", ":".join(["AB"] * 32)),)
    results = await asyncio.gather(
        client.handshake(ours, 5), server.handshake(ours, 5), return_exceptions=True
    )
    assert any(isinstance(result, DtlsError) for result in results)
    await client.close()
    await server.close()


class RsaCertificate(Certificate):
    """As GStreamer's."""

    def __init__(self) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rsa")])
        now = datetime.now(UTC)
        unsigned = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )
        certificate = unsigned.sign(key, hashes.SHA256())
        self.inner = aiortc_adapter._WiderCertificate(key=key, cert=certificate)


def cipher_of(session: DtlsSession) -> str:
    name: str = session._dtls._ssl.get_cipher_name()
    return name


@pytest.mark.parametrize("role", ["client", "server"])
async def test_a_peer_with_an_rsa_certificate_is_talked_to(role: str) -> None:
    rsa_certificate, ours = RsaCertificate(), Certificate()
    certificates = (ours, rsa_certificate) if role == "server" else (rsa_certificate, ours)
    client, server = pair(*certificates)
    await asyncio.gather(
        client.handshake(certificates[1].fingerprints, 5),
        server.handshake(certificates[0].fingerprints, 5),
    )
    authentication = "ECDHE-RSA-" if role == "server" else "ECDHE-ECDSA-"
    assert cipher_of(client) == cipher_of(server) == authentication + "AES128-GCM-SHA256"
    await client.close()
    await server.close()


def test_the_certificate_makes_the_tls_context() -> None:
    """Where the cipher list is put in."""
    source = inspect.getsource(dtls.RTCDtlsTransport.start)
    assert "._create_ssl_context(" in source
    assert "srtp_profiles=self._srtp_profiles" in source
    assert "ctx.set_cipher_list(" in inspect.getsource(dtls.RTCCertificate._create_ssl_context)


async def test_transports_share_a_tls_context_but_no_sessions() -> None:
    ours = Certificate()
    contexts = set()
    for _ in range(3):
        theirs = Certificate()
        client, server = pair(theirs, ours)
        await asyncio.gather(
            client.handshake(ours.fingerprints, 5), server.handshake(theirs.fingerprints, 5)
        )
        contexts.add(server._dtls._ssl.get_context())
        await client.close()
        await server.close()
    (context,) = contexts
    assert context.get_session_cache_mode() == SSL.SESS_CACHE_OFF


async def test_no_answer_ends_in_time() -> None:
    silent = DtlsSession(Certificate(), "client", lambda data: None, lambda: None)
    with pytest.raises(DtlsError):
        await silent.handshake((("sha-256", "AB"),), 0.05)
    await silent.close()
