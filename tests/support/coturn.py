"""A real coturn on loopback."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path


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
async def coturn(secret: str, directory: Path) -> AsyncIterator[int]:
    """Run coturn with ``use-auth-secret``; yields its port (UDP and TCP) on 127.0.0.1."""
    path = coturn_path()
    assert path is not None
    port = free_port()
    config = directory / "turnserver.conf"
    config.write_text(
        f"listening-port={port}\nlistening-ip=127.0.0.1\nrelay-ip=127.0.0.1\nrealm=roda.test\n"
        f"use-auth-secret\nstatic-auth-secret={secret}\nno-tls\nno-dtls\nno-cli\n"
        "allow-loopback-peers\nfingerprint\nlog-file=stdout\n"
        f"userdb={directory / 'turndb'}\npidfile={directory / 'pid'}\n"
    )
    process = await asyncio.create_subprocess_exec(
        path,
        "-c",
        str(config),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(15):
            while not await _listens(port):
                assert process.returncode is None, "coturn did not start"
                await asyncio.sleep(0.05)
        yield port
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
