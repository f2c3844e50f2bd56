"""The program between two TUN devices."""

from __future__ import annotations

import os
import socket
import threading

import pytest

from tests.support.delay_line import MAX_WAITING, DelayLine, Relay


def test_packets_come_after_the_delay_and_in_order() -> None:
    line = DelayLine(1)
    line.delay_s = 0.05
    line.put(b"a", 1.0)
    line.put(b"b", 1.01)
    assert line.next_at == pytest.approx(1.05)
    assert line.due(1.049) == []
    assert line.due(1.05) == [b"a"]
    assert line.due(2.0) == [b"b"]
    assert line.next_at is None


def test_jitter_is_within_its_bounds_and_turns_nothing_round() -> None:
    line = DelayLine(1)
    line.delay_s, line.jitter_s = 0.05, 0.03
    for number in range(100):
        line.put(number.to_bytes(1, "big"), number * 0.1)
    arrivals = []
    for number in range(100):
        assert line.next_at is not None
        arrivals.append(line.next_at - number * 0.1)
        assert line.due(line.next_at) == [number.to_bytes(1, "big")]
    assert 0.05 <= min(arrivals) < 0.055
    assert 0.075 < max(arrivals) <= 0.08


def test_a_shorter_delay_overtakes_nothing() -> None:
    line = DelayLine(1)
    line.delay_s = 1.0
    line.put(b"a", 0.0)
    line.delay_s = 0.0
    line.put(b"b", 0.5)
    assert line.due(0.5) == []
    assert line.due(1.0) == [b"a", b"b"]


def test_what_waits_is_bounded() -> None:
    line = DelayLine(1)
    for _ in range(MAX_WAITING + 1):
        line.put(b"", 0.0)
    assert len(line.due(0.0)) == MAX_WAITING


def test_joins_two_ends_until_its_orders_end() -> None:
    (here, left), (right, there) = (
        socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(2)
    )
    orders, orders_end = os.pipe()
    for sock in (left, right):
        sock.setblocking(False)
    relay = threading.Thread(target=Relay((left.fileno(), right.fileno())).run, args=(orders,))
    relay.start()
    here.send(b"ping")
    assert there.recv(100) == b"ping"
    there.send(b"pong")
    assert here.recv(100) == b"pong"
    os.close(orders_end)
    relay.join(5)
    assert not relay.is_alive()
    os.close(orders)
    for sock in (here, left, right, there):
        sock.close()
