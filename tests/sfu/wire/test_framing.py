"""Datagrams come out of a stream as they went in, however it is cut (RFC 4571)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.wire.errors import WireError
from sfu.wire.framing import MAX_FRAME, FrameReader, frame_prefix

datagrams = st.lists(st.binary(max_size=60) | st.binary(min_size=MAX_FRAME, max_size=MAX_FRAME))


def framed(*parts: bytes) -> bytes:
    return b"".join(frame_prefix(len(part)) + part for part in parts)


def cut(stream: bytes, sizes: list[int]) -> list[bytes]:
    pieces = []
    for size in sizes:
        pieces.append(stream[:size])
        stream = stream[size:]
    return [*pieces, stream]


def test_a_prefix_is_the_length_in_network_order() -> None:
    assert framed(b"abc") == b"\x00\x03abc"
    assert frame_prefix(65535) == b"\xff\xff"


@given(datagrams, st.lists(st.integers(0, 100)))
def test_any_cut_gives_the_same_datagrams(sent: list[bytes], sizes: list[int]) -> None:
    reader = FrameReader()
    pieces = cut(framed(*sent), sizes)
    received = [datagram for piece in pieces for datagram in reader.feed(piece)]
    assert received == [datagram for datagram in sent if datagram]


def test_byte_by_byte() -> None:
    reader = FrameReader()
    stream = framed(b"one", b"", b"x" * MAX_FRAME)
    received = [datagram for byte in stream for datagram in reader.feed(bytes([byte]))]
    assert received == [b"one", b"x" * MAX_FRAME]


@pytest.mark.parametrize("length", [MAX_FRAME + 1, 0x4745, 0xFFFF])
def test_an_absurd_length_ends_the_stream_after_what_stood_before(length: int) -> None:
    reader = FrameReader()
    received: list[bytes] = []
    with pytest.raises(WireError):
        received.extend(reader.feed(framed(b"good") + frame_prefix(length)))
    assert received == [b"good"]


@given(st.lists(st.binary(max_size=3000)))
def test_what_is_kept_is_bounded(pieces: list[bytes]) -> None:
    reader = FrameReader()
    try:
        for piece in pieces:
            for datagram in reader.feed(piece):
                assert 0 < len(datagram) <= MAX_FRAME
            assert len(reader._rest) <= MAX_FRAME + 1
    except WireError:
        pass
