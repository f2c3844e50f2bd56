"""One number for the media port, in UDP and TCP, on every address."""

from __future__ import annotations

import socket

import pytest

from sfu.net.sockets import bind_media_port

HOSTS = ("127.0.0.1", "::1")


def test_every_host_and_protocol_has_the_same_number() -> None:
    datagrams, listeners = bind_media_port(HOSTS, 0, tcp=True)
    try:
        assert [sock.getsockname()[0] for sock in datagrams] == list(HOSTS)
        assert [sock.getsockname()[0] for sock in listeners] == list(HOSTS)
        assert len({sock.getsockname()[1] for sock in (*datagrams, *listeners)}) == 1
    finally:
        for sock in (*datagrams, *listeners):
            sock.close()


def test_without_tcp_there_are_no_listeners() -> None:
    datagrams, listeners = bind_media_port(HOSTS[:1], 0, tcp=False)
    datagrams[0].close()
    assert listeners == []


def test_a_taken_tcp_port_is_named_and_nothing_stays_open() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(OSError, match=f"TCP port {port} for media"):
            bind_media_port(HOSTS[:1], port, tcp=True)
        datagrams, _ = bind_media_port(HOSTS[:1], port, tcp=False)
        datagrams[0].close()


def test_an_address_that_cannot_be_bound_is_left_out_unless_it_is_the_first() -> None:
    elsewhere = "192.0.2.1"
    datagrams, listeners = bind_media_port(("127.0.0.1", elsewhere), 0, tcp=True)
    for sock in (*datagrams, *listeners):
        sock.close()
    assert (len(datagrams), len(listeners)) == (1, 1)
    with pytest.raises(OSError, match="assign"):
        bind_media_port((elsewhere, "127.0.0.1"), 0, tcp=True)
