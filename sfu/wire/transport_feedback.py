"""Transport-wide congestion control feedback
(draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct
from struct import error as struct_error
from typing import NamedTuple

from sfu.wire.errors import WireError
from sfu.wire.rtcp_feedback import TRANSPORT_LAYER_FEEDBACK, parse_feedback_ssrcs
from sfu.wire.rtcp_header import pack_rtcp

FORMAT_TRANSPORT_FEEDBACK = 15
DELTA_US = 250
REFERENCE_US = 64_000

_HEADER = Struct("!IIHH3sB")
_U16 = Struct("!H")
_LOST, _SMALL, _LARGE = 0, 1, 2
_LONGEST_RUN = 0x1FFF


class TransportFeedback(NamedTuple):
    """Which of ``status_count`` packets from ``base_sequence`` on arrived, and when.

    Only what arrived is held, so a few bytes that report thousands of losses stay small.
    """

    sender_ssrc: int
    media_ssrc: int
    base_sequence: int  # 0..65535
    status_count: int  # 1..65535 packets reported on
    reference_time: int  # multiples of 64 ms, -2**23..2**23-1, wrapping
    feedback_count: int  # 0..255, counts feedback packets
    received: tuple[tuple[int, int], ...]
    """(sequence number 0..65535, delta): in order, the time since the one before, or since the
    reference time, in 250 µs, -32768..32767."""

    @classmethod
    def from_arrivals(
        cls,
        sender_ssrc: int,
        media_ssrc: int,
        feedback_count: int,
        arrivals: Sequence[tuple[int, int]],
    ) -> TransportFeedback:
        """Feedback on everything from the first to the last of ``arrivals``.

        :param feedback_count: taken modulo 256
        :param arrivals: (unwrapped sequence number, arrival in µs), ascending by number

        Raises `WireError` if there are none, or if they are too far apart for one packet.
        """
        if not arrivals:
            raise WireError("transport feedback on no packet")
        first, first_us = arrivals[0]
        count = arrivals[-1][0] - first + 1
        reference = first_us // REFERENCE_US
        before = reference * (REFERENCE_US // DELTA_US)
        received: list[tuple[int, int]] = []
        for number, arrival_us in arrivals:
            ticks = arrival_us // DELTA_US
            received.append((number & 0xFFFF, ticks - before))
            before = ticks
        if count > 0xFFFF or any(not -0x8000 <= delta <= 0x7FFF for _, delta in received):
            raise WireError("transport feedback spans too much")
        return cls(
            sender_ssrc,
            media_ssrc,
            first & 0xFFFF,
            count,
            ((reference + 0x800000) & 0xFFFFFF) - 0x800000,
            feedback_count & 0xFF,
            tuple(received),
        )

    def arrivals_us(self) -> list[tuple[int, int]]:
        """(sequence number, arrival) of what arrived, in µs of the receiver's clock, which the
        24 bits of the reference time make wrap every 12 days."""
        now = self.reference_time * REFERENCE_US
        arrivals: list[tuple[int, int]] = []
        for number, delta in self.received:
            now += delta * DELTA_US
            arrivals.append((number, now))
        return arrivals

    def serialize(self) -> bytes:
        """Raises `WireError` if a value does not fit its field."""
        symbols = bytearray(self.status_count)
        deltas = bytearray()
        following = 0
        try:
            for number, delta in self.received:
                small = 0 <= delta <= 0xFF
                offset = (number - self.base_sequence) & 0xFFFF
                if offset < following:
                    raise WireError("transport feedback not in ascending order")
                symbols[offset] = _SMALL if small else _LARGE
                following = offset + 1
                deltas += delta.to_bytes(1 if small else 2, "big", signed=not small)
            head = _HEADER.pack(
                self.sender_ssrc,
                self.media_ssrc,
                self.base_sequence,
                self.status_count,
                self.reference_time.to_bytes(3, "big", signed=True),
                self.feedback_count,
            )
        except (struct_error, OverflowError, IndexError) as error:
            raise WireError(f"transport feedback out of range: {error}") from error
        body = head + _pack_symbols(symbols) + deltas
        return pack_rtcp(TRANSPORT_LAYER_FEEDBACK, FORMAT_TRANSPORT_FEEDBACK, body)


def parse_transport_feedback(body: bytes) -> TransportFeedback:
    """Feedback from what follows its header and precedes its padding. Raises `WireError`.

    Zeros after the last delta are taken for padding.
    """
    parse_feedback_ssrcs(body)
    if len(body) < _HEADER.size:
        raise WireError("transport feedback too short")
    sender, media, base, count, reference, feedback_count = _HEADER.unpack_from(body)
    received = _all_arrived(body, base, count) or _parse_received(body, base, count)
    time = int.from_bytes(reference, "big", signed=True)
    return TransportFeedback(sender, media, base, count, time, feedback_count, received)


def _all_arrived(body: bytes, base: int, count: int) -> tuple[tuple[int, int], ...]:
    """What was received if it is all, and soon one after the other: by far the most frequent, and
    written as one run. Empty if it is anything else."""
    start = _HEADER.size + 2
    end = start + count
    run = _SMALL << 13 | count
    if count > _LONGEST_RUN or end > len(body) or body[start - 2 : start] != _U16.pack(run):
        return ()
    if base + count <= 0x10000:
        return tuple(enumerate(body[start:end], base))
    return tuple([((base + i) & 0xFFFF, delta) for i, delta in enumerate(body[start:end])])


def _parse_received(body: bytes, base: int, count: int) -> tuple[tuple[int, int], ...]:
    arrived, position = _parse_symbols(body, count)
    if position + sum([size for _, size in arrived]) > len(body):
        raise WireError("transport feedback deltas beyond the packet's end")
    received: list[tuple[int, int]] = []
    for offset, size in arrived:
        delta = body[position]
        if size == _LARGE:
            delta = int.from_bytes(body[position : position + 2], "big", signed=True)
        received.append(((base + offset) & 0xFFFF, delta))
        position += size
    return tuple(received)


def _parse_symbols(body: bytes, count: int) -> tuple[list[tuple[int, int]], int]:
    """(offset, delta size in bytes) of each packet that arrived, and where the deltas start."""
    arrived: list[tuple[int, int]] = []
    position, offset = _HEADER.size, 0
    while offset < count:
        if position + 2 > len(body):
            raise WireError("transport feedback statuses beyond the packet's end")
        (chunk,) = _U16.unpack_from(body, position)
        position += 2
        if chunk < 0x8000:  # section 3.1.3: run length
            symbol, length = chunk >> 13, min(chunk & _LONGEST_RUN, count - offset)
            if symbol and length > len(body):
                raise WireError("transport feedback deltas beyond the packet's end")
            if symbol:
                arrived.extend((place, symbol) for place in range(offset, offset + length))
            offset += length
            continue
        mask, shifts = (3, range(12, -1, -2)) if chunk & 0x4000 else (1, range(13, -1, -1))
        for shift in shifts:  # section 3.1.4: vector
            symbol = (chunk >> shift) & mask
            if symbol and offset < count:
                arrived.append((offset, symbol))
            offset += 1
        if len(arrived) > len(body):
            raise WireError("transport feedback deltas beyond the packet's end")
    if any(symbol > _LARGE for _, symbol in arrived):
        raise WireError("transport feedback with a reserved status")
    return arrived, position


def _pack_symbols(symbols: bytearray) -> bytes:
    """Status chunks, each the kind that takes in the most packets."""
    chunks: list[int] = []
    start = 0
    while start < len(symbols):
        run = _run_length(symbols, start)
        window = symbols[start : start + 14]
        if run >= 14 or run == len(window) or (run >= 7 and _LARGE in window):
            chunks.append(symbols[start] << 13 | run)
            start += run
        elif _LARGE in window:
            chunks.append(0xC000 | _vector(window[:7], 7, 2))
            start += 7
        else:
            chunks.append(0x8000 | _vector(window, 14, 1))
            start += 14
    return b"".join(map(_U16.pack, chunks))


def _run_length(symbols: bytearray, start: int) -> int:
    end = start + 1
    limit = min(len(symbols), start + _LONGEST_RUN)
    while end < limit and symbols[end] == symbols[start]:
        end += 1
    return end - start


def _vector(symbols: bytearray, length: int, width: int) -> int:
    value = 0
    for symbol in bytes(symbols).ljust(length, b"\x00"):
        value = value << width | symbol
    return value
