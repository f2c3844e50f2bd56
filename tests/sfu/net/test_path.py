"""Datagrams leave whole and in order, with the kernel's segmentation offload or without."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from sfu.net.path import SendCounters, UdpPath


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(2)
        yield sock


class RefusingSocket:
    """A socket whose `sendmsg` fails as a kernel's may."""

    def __init__(self, inner: socket.socket, code: int) -> None:
        self._inner = inner
        self._code = code
        self.asked = 0

    def sendmsg(self, *_: object) -> int:
        self.asked += 1
        raise OSError(self._code, "refused")

    def sendto(self, data: bytes, address: Any) -> int:
        return self._inner.sendto(data, address)


@pytest.mark.parametrize(("size", "segment"), [(300, 100), (250, 100), (100, 100), (60, 100)])
@pytest.mark.parametrize("refusal", [None, errno.EIO, errno.EINVAL, errno.EMSGSIZE])
def test_runs_arrive_as_single_datagrams(
    receiver: socket.socket, size: int, segment: int, refusal: int | None
) -> None:
    data, counters = bytes(index % 251 for index in range(size)), SendCounters()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sender: Any = sock if refusal is None else RefusingSocket(sock, refusal)
        path = UdpPath(sender, receiver.getsockname(), counters, None)
        path.send_run(memoryview(data), segment)
        expected = [data[start : start + segment] for start in range(0, size, segment)]
        assert [receiver.recv(2000) for _ in expected] == expected
    assert (counters.datagrams, counters.blocked, counters.failed) == (len(expected), 0, 0)


@pytest.mark.parametrize(("refusal", "asked"), [(errno.EIO, 1), (errno.EINVAL, 3)])
def test_a_kernel_without_offload_is_asked_once(
    receiver: socket.socket, refusal: int, asked: int
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        refusing: Any = RefusingSocket(sock, refusal)
        path = UdpPath(refusing, receiver.getsockname(), SendCounters(), None)
        for _ in range(3):
            path.send_run(memoryview(bytes(300)), 100)
        assert refusing.asked == asked


@pytest.mark.parametrize(
    ("code", "blocked", "failed"), [(errno.EAGAIN, 3, 0), (errno.ENETUNREACH, 0, 3)]
)
def test_what_cannot_leave_is_counted(
    receiver: socket.socket, code: int, blocked: int, failed: int
) -> None:
    counters = SendCounters()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        refusing: Any = RefusingSocket(sock, code)
        path = UdpPath(refusing, receiver.getsockname(), counters, None)
        path.send_run(memoryview(bytes(300)), 100)
    assert (counters.datagrams, counters.blocked, counters.failed) == (0, blocked, failed)
