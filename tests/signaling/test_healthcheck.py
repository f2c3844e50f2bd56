from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from signaling.healthcheck import is_healthy


def application(path: str, status: int) -> web.Application:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status)

    app = web.Application()
    app.router.add_get(path, answer)
    return app


@pytest.mark.parametrize(
    ("status", "path", "healthy"),
    [(200, "/healthz", True), (503, "/healthz", False), (200, "/other", False)],
)
async def test_only_a_200_is_healthy(status: int, path: str, healthy: bool) -> None:
    async with TestServer(application(path, status)) as server:
        environ = {"RODA_HTTP_PORT": str(server.port)}
        assert await asyncio.to_thread(is_healthy, environ) is healthy


async def test_a_server_that_is_not_there_is_not_healthy() -> None:
    async with TestServer(web.Application()) as server:
        port = server.port
    assert is_healthy({"RODA_HTTP_PORT": str(port)}) is False


async def test_with_tls_the_certificate_is_not_verified(tmp_path: Path) -> None:
    """It is for the public name, and the check asks 127.0.0.1."""
    certificate = self_signed(tmp_path / "both.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = TestServer(application("/healthz", 200))
    await server.start_server(ssl=context)
    environ = {"RODA_HTTP_PORT": str(server.port), "RODA_TLS_CERT": str(certificate)}
    assert await asyncio.to_thread(is_healthy, environ)
    assert not await asyncio.to_thread(is_healthy, {"RODA_HTTP_PORT": str(server.port)})
    await server.close()


def self_signed(path: Path) -> Path:
    """A key and its certificate for another name, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "video.example.org")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    builder = builder.public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(now - timedelta(days=1))
    builder = builder.not_valid_after(now + timedelta(days=1))
    pem, private = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path.write_bytes(
        builder.sign(key, hashes.SHA256()).public_bytes(pem)
        + key.private_bytes(pem, private, serialization.NoEncryption())
    )
    return path
