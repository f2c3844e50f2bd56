"""The stamps at the head of every forwarded packet's extension."""

from __future__ import annotations

import pytest

from sfu.header_extensions import SUBSCRIBE_EXTENSIONS
from sfu.plan import TRANSPORT_NUMBER_AT
from sfu.rtp_parameters import ABS_SEND_TIME_URI, DEPENDENCY_DESCRIPTOR_URI, TRANSPORT_CC_URI
from sfu.send_stamps import restamped, stamped_extension
from sfu.wire.extensions import build_abs_send_time
from sfu.wire.rtp import parse_extensions

IDS = SUBSCRIBE_EXTENSIONS["video"]


@pytest.mark.parametrize("size", [0, 3, 40], ids=["alone", "one-byte form", "two-byte form"])
def test_a_packet_that_waited_says_when_it_left(size: int) -> None:
    given = [(IDS[DEPENDENCY_DESCRIPTOR_URI], bytes(range(size)))] if size else []
    first = stamped_extension(given, 10.0)
    tail = restamped(first + b"payload", 11.5)
    assert tail[len(first) :] == b"payload"
    profile, body = int.from_bytes(tail[:2], "big"), tail[4 : len(first)]
    expected = {
        IDS[TRANSPORT_CC_URI]: bytes(2),
        IDS[ABS_SEND_TIME_URI]: build_abs_send_time(11.5),
        **dict(given),
    }
    assert parse_extensions(profile, body) == expected
    numbered = bytearray(12) + tail
    numbered[TRANSPORT_NUMBER_AT : TRANSPORT_NUMBER_AT + 2] = b"\x12\x34"
    found = parse_extensions(profile, bytes(numbered[16 : 12 + len(first)]))
    assert found[IDS[TRANSPORT_CC_URI]] == b"\x12\x34"
    assert restamped(first, 10.0) == first
