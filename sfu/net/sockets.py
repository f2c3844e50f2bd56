"""The media port's sockets: one per local address and protocol, all on one number."""

from __future__ import annotations

import contextlib
import logging
import socket
from collections.abc import Callable, Sequence

BUFFER_BYTES = 4 * 1024 * 1024  # of a UDP socket, which serves everybody
BACKLOG = 128
ATTEMPTS = 10  # to find a number that is free in UDP and TCP

logger = logging.getLogger(__name__)

Sockets = list[socket.socket]


def bind_media_port(hosts: Sequence[str], port: int, *, tcp: bool) -> tuple[Sockets, Sockets]:
    """Non-blocking UDP sockets and, if wanted, TCP listeners on every host.

    :param port: the number of all of them; 0 picks one

    Raises `OSError` if the first host's cannot be bound; of the others those that cannot are left
    out."""
    for attempt in range(ATTEMPTS):
        datagrams = _bind_all(hosts, port, _udp_socket)
        if not tcp:
            return datagrams, []
        number = datagrams[0].getsockname()[1]
        try:
            return datagrams, _bind_all(hosts, number, _tcp_listener)
        except OSError as exc:
            for sock in datagrams:
                sock.close()
            if port or attempt == ATTEMPTS - 1:
                raise OSError(exc.errno, f"TCP port {number} for media: {exc.strerror}") from exc
    raise AssertionError("unreachable")


def _bind_all(
    hosts: Sequence[str], port: int, make: Callable[[str, int], socket.socket]
) -> Sockets:
    sockets: Sockets = []
    for host in hosts:
        try:
            sock = make(host, port)
        except OSError as exc:
            if not sockets:
                raise
            logger.warning("media port %s not bound on one address: %s", port, exc.strerror)
            continue
        port = port or sock.getsockname()[1]
        sockets.append(sock)
    return sockets


def _udp_socket(host: str, port: int) -> socket.socket:
    sock = _socket(host, socket.SOCK_DGRAM)
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, option, BUFFER_BYTES)
    return _bound(sock, host, port)


def _tcp_listener(host: str, port: int) -> socket.socket:
    sock = _socket(host, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    _bound(sock, host, port).listen(BACKLOG)
    return sock


def _socket(host: str, kind: socket.SocketKind) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind)
    sock.setblocking(False)
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    return sock


def _bound(sock: socket.socket, host: str, port: int) -> socket.socket:
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock
