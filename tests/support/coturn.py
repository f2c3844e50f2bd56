"""A real coturn on loopback."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.certificate import Certificate
from tests.support.namespace import Namespace

RELAY_PORTS = (61_000, 65_000)  # none that Linux would give to others


def coturn_path() -> str | None:
    """Where Debian's ``coturn`` package put ``turnserver``, or None."""
    return shutil.which("turnserver")


def free_port() -> int:
    """A port free for both UDP and TCP a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
        tcp.bind(("127.0.0.1", 0))
        port: int = tcp.getsockname()[1]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind(("127.0.0.1", port))
        return port


@asynccontextmanager
async def coturn(
    secret: str,
    directory: Path,
    inside: Namespace | None = None,
    address: str = "127.0.0.1",
    tls: tuple[int, Certificate] | None = None,
    denied: str = "",
) -> AsyncIterator[int]:
    """Run coturn with ``use-auth-secret``; yields its port (UDP and TCP) on ``address``.

    :param inside: the network it runs in; this one if None
    :param tls: a port for TLS, and the certificate it shows
    :param denied: an address that it relays nothing to"""
    path = coturn_path()
    assert path is not None
    port = free_port()
    config = directory / "turnserver.conf"
    config.write_text(
        f"listening-port={port}\nlistening-ip={address}\nrelay-ip={address}\nrealm=roda.test\n"
        f"use-auth-secret\nstatic-auth-secret={secret}\n{_tls(tls)}no-dtls\nno-cli\n"
        f"min-port={RELAY_PORTS[0]}\nmax-port={RELAY_PORTS[1]}\n"
        "allow-loopback-peers\nfingerprint\nlog-file=stdout\n"
        f"{f'denied-peer-ip={denied}' if denied else ''}\n"
        f"userdb={directory / 'turndb'}\npidfile={directory / 'pid'}\n"
    )
    command = (path, "-c", str(config))
    process = await asyncio.create_subprocess_exec(
        *(command if inside is None else inside.command(*command)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(15):
            while not await _listens(address, port, inside):
                assert process.returncode is None, "coturn did not start"
                await asyncio.sleep(0.05)
        yield port
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _tls(tls: tuple[int, Certificate] | None) -> str:
    if tls is None:
        return "no-tls\n"
    port, certificate = tls
    return f"tls-listening-port={port}\ncert={certificate.chain}\npkey={certificate.key}\n"


async def _listens(address: str, port: int, inside: Namespace | None) -> bool:
    kind = (socket.AF_INET, socket.SOCK_STREAM, 0)
    with socket.socket(*kind) if inside is None else inside.socket(kind) as probe:
        probe.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(probe, (address, port))
        except OSError:
            return False
    return True
