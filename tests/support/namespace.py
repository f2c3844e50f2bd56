"""Network namespaces without names: they are gone once nothing holds or uses them."""

from __future__ import annotations

import asyncio
import ctypes
import fcntl
import os
import shutil
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CLONE_NEWNET = 0x40000000
_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000
_OWN = "/proc/thread-self/ns/net"
_PROGRAMS = ("nsenter", "ip", "nft", "tc")
_libc = ctypes.CDLL(None, use_errno=True)


def require_namespaces() -> None:
    """Skips the test, or fails it in CI, where no namespace can be made."""
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    if not missing and os.geteuid() == 0 and os.access("/dev/net/tun", os.W_OK):
        return
    why = f"needs root, /dev/net/tun and {', '.join(missing or _PROGRAMS)}"
    (pytest.fail if os.environ.get("CI") else pytest.skip)(why)


class Namespace:
    """One network of its own, with nothing in it but loopback."""

    def __init__(self) -> None:
        """Raises `OSError` without the privilege."""
        own = os.open(_OWN, os.O_RDONLY)
        try:
            _check(_libc.unshare(CLONE_NEWNET))
            try:
                self._fd = os.open(_OWN, os.O_RDONLY)
            finally:
                _check(_libc.setns(own, CLONE_NEWNET))
        finally:
            os.close(own)

    @property
    def path(self) -> str:
        """For `nsenter --net=`, while this process lives."""
        return f"/proc/{os.getpid()}/fd/{self._fd}"

    def command(self, *arguments: str | Path) -> list[str]:
        """What to execute to run a program in here."""
        return ["nsenter", f"--net={self.path}", *map(str, arguments)]

    def wrapper(self, program: Path, folder: Path) -> Path:
        """A script in ``folder`` that stands for ``program``, and runs it in here."""
        script = folder / f"{program.name}-{self._fd}"
        script.write_text(f'#!/bin/sh\nexec {" ".join(self.command(program))} "$@"\n')
        script.chmod(0o755)
        return script

    async def run(self, *arguments: str, given: str = "") -> str:
        """Run a program to its end; its output. `RuntimeError` where it fails."""
        process = await asyncio.create_subprocess_exec(
            *self.command(*arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate(given.encode())
        if process.returncode:
            raise RuntimeError(f"{' '.join(arguments)}: {output.decode()}")
        return output.decode()

    def socket(self, address: Any) -> socket.socket:
        """A socket of this network, for aiohttp's ``socket_factory``.

        :param address: as `socket.getaddrinfo` gives it"""
        family, kind, protocol = address[:3]
        with self._entered():
            return socket.socket(family, kind, protocol)

    def tun(self, name: str) -> int:
        """A new TUN device in here: its file descriptor, which gives and takes IP packets."""
        with self._entered():
            tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            request = struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI)
            fcntl.ioctl(tun, _TUNSETIFF, request)
        return tun

    def close(self) -> None:
        os.close(self._fd)

    @contextmanager
    def _entered(self) -> Iterator[None]:
        """This thread in that network; nothing may be awaited meanwhile."""
        own = os.open(_OWN, os.O_RDONLY)
        try:
            _check(_libc.setns(self._fd, CLONE_NEWNET))
            try:
                yield
            finally:
                _check(_libc.setns(own, CLONE_NEWNET))
        finally:
            os.close(own)


def _check(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
